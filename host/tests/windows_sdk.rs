//! What the guest SDK promises of windows and `read_many`, on a host that grants
//! windows and where they are copies.

use crate::guests::*;
use crate::why_not::*;
use anyhow::{Result, ensure};
use std::os::unix::fs::symlink;
use test_artifacts::Guest;
use test_host::{ENGINE, Host, Surface, component, matrix, run_in, tests_on};
use wasmtime::component::types::ComponentItem;

/// What holds where windows are copies, which the guest's last argument says.
mod copy {
    use super::*;

    matrix! {
        contents: SDK_WINDOW_CONTENTS, copies(), [yes yes yes yes];
        write_back: SDK_WINDOW_WRITE_BACK, copies(), [yes yes KEEPS_WRITES yes];
        private: SDK_WINDOW_PRIVATE, copies(), [yes yes yes yes];
        busy: SDK_WINDOW_BUSY, copies(), [yes yes yes yes];
        errors: SDK_WINDOW_ERRORS, copies(), [yes yes yes yes];
        in_turn: SDK_WINDOWS_IN_TURN, copies(), [yes yes yes NO_LINEAR_MEMORY];
        copies_keep_other_writes: SDK_COPIES_KEEP_OTHER_WRITES, copies(), [yes yes yes yes];
        addresses: ADDRESSES, copies(), [yes yes yes yes];
        after_unmap: SDK_WINDOW_AFTER_UNMAP, Host::new().showing_maps().arg("copy"),
            [yes yes MAPS_NOTHING yes];
        memmap2_api: MEMMAP2_API, with_locks(copies()), [yes yes NO_LOCKS NO_HOST];
        memmap2_files_made_read_only: MEMMAP2_MADE_READ_ONLY, copies(), [yes yes yes yes];
        memmap2_copies_keep_other_writes:
            MEMMAP2_COPIES_KEEP_OTHER_WRITES, copies(), [yes yes yes yes];
        memmap2_files_that_moved:
            MEMMAP2_FILES_THAT_MOVED, with_links(copies())?, [yes yes yes NO_PATHS];
        memmap2_maps_that_cannot_be_written_are_not_private_bytes:
            MEMMAP2_PRIVATE_BYTES, with_few_private_bytes(copies()), [yes yes NO_QUOTAS NO_HOST];
        only: SDK_WINDOW_ONLY, with_a_text(Host::new()), [yes yes yes yes];

        /// The embedder grants windows, and the guest's memory cannot have them.
        contents_on_an_engine_without_windows:
            SDK_WINDOW_CONTENTS, without_an_engine(), [yes yes NO_WINDOWS NO_HOST];
        write_back_on_an_engine_without_windows:
            SDK_WINDOW_WRITE_BACK, without_an_engine(), [yes yes NO_WINDOWS NO_HOST];
    }
}

/// The same where windows are the file's own pages, and what only such windows
/// promise.
mod zero_copy {
    use super::*;

    matrix! {
        contents: SDK_WINDOW_CONTENTS, pages(), [yes yes COPIES COPIES];
        write_back: SDK_WINDOW_WRITE_BACK, pages(), [yes yes COPIES COPIES];
        private: SDK_WINDOW_PRIVATE, pages(), [yes yes COPIES COPIES];
        busy: SDK_WINDOW_BUSY, pages(), [yes yes COPIES COPIES];
        errors: SDK_WINDOW_ERRORS, pages(), [yes yes COPIES COPIES];
        in_turn: SDK_WINDOWS_IN_TURN, pages(), [yes yes COPIES COPIES];
        copies_keep_other_writes: SDK_COPIES_KEEP_OTHER_WRITES, pages(), [yes yes COPIES COPIES];
        addresses: ADDRESSES, pages(), [yes yes COPIES COPIES];
        after_unmap: SDK_WINDOW_AFTER_UNMAP, Host::with_windows().showing_maps().arg("zero-copy"),
            [yes yes COPIES COPIES];
        memmap2_api: MEMMAP2_API, with_locks(pages()), [yes yes COPIES COPIES];
        memmap2_files_made_read_only: MEMMAP2_MADE_READ_ONLY, pages(), [yes yes COPIES COPIES];
        memmap2_copies_keep_other_writes:
            MEMMAP2_COPIES_KEEP_OTHER_WRITES, pages(), [yes yes COPIES COPIES];
        memmap2_files_that_moved:
            MEMMAP2_FILES_THAT_MOVED, with_links(pages())?, [yes yes COPIES COPIES];
        memmap2_maps_that_cannot_be_written_are_not_private_bytes:
            MEMMAP2_PRIVATE_BYTES, with_few_private_bytes(pages()), [yes yes COPIES COPIES];
        only: SDK_WINDOW_ONLY, with_a_text(Host::with_windows()), [yes yes COPIES COPIES];

        what_a_window_lost_is_not_acknowledged:
            SDK_WINDOW_ACKNOWLEDGEMENTS, Host::with_windows(), [yes yes COPIES COPIES];
        large: SDK_WINDOWS_LARGE, Host::with_windows(), [yes yes COPIES COPIES];
        huge_pages_made_shorter:
            SDK_HUGE_PAGES_MADE_SHORTER, with_large_files(), [yes yes COPIES COPIES];
        quota: SDK_WINDOW_QUOTA, with_two_windows(), [yes yes COPIES COPIES];
    }
}

matrix! {
    read_many: SDK_READ_MANY, with_small_reads(), [yes yes yes yes];
}

tests_on! {
    of_another_store: [component core_module];
}

fn copies() -> Host {
    with_many_windows(Host::new()).arg("copy")
}

fn pages() -> Host {
    with_many_windows(Host::with_windows()).arg("zero-copy")
}

/// One of the guests has 500 windows at once.
fn with_many_windows(mut host: Host) -> Host {
    host.mem.max_windows(1024);
    host
}

fn with_locks(mut host: Host) -> Host {
    host.mem.max_locked_bytes(1 << 20);
    host
}

/// Files behind links, and one that has taken another's place.
fn with_links(host: Host) -> Result<Host> {
    std::fs::create_dir(host.path("directory-of-file"))?;
    host.write("directory-of-file/file", "inside");
    host.write("other", "another");
    for (link, target) in [
        ("link", "directory-of-file/file"),
        ("link-to-link", "link"),
        ("link-to-other", "other"),
        ("linked-directory", "directory-of-file"),
        ("outside", "/etc/passwd"),
        ("loop", "file"),
    ] {
        symlink(target, host.path(link))?;
    }
    Ok(host)
}

fn with_few_private_bytes(mut host: Host) -> Host {
    host.mem.max_private_bytes(4096);
    host
}

fn with_a_text(host: Host) -> Host {
    host.write("file", "before the rest");
    host
}

fn without_an_engine() -> Host {
    let mut host = pages();
    host.engine = ENGINE.clone();
    host.args = vec!["copy".to_owned()];
    host
}

fn with_large_files() -> Host {
    let host = Host::with_windows();
    let bytes: Vec<u8> = (0..8 << 20)
        .map(|offset| (offset % 251 + 1) as u8)
        .collect();
    // By one call each: file systems make the largest pages for such writes.
    for number in 0..12 {
        host.write(&number.to_string(), &bytes);
    }
    host
}

fn with_two_windows() -> Host {
    let mut host = Host::with_windows();
    host.mem.max_windows(2);
    host
}

/// The SDK asks for no more at a time.
fn with_small_reads() -> Host {
    let mut host = Host::new();
    host.mem.max_read_bytes(1 << 20);
    host
}

/// That another store keeps a window out is an error, which no copy hides.
fn of_another_store(surface: Surface) -> Result<()> {
    for held in ["window", "window_mut"] {
        let mut host = Host::with_windows().arg(held);
        host.surface = surface;
        host.write("shared", [b's'; 5000]);
        let mut holder = host.store(host.mem.build());
        run_in(&mut holder, surface, SDK_WINDOW_LEFT)?;
        host.run(SDK_WINDOW_OF_ANOTHER_STORE)?;
    }
    Ok(())
}

/// A guest needs of its host what it uses.
#[test]
fn imports() -> Result<()> {
    let imports = |guest: Guest| -> Result<Vec<String>> {
        let component = component(&ENGINE, guest)?;
        let ty = component.component_type();
        let interfaces = ty.imports(&ENGINE);
        let interfaces =
            interfaces.filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentInstance(_)));
        let names = interfaces.map(|(name, _)| name.to_owned());
        Ok(names.filter(|name| name.starts_with("mem:")).collect())
    };
    ensure!(imports(CURSOR)? == ["mem:mmap/mapping@0.1.0"]);
    ensure!(imports(SDK_READ_MANY)? == ["mem:mmap/mapping@0.1.0"]);
    ensure!(imports(SDK_WINDOW_ONLY)? == ["mem:mmap/mapping@0.1.0", "mem:mmap/window@0.1.0"]);
    Ok(())
}
