//! How a row is measured: its sides take turns, batch by batch.

use crate::batch::Batch;
use crate::host::{self, Round, Sample};
use crate::setup::Setup;

/// Measures the row `name`, and reports it.
pub fn compare(
    setup: &Setup,
    name: &str,
    calls: u32,
    mut mem: impl FnMut(Batch) -> Sample,
    mut peer: impl FnMut(Batch) -> Sample,
) {
    let rounds = by_turns(setup, name, [&mut mem, &mut peer]);
    let round = |[mem_nanoseconds, peer_nanoseconds]: [u64; 2]| Round {
        mem_nanoseconds,
        peer_nanoseconds,
    };
    host::report(
        name,
        calls,
        &rounds.into_iter().map(round).collect::<Vec<_>>(),
    );
}

/// Measures each side in each round, in nanoseconds. The sides take turns, so
/// that other work on the machine slows all of them.
pub fn by_turns<const N: usize>(
    setup: &Setup,
    name: &str,
    sides: [&mut dyn FnMut(Batch) -> Sample; N],
) -> Vec<[u64; N]> {
    let mut rounds = Vec::new();
    for number in 0..=setup.plan.rounds {
        let batch = Batch::new(number);
        let mut nanoseconds = [0; N];
        let mut sums = [0; N];
        // The second side may find bytes in the processor's cache, so each side
        // comes first by turns.
        for turn in 0..N {
            let side = (number as usize + turn) % N;
            let sample = sides[side](batch);
            nanoseconds[side] = sample.nanoseconds;
            sums[side] = sample.sum;
        }
        assert_eq!(sums, [sums[0]; N], "{name}: all sides read the same");
        if !batch.is_whole() {
            rounds.push(nanoseconds);
        }
    }
    rounds
}
