//! The fuzz targets on inputs of a seeded generator.

mod generator;

use anyhow::Result;
use generator::run;
use test_child::{in_child, this_test};

/// A new function of the contract needs a call in `operations` or `windows`, whose
/// model says what it must give.
#[test]
fn each_function_is_called() {
    for seed in 0..200 {
        let data = generator::input(seed, 1024);
        mem_fuzz::operations::run(&data);
        mem_fuzz::windows::run(&data);
    }
    assert_eq!(mem_fuzz::uncalled(), [""; 0]);
}

#[test]
fn operations() {
    run("operations", mem_fuzz::operations::run, 2_000, 1024);
}

#[test]
fn modules() {
    run("modules", mem_fuzz::modules::run, 300, 4096);
}

#[test]
fn windows() {
    run("windows", mem_fuzz::windows::run, 1_000, 1024);
}

#[test]
fn strings() {
    run("strings", mem_fuzz::strings::run, 400, 512);
}

/// The target sets and counts what the whole process has.
#[test]
fn memories() -> Result<()> {
    in_child(this_test!(), || {
        run("memories", mem_fuzz::memories::run, 300, 1024);
        Ok(())
    })
}
