//! The targets that share a process with others.

mod generator;

use generator::run;

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
