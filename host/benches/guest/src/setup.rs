//! What the rows are measured on.

use crate::batch::Batch;
use crate::host::{self, Plan, Sample};
use bench_sums::digest;
use mem::Mapping;
use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::io::{Read, Seek, SeekFrom};

pub const KIB: u32 = 1 << 10;

pub struct Setup {
    pub plan: Plan,
    pub sides: Sides,
    /// The same file, for windows.
    pub readable: Mapping,
}

impl Setup {
    /// Opens the file of the plan, and reads it once.
    pub fn new() -> Self {
        let plan = host::get_plan();
        let sides = Sides::open(&plan.file);
        sides.warm_up();
        let readable = mem::open(&plan.file).unwrap();
        Self {
            plan,
            sides,
            readable,
        }
    }
}

/// The two ways to the file.
pub struct Sides {
    pub mapping: Mapping,
    pub file: File,
}

impl Sides {
    fn open(path: &str) -> Self {
        let mut options = OpenOptions::new();
        Self {
            mapping: mem::open_mut(path).unwrap(),
            file: options.read(true).write(true).open(path).unwrap(),
        }
    }

    /// Reads the whole file in both ways, so that no page must be fetched when
    /// time counts.
    fn warm_up(&self) {
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

    /// Seeks before each read if `seek`, else only before the first.
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
