//! What the guest SDK promises of windows and `read_many`, on a host that
//! grants windows and on those where they are copies.

use anyhow::Result;
use std::os::unix::fs::symlink;
use test_host::{ENGINE, Host, component, run_in};
use wasmtime::component::types::ComponentItem;

#[test]
fn read_many() -> Result<()> {
    let mut host = Host::new();
    // The SDK asks for no more at a time.
    host.mem.max_read_bytes(1 << 20);
    host.run("sdk_read_many")
}

/// What holds of windows and of copies alike. The guest's argument says which
/// it gets.
macro_rules! both {
    ($($test:ident: $guest:literal;)*) => {
        mod copy {
            $(#[test]
            fn $test() -> anyhow::Result<()> {
                super::run(super::Host::new(), "copy", $guest)
            })*
        }

        mod zero_copy {
            $(#[test]
            fn $test() -> anyhow::Result<()> {
                super::run(super::Host::with_windows(), "zero-copy", $guest)
            })*
        }
    };
}

both! {
    contents: "sdk_window_contents";
    write_back: "sdk_window_write_back";
    private: "sdk_window_private";
    busy: "sdk_window_busy";
    errors: "sdk_window_errors";
    in_turn: "sdk_windows_in_turn";
    copies_keep_other_writes: "sdk_copies_keep_other_writes";
    addresses: "addresses";
    memmap2_files_made_read_only: "memmap2_made_read_only";
    memmap2_copies_keep_other_writes: "memmap2_copies_keep_other_writes";
}

fn run(mut host: Host, windows: &str, guest: &str) -> Result<()> {
    host.args.push(windows.to_owned());
    // One of the guests has 500 at once.
    host.mem.max_windows(1024);
    host.run(guest)
}

/// The stand-in for the crate memmap2.
#[test]
fn memmap2() -> Result<()> {
    for (mut host, windows) in [(Host::new(), "copy"), (Host::with_windows(), "zero-copy")] {
        host.mem.max_locked_bytes(1 << 20);
        run(host, windows, "memmap2_api")?;
    }
    Ok(())
}

/// Behind links, and where something else has taken a file's place.
#[test]
fn memmap2_files_that_moved() -> Result<()> {
    for (host, windows) in [(Host::new(), "copy"), (Host::with_windows(), "zero-copy")] {
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
        run(host, windows, "memmap2_files_that_moved")?;
    }
    Ok(())
}

#[test]
fn memmap2_maps_that_cannot_be_written_are_not_private_bytes() -> Result<()> {
    for (mut host, windows) in [(Host::new(), "copy"), (Host::with_windows(), "zero-copy")] {
        host.mem.max_private_bytes(4096);
        run(host, windows, "memmap2_private_bytes")?;
    }
    Ok(())
}

#[test]
fn what_a_window_lost_is_not_acknowledged() -> Result<()> {
    Host::with_windows().run("sdk_window_acknowledgements")
}

/// The embedder grants windows, and the guest's memory cannot have them.
#[test]
fn copies_on_an_engine_without_windows() -> Result<()> {
    for guest in ["sdk_window_contents", "sdk_window_write_back"] {
        let mut host = Host::with_windows();
        host.engine = ENGINE.clone();
        run(host, "copy", guest)?;
    }
    Ok(())
}

#[test]
fn large() -> Result<()> {
    Host::with_windows().run("sdk_windows_large")
}

#[test]
fn huge_pages_made_shorter() -> Result<()> {
    let host = Host::with_windows();
    let bytes: Vec<u8> = (0..8 << 20)
        .map(|offset| (offset % 251 + 1) as u8)
        .collect();
    // By one call each, of which file systems make the largest pages.
    for number in 0..12 {
        host.write(&number.to_string(), &bytes);
    }
    host.run("sdk_huge_pages_made_shorter")
}

#[test]
fn after_unmap() -> Result<()> {
    after_unmap_on(Host::new(), "copy")?;
    after_unmap_on(Host::with_windows(), "zero-copy")
}

#[test]
fn quota() -> Result<()> {
    let mut host = Host::with_windows();
    host.mem.max_windows(2);
    host.run("sdk_window_quota")
}

/// That another store keeps a window out is an error, and not hidden by a copy.
#[test]
fn of_another_store() -> Result<()> {
    for held in ["window", "window_mut"] {
        let mut host = Host::with_windows();
        host.args.push(held.to_owned());
        host.write("shared", [b's'; 5000]);
        let mut holder = host.store(host.mem.build());
        run_in(&mut holder, "sdk_window_left")?;
        host.run("sdk_window_of_another_store")?;
    }
    Ok(())
}

fn after_unmap_on(mut host: Host, windows: &str) -> Result<()> {
    host.grant_proc();
    host.args = vec![host.dir_name(), windows.to_owned()];
    host.run("sdk_window_after_unmap")
}

/// A guest needs of its host what it uses.
#[test]
fn imports() -> Result<()> {
    let imports = |guest: &str| -> Result<Vec<String>> {
        let component = component(&ENGINE, guest)?;
        let ty = component.component_type();
        let interfaces = ty.imports(&ENGINE);
        let interfaces =
            interfaces.filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentInstance(_)));
        let names = interfaces.map(|(name, _)| name.to_owned());
        Ok(names.filter(|name| name.starts_with("mem:")).collect())
    };
    assert_eq!(imports("cursor")?, ["mem:mmap/mapping@0.1.0"]);
    assert_eq!(imports("sdk_read_many")?, ["mem:mmap/mapping@0.1.0"]);
    assert_eq!(
        imports("sdk_window_only")?,
        ["mem:mmap/mapping@0.1.0", "mem:mmap/window@0.1.0"]
    );
    for host in [Host::new(), Host::with_windows()] {
        host.write("file", "before the rest");
        host.run("sdk_window_only")?;
    }
    Ok(())
}
