//! Inputs of a seeded generator, which a stable toolchain can run.

use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};
use std::fs;
use std::path::Path;

/// The number that the environment has for `variable`, or else `default`.
fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(number) => number
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is a number")),
        Err(_) => default,
    }
}

/// Runs the inputs that have failed before, and then the number of inputs that
/// the environment asks for.
pub fn run(name: &str, target: fn(&[u8]), default: u64, longest: usize) {
    let regressions = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    if let Ok(known) = fs::read_dir(regressions.join(name)) {
        for input in known {
            let input = input.unwrap().path();
            let data = fs::read(&input).unwrap();
            check(target, &data, &input.display().to_string());
        }
    }
    let longest = number("MEM_FUZZ_LONGEST", longest as u64) as usize;
    let first = number("MEM_FUZZ_SEED", 0);
    for seed in first..first + number("MEM_FUZZ_INPUTS", default) {
        let data = input(seed, longest);
        check(target, &data, &format!("the input of seed {seed}"));
    }
}

/// The input of a seed, which is shorter than `longest`.
pub fn input(seed: u64, longest: usize) -> Vec<u8> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut data = vec![0; rng.random_range(0..longest)];
    rng.fill_bytes(&mut data);
    data
}

fn check(target: fn(&[u8]), data: &[u8], what: &str) {
    let ran = std::panic::catch_unwind(|| target(data));
    assert!(ran.is_ok(), "{what} failed");
}
