//! The target that sets and counts what the whole process has, alone in one.

mod generator;

#[test]
fn memories() {
    generator::run("memories", mem_fuzz::memories::run, 1_000, 1024);
}
