//! A mapping: its bounds, what may be written, and the pages of its own.

use super::cache::{CACHE, Cache, FileKey};
use super::directories;
use super::explanations::{no_execution, shorter};
use super::pages::{PAGE, Page, part_in, touched, zeros};
use super::room::{Element, Room};
use super::wit::exports::mem::mmap::mapping::{Advice, FlushMode, Protection};
use super::wit::wasi::filesystem::types::ErrorCode as Wasi;
use super::{ErrorCode, Result, wit};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::ops::Range;
use hashbrown::HashMap;
use mem_contract::{Access, ByteRange, MapFlags, MapOptions};
use rangemap::RangeSet;

/// The most bytes of one read, as many as hosts with the plugin allow by default.
const MOST_READ: u64 = 64 << 20;

/// From how many bytes on a read need not leave pages in the cache.
const LARGE: u64 = 32 << 10;

/// From here on, offsets and pages count from the start of the file.
pub struct Mapping {
    /// None for anonymous memory.
    file: Option<FileKey>,
    access: Access,
    /// What is mapped.
    bytes: Range<u64>,
    /// The written pages of a copy-on-write or anonymous mapping.
    own: RefCell<HashMap<u64, Page>>,
    /// The pages that `protect` has made read-only.
    read_only: RefCell<RangeSet<u64>>,
    /// From where on the bytes are known to be gone from the file.
    lost_from: Cell<u64>,
}

impl Mapping {
    /// Maps the file at `path`, or anonymous memory.
    pub fn new(path: &str, options: MapOptions) -> Result<Self> {
        let is_created = options.flags.contains(MapFlags::CREATE);
        if options.flags.contains(MapFlags::ANONYMOUS) {
            let length = options.anonymous_length().map_err(contradiction)?;
            check_executable(options.flags)?;
            if i64::try_from(length).is_err() {
                return Err(ErrorCode::QuotaExceeded);
            }
            return Ok(Self::of(None, options.access, 0..length));
        }
        let write = options.access == Access::ReadWrite;
        let end = options.end_in_file().map_err(contradiction)?;
        let (directory, path) = directories::find(path)?;
        check_executable(options.flags)?;
        // No file is that long.
        if is_created && i64::try_from(end).is_err() {
            return Err(Wasi::FileTooLarge.into());
        }
        let mut cache = CACHE.lock();
        let file = cache.open(directory, path, write, is_created)?;
        let bytes = within(&mut cache, file, &options, end, is_created);
        let bytes = bytes.inspect_err(|_| cache.close(file))?;
        drop(cache);
        let mapping = Self::of(Some(file), options.access, bytes);
        if options.flags.contains(MapFlags::POPULATE) {
            mapping.populate(&mapping.bytes)?;
        }
        Ok(mapping)
    }

    fn of(file: Option<FileKey>, access: Access, bytes: Range<u64>) -> Self {
        Self {
            file,
            access,
            bytes,
            own: RefCell::default(),
            read_only: RefCell::default(),
            lost_from: Cell::new(u64::MAX),
        }
    }

    pub fn size(&self) -> u64 {
        self.bytes.end - self.bytes.start
    }

    /// Copies `count` elements from `offset` of the mapping on.
    pub fn read<E: Element>(&self, offset: u64, count: u64) -> Result<Vec<E>> {
        let length = count.saturating_mul(size_of::<E>() as u64);
        let range = self.checked(offset, length)?;
        if length > MOST_READ {
            return Err(ErrorCode::QuotaExceeded);
        }
        let mut room = Room::new(count)?;
        if length < LARGE || !self.read_past_cache(&range, &mut room)? {
            self.copy(&range, |part| room.push(part))?;
        }
        Ok(room.into_list())
    }

    /// Copies the bytes of all `ranges`.
    pub fn read_many(&self, ranges: &[ByteRange]) -> Result<Vec<u8>> {
        let mut length = 0_u64;
        for range in ranges {
            self.checked(range.offset, range.length)?;
            length = length.saturating_add(range.length);
        }
        if length > MOST_READ {
            return Err(ErrorCode::QuotaExceeded);
        }
        let mut room = Room::new(length)?;
        for range in ranges {
            let range = self.checked(range.offset, range.length)?;
            self.copy(&range, |part| room.push(part))?;
        }
        Ok(room.into_list())
    }

    /// Copies the `N` bytes at `offset` of the mapping.
    pub fn load<const N: usize>(&self, offset: u64) -> Result<[u8; N]> {
        let range = self.checked(offset, N as u64)?;
        let mut bytes = [0; N];
        let mut rest = &mut bytes[..];
        self.copy(&range, |part| {
            let (to, later) = core::mem::take(&mut rest).split_at_mut(part.len());
            to.copy_from_slice(part);
            rest = later;
        })?;
        Ok(bytes)
    }

    /// Copies `bytes` to `offset` of the mapping.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let range = self.checked(offset, bytes.len() as u64)?;
        if range.is_empty() {
            return Ok(());
        }
        self.check_writable(&range)?;
        self.check_present(&range)?;
        match self.file {
            Some(file) if self.access == Access::ReadWrite => {
                let written = CACHE.lock().write(file, range.start, bytes);
                written.inspect_err(|&error| {
                    if error == ErrorCode::Truncated {
                        self.notice_the_end(&range);
                    }
                })
            }
            _ => self.write_own(&range, bytes),
        }
    }

    /// Writes what was changed in the range to the file.
    pub fn flush(&self, range: Option<ByteRange>, mode: FlushMode) -> Result<()> {
        let range = self.checked_or_all(range)?;
        let Some(file) = self.file else {
            return Ok(());
        };
        if range.is_empty() || self.access != Access::ReadWrite {
            return Ok(());
        }
        let mut cache = CACHE.lock();
        let size_now = cache.write_back(file, &touched(&range))?;
        if mode == FlushMode::Synchronous {
            cache.file(file).sync()?;
        }
        self.lose_from(size_now.next_multiple_of(PAGE));
        self.check_present(&range)
    }

    pub fn lock(&self, range: Option<ByteRange>) -> Result<()> {
        if self.checked_or_all(range)?.is_empty() {
            return Ok(());
        }
        Err(ErrorCode::Unsupported)
    }

    pub fn unlock(&self, range: Option<ByteRange>) -> Result<()> {
        if self.checked_or_all(range)?.is_empty() {
            return Ok(());
        }
        Err(ErrorCode::NotLocked)
    }

    /// Checks that advice can be given about the range, and returns where it is in
    /// the file.
    pub fn check_advice(&self, range: Option<ByteRange>, advice: Advice) -> Result<Range<u64>> {
        let range = self.checked_or_all(range)?;
        if advice == Advice::PopulateWrite && !range.is_empty() {
            self.check_writable(&range)?;
        }
        self.check_present(&range)?;
        Ok(range)
    }

    pub fn advise(&self, range: Option<ByteRange>, advice: Advice) -> Result<()> {
        let range = self.check_advice(range, advice)?;
        if range.is_empty() {
            return Ok(());
        }
        match advice {
            Advice::PopulateRead | Advice::PopulateWrite => return self.populate(&range),
            Advice::HugePage | Advice::NoHugePage => return Err(ErrorCode::Unsupported),
            _ => {}
        }
        let Some(file) = self.file else {
            return Ok(());
        };
        let mut cache = CACHE.lock();
        if let Advice::Cold | Advice::PageOut = advice {
            if advice == Advice::PageOut {
                cache.write_back(file, &touched(&range))?;
            }
            cache.drop_pages(file, &touched(&range));
        }
        let advice = match advice {
            Advice::Random => wit::Advice::Random,
            Advice::Sequential => wit::Advice::Sequential,
            Advice::WillNeed => wit::Advice::WillNeed,
            Advice::Cold | Advice::PageOut => wit::Advice::DontNeed,
            _ => wit::Advice::Normal,
        };
        cache.file(file).advise(&range, advice)
    }

    pub fn protect(&self, range: Option<ByteRange>, protection: Protection) -> Result<()> {
        let pages = touched(&self.checked_or_all(range)?);
        match protection {
            Protection::ReadExecute | Protection::ReadWriteExecute => {
                return Err(no_execution());
            }
            Protection::ReadWrite if self.access == Access::ReadOnly => {
                return Err(ErrorCode::AccessDenied
                    .because("the mapping was made read-only; map the file with another access"));
            }
            _ if pages.is_empty() => {}
            Protection::Read => self.read_only.borrow_mut().insert(pages),
            Protection::ReadWrite => self.read_only.borrow_mut().remove(pages),
        }
        Ok(())
    }

    /// The bytes of the file that the range of the mapping is.
    #[inline]
    fn checked(&self, offset: u64, length: u64) -> Result<Range<u64>> {
        let range = ByteRange { offset, length }.within(self.size())?;
        Ok(self.bytes.start + range.start..self.bytes.start + range.end)
    }

    fn checked_or_all(&self, range: Option<ByteRange>) -> Result<Range<u64>> {
        match range {
            Some(range) => self.checked(range.offset, range.length),
            None => Ok(self.bytes.clone()),
        }
    }

    fn check_writable(&self, range: &Range<u64>) -> Result<()> {
        let read_only = self.read_only.borrow();
        if self.access == Access::ReadOnly || read_only.overlaps(&touched(range)) {
            return Err(ErrorCode::ReadOnly
                .because("the mapping was made read-only, or `protect` has made these pages so"));
        }
        Ok(())
    }

    /// What the mapping has lost stays lost, even if the file has bytes again.
    fn check_present(&self, range: &Range<u64>) -> Result<()> {
        if self.lost_from.get() < range.end && !range.is_empty() {
            return Err(shorter());
        }
        Ok(())
    }

    fn lose_from(&self, offset: u64) {
        // Bytes behind the mapping do not count.
        if offset < self.bytes.end {
            self.lost_from.set(offset.min(self.lost_from.get()));
        }
    }

    /// Notices how much of `range` is gone. Some of it is.
    fn notice_the_end(&self, range: &Range<u64>) {
        let Some(file) = self.file else { return };
        match CACHE.lock().file(file).size_now() {
            Ok(size) => self.lose_from(size.next_multiple_of(PAGE).max(range.start)),
            Err(_) => self.lose_from(range.start),
        }
    }

    /// Hands the bytes of `range` to `take`, part by part.
    #[inline]
    fn copy(&self, range: &Range<u64>, mut take: impl FnMut(&[u8])) -> Result<()> {
        self.check_present(range)?;
        let own = self.own.borrow();
        let pages = touched(range);
        let end = pages.end;
        let mut cache = CACHE.lock();
        for page in pages {
            let part = part_in(range, page);
            match (own.get(&page), self.file) {
                (Some(own), _) => take(&own[part]),
                (None, None) => take(&[0; PAGE as usize][part]),
                (None, Some(file)) => match cache.page(file, page, end - page) {
                    Ok(bytes) => take(&bytes[part]),
                    Err(error) => {
                        if error == ErrorCode::Truncated {
                            self.lose_from(page * PAGE);
                        }
                        return Err(error);
                    }
                },
            }
        }
        Ok(())
    }

    /// Copies the bytes of `range` right from the runtime. Returns false, without
    /// doing anything, if the mapping may have some of them.
    fn read_past_cache<E: Element>(&self, range: &Range<u64>, room: &mut Room<E>) -> Result<bool> {
        let Some(file) = self.file else {
            return Ok(false);
        };
        if !self.own.borrow().is_empty() {
            return Ok(false);
        }
        self.check_present(range)?;
        if !CACHE.lock().read_past(file, range, room)? {
            return Ok(false);
        }
        let end = range.start + room.filled().len() as u64;
        if end < range.end {
            self.lose_from(end.next_multiple_of(PAGE));
            self.check_present(range)?;
            // The rest of the file's last page reads as zeros.
            room.push_zeros((range.end - end) as usize);
        }
        Ok(true)
    }

    /// Writes pages of the mapping's own. It makes all of them before it writes
    /// the first.
    fn write_own(&self, range: &Range<u64>, bytes: &[u8]) -> Result<()> {
        let mut own = self.own.borrow_mut();
        for page in touched(range) {
            if own.contains_key(&page) {
                continue;
            }
            let mut copy = zeros()?;
            if let Some(file) = self.file {
                let original = CACHE.lock().page(file, page, 1).map(|bytes| {
                    copy.copy_from_slice(bytes);
                });
                original.inspect_err(|&error| {
                    if error == ErrorCode::Truncated {
                        self.lose_from(page * PAGE);
                    }
                })?;
            }
            own.try_reserve(1).map_err(|_| ErrorCode::QuotaExceeded)?;
            own.insert(page, copy);
        }
        let mut rest = bytes;
        for page in touched(range) {
            let part = part_in(range, page);
            let (now, later) = rest.split_at(part.len());
            rest = later;
            if let Some(own) = own.get_mut(&page) {
                own[part].copy_from_slice(now);
            }
        }
        Ok(())
    }

    /// Keeps the pages of `range`, as far as the cache has room.
    fn populate(&self, range: &Range<u64>) -> Result<()> {
        let Some(file) = self.file else {
            return Ok(());
        };
        let mut cache = CACHE.lock();
        let size_now = cache.file(file).size_now()?;
        self.lose_from(size_now.next_multiple_of(PAGE));
        self.check_present(range)?;
        let pages = touched(range);
        let end = pages.end;
        for page in pages.take(Cache::MOST_POPULATED) {
            cache.page(file, page, end - page)?;
        }
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let Some(file) = self.file else { return };
        let mut cache = CACHE.lock();
        if self.access == Access::ReadWrite {
            // Nobody learns if this fails. A guest that wants to know calls `unmap`.
            let _ = cache.write_back(file, &touched(&self.bytes));
        }
        cache.close(file);
    }
}

/// Which bytes of the file to map. Makes the file longer if the guest wants it
/// created.
fn within(
    cache: &mut Cache,
    file: FileKey,
    options: &MapOptions,
    end: u64,
    is_created: bool,
) -> Result<Range<u64>> {
    let file = cache.file(file);
    if is_created && file.size < end {
        file.grow(end)?;
    }
    if end > file.size {
        return Err(ErrorCode::OutOfBounds);
    }
    let start = options.offset;
    let end = options.length.map_or(file.size, |length| start + length);
    Ok(start..end)
}

/// `invalid-argument`, which the polyfill explains nowhere.
fn contradiction(_: &'static str) -> ErrorCode {
    ErrorCode::InvalidArgument
}

/// Nothing is executable.
fn check_executable(flags: MapFlags) -> Result<()> {
    if flags.contains(MapFlags::EXEC) {
        return Err(no_execution());
    }
    Ok(())
}
