//! The rows in which blocks of bytes go between the file and a buffer.

use crate::host::{self, Sample};
use crate::measure::{Batch, compare};
use crate::{KIB, Setup};
use bench_sums::digest;
use mem::Mapping;
use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::io::{Read, Seek, SeekFrom, Write};

/// The two ways to the file.
pub struct Sides {
    pub mapping: Mapping,
    file: File,
}

impl Sides {
    pub fn open(path: &str) -> Self {
        let mut options = OpenOptions::new();
        Self {
            mapping: mem::open_mut(path).unwrap(),
            file: options.read(true).write(true).open(path).unwrap(),
        }
    }

    /// Reads the whole file in both ways, so that no page has to be fetched
    /// when it counts.
    pub fn warm_up(&self) {
        const LENGTH: u32 = 64 * KIB;
        let batch = Batch::whole();
        let mut buffer = vec![0; LENGTH as usize];
        let calls = (self.mapping.len() / u64::from(LENGTH)) as u32;
        let blocks = || batch.blocks(LENGTH, calls, self.mapping.len());
        let mem = self.read_mapping(batch, blocks(), &mut buffer);
        let std = self.read_file(batch, blocks(), &mut buffer, false);
        let native = host::native_sum();
        let sums = [std.sum, native.sum];
        assert_eq!(sums, [mem.sum; 2], "all sides read the file");
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    pub fn read_mapping(
        &self,
        batch: Batch,
        offsets: impl Iterator<Item = u64>,
        buffer: &mut [u8],
    ) -> Sample {
        batch.time(|| {
            let mut sum = 0_u64;
            for offset in offsets {
                self.mapping.read_exact_at(offset, buffer).unwrap();
                sum = sum.wrapping_add(digest(black_box(buffer), batch.is_whole()));
            }
            sum
        })
    }

    /// Unless each read has to `seek`, only the first does.
    pub fn read_file(
        &self,
        batch: Batch,
        offsets: impl Iterator<Item = u64>,
        buffer: &mut [u8],
        seek: bool,
    ) -> Sample {
        let mut file = &self.file;
        batch.time(|| {
            let mut sum = 0_u64;
            let mut is_first = true;
            for offset in offsets {
                if seek || is_first {
                    file.seek(SeekFrom::Start(offset)).unwrap();
                    is_first = false;
                }
                file.read_exact(buffer).unwrap();
                sum = sum.wrapping_add(digest(black_box(buffer), batch.is_whole()));
            }
            sum
        })
    }
}

/// Reads blocks of `length` bytes, one behind the other.
pub fn read_in_order(setup: &Setup, name: &str, length: u32, calls: u32) {
    let sides = &setup.sides;
    let (mut buffer, mut other) = buffers(length);
    let offsets = |batch: Batch| batch.blocks(length, calls, sides.mapping.len());
    let mem = |batch| sides.read_mapping(batch, offsets(batch), &mut buffer);
    let peer = |batch| sides.read_file(batch, offsets(batch), &mut other, false);
    compare(setup, name, calls, mem, peer);
}

/// Reads blocks of `length` bytes from anywhere.
pub fn read_at_random(setup: &Setup, name: &str, length: u32, calls: u32) {
    let sides = &setup.sides;
    let (mut buffer, mut other) = buffers(length);
    let end = sides.mapping.len();
    let offsets = |batch: Batch| batch.random_blocks(length, end).take(calls as usize);
    let mem = |batch| sides.read_mapping(batch, offsets(batch), &mut buffer);
    let peer = |batch| sides.read_file(batch, offsets(batch), &mut other, true);
    compare(setup, name, calls, mem, peer);
}

/// Reads `ranges` blocks of `length` bytes from anywhere by each call, against
/// a call for each.
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
                    // As the peer, whose buffer is one of its own.
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

/// Reads blocks one behind the other, against the host, which copies them out
/// of its own mapping.
pub fn copy(setup: &Setup, name: &str, length: u32, calls: u32) {
    let sides = &setup.sides;
    let mut buffer = vec![0; length as usize];
    let offsets = |batch: Batch| batch.blocks(length, calls, sides.mapping.len());
    let mem = |batch| sides.read_mapping(batch, offsets(batch), &mut buffer);
    let peer =
        |batch: Batch| host::native_copy(offsets(batch).start(), length, calls, batch.is_whole());
    compare(setup, name, calls, mem, peer);
}

/// Writes blocks one behind the other, other bytes on each side.
pub fn write(setup: &Setup, name: &str, length: u32, calls: u32) {
    let Sides { mapping, file } = &setup.sides;
    let (mut buffer, mut other) = buffers(length);
    buffer.fill(1);
    other.fill(2);
    let blocks = |batch: Batch| batch.blocks(length, calls, mapping.len());
    // Each block begins with its offset; the host reads what came of it.
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
