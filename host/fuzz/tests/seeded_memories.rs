//! The target that sets and counts what the whole process has, alone in one.

mod generator;

#[test]
fn memories() {
    generator::run("memories", mem_fuzz::memories::run, 300, 1024);
}
