//! What the stand-in for the crate memmap2 promises. The first argument says
//! whether maps are copies or the file's pages.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "nobody else shortens a test's files, and pointers stay inside their maps"
)]

use memmap2::{Advice, Mmap, MmapMut, MmapOptions, MmapRaw, UncheckedAdvice};
use std::fmt::Debug;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use test_guests::{PAGE, pattern};

fn main() {
    let zero_copy = std::env::args().nth(1).unwrap() == "zero-copy";
    read();
    parts();
    if zero_copy {
        pages();
    }
    write();
    private();
    transitions();
    pointers();
    anonymous();
    advice_and_locks();
    where_files_are();
    files_that_moved();
    errors();
}

fn read() {
    let bytes = pattern(10_000);
    let whole = map(&reopened("read", &bytes));
    assert_eq!(whole[..], bytes);
    assert_eq!(whole.as_ref(), bytes);
    assert!(map(&reopened("empty", &[])).is_empty());

    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<(Mmap, MmapMut, MmapRaw)>();
}

fn parts() {
    let bytes = pattern(10_000);
    let file = reopened("parts", &bytes);
    for offset in [0, 1, 4095, 4096, 4097, 9_999, 10_000] {
        let part = unsafe { MmapOptions::new().offset(offset as u64).map(&file) };
        assert_eq!(part.unwrap()[..], bytes[offset..], "{offset}");
    }
    let mut options = MmapOptions::new();
    options.offset(4000).len(200).populate();
    assert_eq!(
        unsafe { options.map(&file) }.unwrap()[..],
        bytes[4000..4200]
    );
    // By its number.
    let whole = unsafe { Mmap::map(file.as_raw_fd()) }.unwrap();
    assert_eq!(whole[..], bytes);
}

/// What is read is the file, and not what it was.
fn pages() {
    let file = reopened("pages", &pattern(8192));
    let map = map(&file);
    assert!(map.as_ptr().addr().is_multiple_of(PAGE as usize));
    let mut writer = unsafe { MmapOptions::new().map_mut(&file) }.unwrap();
    writer[4096] = !writer[4096];
    let raw = MmapRaw::from(map);
    let now = unsafe { raw.as_ptr().add(4096).read_volatile() };
    assert_eq!(now, writer[4096]);
}

fn write() {
    let file = reopened("written", &pattern(10_000));
    let mut map = unsafe { MmapMut::map_mut(&file) }.unwrap();
    map[..6].copy_from_slice(b"abc123");
    map.flush().unwrap();
    assert_eq!(fs::read("written").unwrap()[..6], *b"abc123");
    map.as_mut()[9_999] = b'z';
    map.flush_range(9_990, 10).unwrap();
    assert_eq!(fs::read("written").unwrap()[9_999], b'z');
    map[1] = b'Y';
    map.flush_async().unwrap();
    assert_eq!(fs::read("written").unwrap()[1], b'Y');
    map[2] = b'Z';
    map.flush_async_range(0, 3).unwrap();
    assert_eq!(fs::read("written").unwrap()[..3], *b"aYZ");
    // What is dropped has been written, and so has what has no file open.
    map[3] = b'!';
    drop(file);
    drop(map);
    assert_eq!(fs::read("written").unwrap()[..6], *b"aYZ!23");

    // By a pointer that was made before the flush.
    let file = reopened("pointed", &pattern(100));
    let mut map = unsafe { MmapMut::map_mut(&file) }.unwrap();
    let pointer = map.as_mut_ptr();
    map.flush().unwrap();
    unsafe { pointer.write(b'p') };
    map.flush().unwrap();
    assert_eq!(fs::read("pointed").unwrap()[0], b'p');
    let outside = map.flush_range(1, 100);
    assert_eq!(kind(outside), ErrorKind::InvalidInput);
}

fn private() {
    let bytes = pattern(5000);
    let file = reopened("private", &bytes);
    let mut copy = unsafe { MmapOptions::new().map_copy(&file) }.unwrap();
    copy.fill(b'c');
    copy.flush().unwrap();
    assert!(copy.iter().all(|&byte| byte == b'c'));
    let read_only = unsafe { MmapOptions::new().map_copy_read_only(&file) }.unwrap();
    assert_eq!(read_only[..], bytes);
    let mut copy = read_only.make_mut().unwrap();
    copy[0] = !copy[0];
    assert_eq!(copy[1..], bytes[1..]);
    drop(copy);
    assert_eq!(fs::read("private").unwrap(), bytes);
    // A private map needs no permission to write.
    let file = File::open("private").unwrap();
    let mut copy = unsafe { MmapOptions::new().map_copy(&file) }.unwrap();
    copy[0] = !copy[0];
}

fn transitions() {
    let file = reopened("transitions", &pattern(256));
    let mut map = unsafe { MmapMut::map_mut(&file) }.unwrap();
    map[..3].copy_from_slice(b"abc");
    let map = map.make_read_only().unwrap();
    assert_eq!(fs::read("transitions").unwrap()[..3], *b"abc");
    assert_eq!(map[..3], *b"abc");
    let mut map = map.make_mut().unwrap();
    map[3] = b'd';
    drop(map);
    assert_eq!(fs::read("transitions").unwrap()[..4], *b"abcd");

    // Mapped for reading at first.
    let map = unsafe { MmapOptions::new().offset(4).map(&file) }.unwrap();
    let mut map = map.make_mut().unwrap();
    assert_eq!(map.len(), 252);
    map[0] = b'e';
    drop(map);
    assert_eq!(fs::read("transitions").unwrap()[..5], *b"abcde");
    let read_only = File::open("transitions").unwrap();
    let denied = unsafe { Mmap::map(&read_only) }.unwrap().make_mut();
    assert_eq!(kind(denied), ErrorKind::PermissionDenied);

    let exec = unsafe { MmapMut::map_mut(&file) }.unwrap().make_exec();
    assert_eq!(kind(exec), ErrorKind::Unsupported);
    let exec = unsafe { MmapOptions::new().map_exec(&file) };
    assert_eq!(kind(exec), ErrorKind::Unsupported);
}

fn pointers() {
    let file = reopened("raw", &pattern(6000));
    let raw = MmapRaw::map_raw(&file).unwrap();
    assert_eq!(raw.len(), 6000);
    for byte in [b'1', b'2'] {
        unsafe { raw.as_mut_ptr().add(5999).write(byte) };
        raw.flush().unwrap();
        assert_eq!(fs::read("raw").unwrap()[5999], byte);
    }
    unsafe { raw.as_mut_ptr().write(b'3') };
    drop(raw);
    let raw = MmapOptions::new().map_raw_read_only(&file).unwrap();
    assert_eq!(unsafe { raw.as_ptr().read() }, b'3');
    raw.flush().unwrap();
}

fn anonymous() {
    let mut map = MmapMut::map_anon(10_000).unwrap();
    assert!(map.as_ptr().addr().is_multiple_of(PAGE as usize));
    assert!(map.iter().all(|&byte| byte == 0));
    map[9_999] = 1;
    map.flush().unwrap();
    let map = map.make_read_only().unwrap().make_mut().unwrap();
    assert_eq!(map[9_999], 1);
    map.advise(Advice::Random).unwrap();
    assert_eq!(kind(map.lock()), ErrorKind::Unsupported);
    assert!(MmapMut::map_anon(0).unwrap().is_empty());
    let mut options = MmapOptions::new();
    let options = options.stack().huge(None).no_reserve_swap().len(5);
    assert_eq!(options.map_anon().unwrap()[..], [0; 5]);
    for too_many in [1 << 31, usize::MAX] {
        let refused = MmapMut::map_anon(too_many);
        assert_eq!(kind(refused), ErrorKind::InvalidData);
    }
    // The memory has no room for four.
    let refused: io::Result<Vec<_>> = (0..4).map(|_| MmapMut::map_anon(1 << 30)).collect();
    assert_eq!(kind(refused), ErrorKind::OutOfMemory);
}

fn advice_and_locks() {
    let bytes = pattern(10_000);
    let file = reopened("advised", &bytes);
    let shared = unsafe { MmapMut::map_mut(&file) }.unwrap();
    for advice in [
        Advice::Normal,
        Advice::Random,
        Advice::Sequential,
        Advice::WillNeed,
        Advice::PopulateRead,
        Advice::PopulateWrite,
    ] {
        shared.advise(advice).unwrap();
        shared.advise_range(advice, 5000, 5000).unwrap();
        let outside = shared.advise_range(advice, 5000, 5001);
        assert_eq!(kind(outside), ErrorKind::InvalidInput);
    }
    unsafe { shared.unchecked_advise(UncheckedAdvice::DontNeed) }.unwrap();
    unsafe { shared.unchecked_advise_range(UncheckedAdvice::DontNeed, 1, 5) }.unwrap();
    assert_eq!(shared[..], bytes);
    let private = unsafe { MmapOptions::new().map_copy(&file) };
    let lost = unsafe { private.unwrap().unchecked_advise(UncheckedAdvice::DontNeed) };
    assert_eq!(kind(lost), ErrorKind::Unsupported);

    // Twice each, as mlock(2) allows.
    shared.lock().unwrap();
    shared.lock().unwrap();
    shared.unlock().unwrap();
    shared.unlock().unwrap();
    let error = Mmap::map_if_safe(&file).unwrap_err();
    assert!(error.not_supported() && !error.not_safe() && !error.map_failed());
}

/// However a path is written, and whatever was open by the same number.
fn where_files_are() {
    fs::create_dir_all("outer/inner").unwrap();
    fs::write("outer/inner/file", "inner").unwrap();
    fs::write("outer/file", "outer").unwrap();
    fs::write("file", "top").unwrap();
    let of = |path: &str| map(&File::open(path).unwrap()).to_vec();
    for (path, contents) in [
        ("outer/inner/file", "inner"),
        ("./outer/./file", "outer"),
        ("outer/inner/../../file", "top"),
    ] {
        assert_eq!(of(path), contents.as_bytes(), "{path}");
    }
    std::env::set_current_dir("outer").unwrap();
    assert_eq!(of("file"), b"outer");
    assert_eq!(of("inner/file"), b"inner");
    std::env::set_current_dir("..").unwrap();
    assert_eq!(of("file"), b"top");

    let open: Vec<(String, File)> = (0..50)
        .map(|n| {
            let path = format!("outer/{n}");
            fs::write(&path, &path).unwrap();
            let file = File::open(&path).unwrap();
            (path, file)
        })
        .collect();
    for (path, file) in open.iter().step_by(2).chain(open.iter().rev()) {
        assert_eq!(map(file)[..], *path.as_bytes());
    }
}

fn files_that_moved() {
    let file = reopened("before", b"contents");
    fs::rename("before", "after").unwrap();
    assert_eq!(kind(unsafe { Mmap::map(&file) }), ErrorKind::NotFound);
    // Another file at the path is not taken for it.
    fs::write("before", b"CONTENTS").unwrap();
    assert_eq!(kind(unsafe { Mmap::map(&file) }), ErrorKind::NotFound);
    fs::rename("after", "before").unwrap();
    assert_eq!(map(&file)[..], *b"contents");
    // Nor is it when a map is made anew to be written.
    let read_only = map(&file);
    fs::rename("before", "after").unwrap();
    fs::write("before", b"CONTENTS").unwrap();
    assert_eq!(kind(read_only.make_mut()), ErrorKind::NotFound);
    fs::remove_file("after").unwrap();
    assert_eq!(kind(unsafe { Mmap::map(&file) }), ErrorKind::NotFound);
    assert_eq!(fs::read("before").unwrap(), b"CONTENTS");
}

fn errors() {
    fs::write("errors", pattern(100)).unwrap();
    let reader = File::open("errors").unwrap();
    let writer = File::options().write(true).open("errors").unwrap();
    let denied = ErrorKind::PermissionDenied;
    assert_eq!(kind(unsafe { MmapMut::map_mut(&reader) }), denied);
    assert_eq!(kind(unsafe { MmapMut::map_mut(&writer) }), denied);
    assert_eq!(kind(unsafe { Mmap::map(&writer) }), denied);
    assert_eq!(
        kind(unsafe { MmapOptions::new().map_copy(&writer) }),
        denied
    );
    assert_eq!(kind(MmapRaw::map_raw(&reader)), denied);

    let behind = unsafe { MmapOptions::new().offset(101).map(&reader) };
    assert_eq!(kind(behind), ErrorKind::InvalidData);
    let long = unsafe { MmapOptions::new().len(101).map(&reader) };
    assert_eq!(kind(long), ErrorKind::InvalidInput);
    let directory = File::open(".").unwrap();
    let directory = unsafe { MmapOptions::new().len(1).map(&directory) };
    assert_eq!(kind(directory), ErrorKind::InvalidInput);
    let unknown = unsafe { MmapOptions::new().len(1).map(&io::stdin()) };
    assert_eq!(kind(unknown), ErrorKind::Unsupported);
    assert!(unsafe { Mmap::map(1234) }.is_err());

    let large = reopened("large", &[]);
    for length in [3 << 30, 5 << 30] {
        large.set_len(length).unwrap();
        // As of memmap2 in a program of 32 bits.
        assert_eq!(kind(unsafe { Mmap::map(&large) }), ErrorKind::InvalidData);
        let end = unsafe { MmapOptions::new().offset(length - 10).map(&large) };
        assert_eq!(end.unwrap()[..], [0; 10]);
    }
}

fn map(file: &File) -> Mmap {
    unsafe { Mmap::map(file) }.unwrap()
}

/// A file with these bytes, open for reading and writing.
fn reopened(name: &str, bytes: &[u8]) -> File {
    fs::write(name, bytes).unwrap();
    File::options().read(true).write(true).open(name).unwrap()
}

#[track_caller]
fn kind<T: Debug>(result: io::Result<T>) -> ErrorKind {
    let error = result.expect_err("this has to fail");
    assert!(!error.to_string().is_empty());
    error.kind()
}
