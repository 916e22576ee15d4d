//! How fast bytes come through by reads of each length, in every way.

use crate::batch::Batch;
use crate::host::{self, Speed};
use crate::measure::by_turns;
use crate::setup::Setup;
use crate::window;
use bench_sums::digest;
use std::hint::black_box;

/// From a line of the processor's cache to 1 MiB.
const LENGTHS: [u32; 8] = [
    1 << 6,
    1 << 8,
    1 << 10,
    1 << 12,
    1 << 14,
    1 << 16,
    1 << 18,
    1 << 20,
];

/// Reads blocks one behind the other into a buffer, in every way.
pub fn measure(setup: &Setup, name: &str) {
    let sides = &setup.sides;
    let end = sides.mapping.len();
    let window = window::warm(setup);
    for length in LENGTHS {
        // Enough calls for the clock, but not so many that std::fs takes long.
        let calls = ((8 << 20) / length).clamp(16, 2048);
        let mut buffer = vec![0; length as usize];
        let mut other = buffer.clone();
        let mut third = buffer.clone();
        let offsets = |batch: Batch| batch.blocks(length, calls, end);
        let rounds = by_turns(
            setup,
            name,
            [
                &mut |batch| sides.read_mapping(batch, offsets(batch), &mut buffer),
                &mut |batch| {
                    batch.time(|| {
                        let mut sum = 0_u64;
                        for offset in offsets(batch) {
                            third.copy_from_slice(&window[offset as usize..][..length as usize]);
                            sum = sum.wrapping_add(digest(black_box(&third), batch.is_whole()));
                        }
                        sum
                    })
                },
                &mut |batch| sides.read_file(batch, offsets(batch), &mut other, false),
                &mut |batch| {
                    let start = offsets(batch).start();
                    host::native_copy(start, length, calls, batch.is_whole())
                },
            ],
        );
        let speed = |[mapping, window, file, native]: [u64; 4]| Speed {
            mapping,
            window,
            file,
            native,
        };
        let rounds: Vec<_> = rounds.into_iter().map(speed).collect();
        host::report_speed(length, calls, &rounds);
    }
}
