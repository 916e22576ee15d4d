//! The rows that move blocks of bytes between the file and a buffer.

use crate::batch::Batch;
use crate::host::{self, Sample};
use crate::measure::compare;
use crate::setup::{Setup, Sides};
use bench_sums::digest;
use std::hint::black_box;
use std::io::{Seek, SeekFrom, Write};

/// Reads blocks of `length` bytes, one behind the other.
pub fn read_in_order(setup: &Setup, name: &str, length: u32, calls: u32) {
    let sides = &setup.sides;
    let (mut buffer, mut other) = buffers(length);
    let offsets = |batch: Batch| batch.blocks(length, calls, sides.mapping.len());
    let mem = |batch| sides.read_mapping(batch, offsets(batch), &mut buffer);
    let peer = |batch| sides.read_file(batch, offsets(batch), &mut other, false);
    compare(setup, name, calls, mem, peer);
}

/// Reads random blocks of `length` bytes.
pub fn read_at_random(setup: &Setup, name: &str, length: u32, calls: u32) {
    let sides = &setup.sides;
    let (mut buffer, mut other) = buffers(length);
    let end = sides.mapping.len();
    let offsets = |batch: Batch| batch.random_blocks(length, end).take(calls as usize);
    let mem = |batch| sides.read_mapping(batch, offsets(batch), &mut buffer);
    let peer = |batch| sides.read_file(batch, offsets(batch), &mut other, true);
    compare(setup, name, calls, mem, peer);
}

/// Reads `ranges` random blocks of `length` bytes by each call, against one call
/// for each block.
pub fn read_many(setup: &Setup, name: &str, length: u32, ranges: u32, calls: u32) {
    let mapping = &setup.sides.mapping;
    let (mut buffer, mut other) = buffers(length);
    let mut all = vec![0; (length * ranges) as usize];
    let blocks = ranges * calls;
    let end = mapping.len();
    let offsets = |batch: Batch| batch.random_blocks(length, end).take(blocks as usize);
    let mem = |batch: Batch| {
        batch.time(|| {
            let mut offsets = offsets(batch);
            let mut sum = 0_u64;
            let mut list = Vec::new();
            for _ in 0..calls {
                list.clear();
                let some = offsets.by_ref().take(ranges as usize);
                list.extend(some.map(|offset| offset..offset + u64::from(length)));
                mapping.read_many(&list, &mut all).unwrap();
                for block in black_box(&all).chunks(length as usize) {
                    // The peer has its blocks in a small buffer, too.
                    buffer.copy_from_slice(block);
                    sum = sum.wrapping_add(digest(&buffer, batch.is_whole()));
                }
            }
            sum
        })
    };
    let peer = |batch| setup.sides.read_mapping(batch, offsets(batch), &mut other);
    compare(setup, name, blocks, mem, peer);
}

/// Reads blocks one behind the other. The host, the peer, copies them out of its
/// own mapping.
pub fn copy(setup: &Setup, name: &str, length: u32, calls: u32) {
    let sides = &setup.sides;
    let mut buffer = vec![0; length as usize];
    let offsets = |batch: Batch| batch.blocks(length, calls, sides.mapping.len());
    let mem = |batch| sides.read_mapping(batch, offsets(batch), &mut buffer);
    let peer =
        |batch: Batch| host::native_copy(offsets(batch).start(), length, calls, batch.is_whole());
    compare(setup, name, calls, mem, peer);
}

/// Writes blocks one behind the other. Each side writes other bytes.
pub fn write(setup: &Setup, name: &str, length: u32, calls: u32) {
    let Sides { mapping, file } = &setup.sides;
    let (mut buffer, mut other) = buffers(length);
    buffer.fill(1);
    other.fill(2);
    let blocks = |batch: Batch| batch.blocks(length, calls, mapping.len());
    // Each block begins with its offset. The host reads the blocks back.
    let check = |batch: Batch, block: &[u8], sample: Sample| {
        let native = host::native_copy(blocks(batch).start(), length, calls, true);
        let rest = digest(&block[8..], true).wrapping_mul(u64::from(calls));
        let written = sample.sum.wrapping_add(rest);
        assert_eq!(native.sum, written, "{name}: all is written");
        sample.without_sum()
    };
    let mem = |batch: Batch| {
        let sample = batch.time(|| {
            let mut sum = 0_u64;
            for offset in blocks(batch) {
                buffer[..8].copy_from_slice(&offset.to_le_bytes());
                mapping.write_all_at(offset, &buffer).unwrap();
                sum = sum.wrapping_add(offset);
            }
            sum
        });
        check(batch, &buffer, sample)
    };
    let peer = |batch: Batch| {
        let mut file = file;
        let sample = batch.time(|| {
            let mut sum = 0_u64;
            file.seek(SeekFrom::Start(blocks(batch).start())).unwrap();
            for offset in blocks(batch) {
                other[..8].copy_from_slice(&offset.to_le_bytes());
                file.write_all(&other).unwrap();
                sum = sum.wrapping_add(offset);
            }
            sum
        });
        check(batch, &other, sample)
    };
    compare(setup, name, calls, mem, peer);
}

fn buffers(length: u32) -> (Vec<u8>, Vec<u8>) {
    let buffer = vec![0; length as usize];
    (buffer.clone(), buffer)
}
