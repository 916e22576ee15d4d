//! The files that are mapped, and the pages of them that are kept.

use super::directories;
use super::explanations::shorter;
use super::file::{File, write_buffer};
use super::pages::{PAGE, Page, part_in, touched, zeros};
use super::room::{Element, Room};
use super::wit::wasi::filesystem::types::Descriptor;
use super::{ErrorCode, Result};
use alloc::vec::Vec;
use core::ops::Range;
use slab::Slab;
use spin::Mutex;

/// The most pages that are kept: 256 MiB.
const CAPACITY: usize = (256 << 20) / PAGE as usize;

/// The one cache of the component, which has one thread.
pub static CACHE: Mutex<Cache> = Mutex::new(Cache::new());

/// A file of the cache.
pub type FileKey = usize;

pub struct Cache {
    files: Slab<File>,
    /// At most as many as the capacity.
    frames: Vec<Frame>,
    /// Those that hold no page.
    unused: Vec<usize>,
    /// Where to look for the next page to give up.
    hand: usize,
}

/// Room for a page.
struct Frame {
    file: FileKey,
    page: u64,
    /// Whether the page was used since the hand passed it last.
    is_used: bool,
    bytes: Page,
}

impl Cache {
    /// How many pages it makes sense to keep for later: more would drive out each
    /// other.
    pub const MOST_POPULATED: usize = CAPACITY / 2;

    const fn new() -> Self {
        Self {
            files: Slab::new(),
            frames: Vec::new(),
            unused: Vec::new(),
            hand: 0,
        }
    }

    /// Opens the file at `path` in the directory, which from then on has one
    /// mapping more.
    ///
    /// What is kept of a file that has mappings is written back and dropped,
    /// so that the new mapping sees what others have written.
    pub fn open(
        &mut self,
        directory: &Descriptor,
        path: &str,
        write: bool,
        create: bool,
    ) -> Result<FileKey> {
        let descriptor = directories::open(directory, path, write, create)?;
        let known = self.files.iter().find(|(_, file)| file.is(&descriptor));
        let key = match known.map(|(key, _)| key) {
            Some(key) => {
                self.write_back(key, &(0..u64::MAX))?;
                self.drop_pages(key, &(0..u64::MAX));
                let file = &mut self.files[key];
                file.reopened(descriptor, write);
                file.look()?;
                key
            }
            None => self.files.insert(File::new(descriptor, write)?),
        };
        self.files[key].mappings += 1;
        Ok(key)
    }

    /// Notes that the file has one mapping less, and closes it after the last. It
    /// loses what could not be written back.
    pub fn close(&mut self, key: FileKey) {
        let file = &mut self.files[key];
        file.mappings -= 1;
        if file.mappings == 0 {
            let frames: Vec<usize> = file.kept.drain().map(|(_, frame)| frame).collect();
            for frame in frames {
                self.release(frame);
            }
            self.files.remove(key);
        }
    }

    pub fn file(&mut self, key: FileKey) -> &mut File {
        &mut self.files[key]
    }

    /// The bytes of the page, which is read from the file if it is not kept,
    /// together with others if the guest wants `wanted` pages from this one on.
    ///
    /// # Errors
    ///
    /// `truncated` if the file ends before the page; those of `read` and of
    /// writing back.
    #[inline]
    pub fn page(&mut self, key: FileKey, page: u64, wanted: u64) -> Result<&mut [u8]> {
        let frame = match self.files[key].kept.get(&page) {
            Some(&frame) => frame,
            None => self.read_page(key, page, wanted)?,
        };
        let frame = &mut self.frames[frame];
        frame.is_used = true;
        Ok(&mut frame.bytes)
    }

    fn read_page(&mut self, key: FileKey, page: u64, wanted: u64) -> Result<usize> {
        let file = &mut self.files[key];
        let pages = file.pages_to_read(page, wanted);
        let mut room = Room::<u8>::new(pages * PAGE)?;
        if file.read(&(page * PAGE..(page + pages) * PAGE), &mut room)? == 0 {
            return Err(shorter());
        }
        for (number, part) in room.filled().chunks(PAGE as usize).enumerate() {
            let frame = self.insert(key, page + number as u64)?;
            let room = &mut self.frames[frame].bytes;
            room[..part.len()].copy_from_slice(part);
            // Behind the end of a file its last page has zeros.
            room[part.len()..].fill(0);
        }
        // Making room can show that the file has just become shorter.
        let kept = self.files[key].kept.get(&page);
        kept.copied().ok_or_else(shorter)
    }

    /// Writes `bytes` at `offset` of the file.
    ///
    /// # Errors
    ///
    /// `truncated` if pages are missing, as for `page`.
    pub fn write(&mut self, key: FileKey, offset: u64, bytes: &[u8]) -> Result<()> {
        let range = offset..offset + bytes.len() as u64;
        let mut has_looked = false;
        let mut rest = bytes;
        for page in touched(&range) {
            let part = part_in(&range, page);
            let (now, later) = rest.split_at(part.len());
            rest = later;
            let is_whole = part.len() as u64 == PAGE;
            if is_whole && !self.files[key].kept.contains_key(&page) {
                // Its bytes need not be read, but it must be there.
                if !has_looked {
                    self.look_again(key)?;
                    has_looked = true;
                }
                if page * PAGE >= self.files[key].size {
                    return Err(shorter());
                }
                self.insert(key, page)?;
            }
            self.page(key, page, 1)?[part].copy_from_slice(now);
            self.files[key].dirty.insert(page);
        }
        Ok(())
    }

    /// Looks how large the file is. If others have made it longer, its last page
    /// was kept with zeros where their bytes are.
    fn look_again(&mut self, key: FileKey) -> Result<()> {
        let last = self.files[key].size / PAGE;
        if self.files[key].size_now()? > self.files[key].size {
            self.write_back(key, &(last..last + 1))?;
            self.drop_pages(key, &(last..last + 1));
        }
        self.files[key].look()?;
        Ok(())
    }

    /// Reads the bytes of `range` to `room`, which is empty, past the cache, but
    /// for pages that have yet to be written back. There are fewer where the
    /// file ends before.
    ///
    /// False if the first page is kept: then others may well be.
    pub fn read_past<E: Element>(
        &mut self,
        key: FileKey,
        range: &Range<u64>,
        room: &mut Room<E>,
    ) -> Result<bool> {
        let pages = touched(range);
        let file = &mut self.files[key];
        if file.kept.contains_key(&pages.start) {
            return Ok(false);
        }
        file.read(range, room)?;
        let bytes = room.filled();
        for page in file.dirty.range(pages) {
            let frame = &self.frames[file.kept[page]];
            let part = part_in(range, *page);
            let to = (page * PAGE + part.start as u64 - range.start) as usize;
            if let Some(to) = bytes.get_mut(to..to + part.len()) {
                to.copy_from_slice(&frame.bytes[part]);
            }
        }
        Ok(true)
    }

    /// Writes the dirty pages of `pages` to the file. Returns how large the file
    /// is; what lies behind that is dropped.
    pub fn write_back(&mut self, key: FileKey, pages: &Range<u64>) -> Result<u64> {
        let file = &mut self.files[key];
        let size_now = file.size_now()?;
        let runs = file.dirty_runs(pages);
        if runs.is_empty() {
            return Ok(size_now);
        }
        let end = file.size.min(size_now);
        let mut buffer = write_buffer()?;
        for run in runs {
            buffer.clear();
            for page in run.clone() {
                buffer.extend_from_slice(&self.frames[file.kept[&page]].bytes);
            }
            let start = run.start * PAGE;
            let length = end.saturating_sub(start).min(buffer.len() as u64);
            file.write(start, &buffer[..length as usize])?;
            for page in run {
                file.dirty.remove(&page);
            }
        }
        self.drop_pages(key, &(end.div_ceil(PAGE)..u64::MAX));
        Ok(size_now)
    }

    /// Drops what is kept of `pages` and need not be written back.
    pub fn drop_pages(&mut self, key: FileKey, pages: &Range<u64>) {
        let file = &mut self.files[key];
        let dirty = &file.dirty;
        let dropped = file
            .kept
            .extract_if(|page, _| pages.contains(page) && !dirty.contains(page));
        let frames: Vec<usize> = dropped.map(|(_, frame)| frame).collect();
        for frame in frames {
            self.release(frame);
        }
    }

    /// Gives the page a frame. The bytes in the frame are arbitrary.
    fn insert(&mut self, key: FileKey, page: u64) -> Result<usize> {
        let frame = self.free_frame()?;
        let to = &mut self.frames[frame];
        (to.file, to.page, to.is_used) = (key, page, true);
        self.files[key].kept.insert(page, frame);
        Ok(frame)
    }

    /// A frame that holds no page: a new one, as long as there is room, or that
    /// of a page that was not used lately.
    fn free_frame(&mut self) -> Result<usize> {
        if let Some(frame) = self.unused.pop() {
            if self.frames[frame].bytes.is_empty() {
                self.frames[frame].bytes = zeros().inspect_err(|_| self.unused.push(frame))?;
            }
            return Ok(frame);
        }
        if self.frames.len() < CAPACITY {
            let has_room = self.frames.try_reserve(1).is_ok();
            match zeros() {
                Ok(bytes) if has_room => {
                    self.frames.push(Frame {
                        file: 0,
                        page: 0,
                        is_used: false,
                        bytes,
                    });
                    return Ok(self.frames.len() - 1);
                }
                _ if self.frames.is_empty() => return Err(ErrorCode::QuotaExceeded),
                _ => {}
            }
        }
        self.reclaim()
    }

    /// Takes the frame of a page that was not used since the hand passed it.
    fn reclaim(&mut self) -> Result<usize> {
        loop {
            self.hand = (self.hand + 1) % self.frames.len();
            let frame = &mut self.frames[self.hand];
            if frame.is_used {
                frame.is_used = false;
                continue;
            }
            let (key, page) = (frame.file, frame.page);
            if self.files[key].dirty.contains(&page) {
                // And others with it, which are written by fewer calls.
                self.write_back(key, &(0..u64::MAX))?;
                // Which drops pages behind the end of the file.
                if let Some(frame) = self.unused.pop() {
                    self.unused.push(frame);
                    return self.free_frame();
                }
            }
            self.files[key].kept.remove(&page);
            return Ok(self.hand);
        }
    }

    /// Gives the room of a frame back. Small files would otherwise keep what
    /// private pages could use.
    fn release(&mut self, frame: usize) {
        self.frames[frame].bytes = Page::default();
        self.unused.push(frame);
    }
}
