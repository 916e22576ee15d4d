//! The targets that share a process with others.

mod generator;

use generator::run;

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
