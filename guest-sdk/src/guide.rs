//! Which way to the bytes to take, what each costs, and where the functions of
//! other crates and packages are.
//!
//! # Which access should I take?
//!
//! | your program | take | because | measured by |
//! | --- | --- | --- | --- |
//! | follows pointers: a search tree, a hash table, an index | [`Mapping::window`] | a load makes no call and takes the time of a native one | `window-load-u64-random/native-mmap`, `window-load-u64-random/wasi-fs` |
//! | works through all bytes, or hands a slice to a parser | [`Mapping::window`] | a sum over a window runs at the speed of native memmap2 | `window-sum/native-mmap` |
//! | has no windows and works through all bytes | [`Mapping::read_at`] with a buffer of 64 KiB, or a [`Cursor`] | the copy runs nearly at the speed of a native one, several times that of `std::fs` | `read-64KiB/native-memcpy`, `read-64KiB/wasi-fs` |
//! | has no windows and needs small records, one after the other | [`Mapping::read_at`] into the same buffer | a seek and a read of `std::fs` take many times longer | `read-64B-random/wasi-fs` |
//! | has no windows and needs records whose places it knows in advance | [`Mapping::read_many`] | one call reads all of them | `read-many-1000x64B/component-read-64B` |
//! | needs a number here and there | [`Mapping::get`], [`Mapping::set`] | the time is nearly that of a call that does nothing | `load-u64/empty-call` |
//! | writes records | [`Mapping::write_at`], or [`Mapping::window_mut`] | a write of `std::fs` takes several times longer | `write-64KiB/wasi-fs` |
//! | needs the bytes as they are now, even if somebody changes them later | [`Mapping::bytes`] | it is a copy, in the guest's memory | |
//! | works on a file larger than the guest's memory | handles, or one window after another | offsets have 64 bits, and a large mapping costs no more than a small one | `map-unmap/size` |
//!
//! # What it costs
//!
//! The last column names rows of the benchmark `peers`. The README of
//! [`mem-host`](https://docs.rs/crate/mem-host/latest) has their figures, under
//! "What it costs".
//!
//! What these figures do not show:
//!
//! - A call costs about as much as the copy of some KiB, so the number of calls
//!   counts for more than the number of bytes.
//! - A window costs some system calls, whatever its length, and page faults at the
//!   first use of its pages: about one for 16 pages of 4 KiB, or one for a huge
//!   page. Linux has huge pages of a file that was written in chunks of 2 MiB or
//!   more, on file systems with large folios such as ext4 and XFS. Make few windows
//!   and keep them: giving one up interrupts the host's other threads.
//! - A window takes as much of the guest's address space as a copy does, and that
//!   ends at 4 GiB. But only used pages take memory.
//! - Where a host has no windows, [`Mapping::window`] copies the range at once.
//!   For a few bytes of a large file, read them instead:
//!   [`Window::is_zero_copy`] says whether it copied. [`Mapping::window_mut`] takes
//!   room for twice the range there, to write back only what you changed.
//! - A synchronous flush waits for the disk. Write much, then flush once.
//!
//! # Coming from memmap2
//!
//! You pass paths instead of files, because a host grants directories. Nothing is
//! `unsafe` for a guest, because the host deals with the file's other users
//! ([`Window`] says what a guest has to keep).
//!
//! | there | here |
//! | --- | --- |
//! | `Mmap::map(&file)` | [`open`]`(path)`, and [`window`](crate::Mapping::window)`(..)` for the slice |
//! | `MmapMut::map_mut(&file)` | [`open_mut`]`(path)`, and [`window_mut`](crate::Mapping::window_mut)`(..)` for the slice |
//! | `file.set_len(n)`, then `MmapMut::map_mut(&file)` | [`create`]`(path, n)` |
//! | `MmapMut::map_anon(n)` | [`anonymous`]`(n)` |
//! | `MmapRaw` | [`Mapping`]: it never lends its bytes, and copies them |
//! | `MmapOptions::offset`, `len`, `populate` | [`Options::offset`], [`Options::len`], [`Options::populate`] |
//! | `MmapOptions::map_exec` | [`Options::exec`] |
//! | `MmapOptions::map_copy` | [`Options::access`]`(`[`Access::CopyOnWrite`]`)` |
//! | `MmapOptions::map_copy_read_only` | the same, then [`Mapping::protect`]`(`[`Protection::Read`]`)` |
//! | `MmapOptions::huge` | [`Mapping::advise`]`(`[`Advice::HugePage`]`)` |
//! | `MmapOptions::stack`, `no_reserve_swap` | nothing: the memory is the host's |
//! | `Deref` of `Mmap` and `MmapMut` | `Deref` of [`Window`] and [`WindowMut`] |
//! | `flush`, `flush_range`, `flush_async`, `flush_async_range` | the same names, with ranges like `4096..8192`; [`WindowMut::flush`] and [`WindowMut::flush_range`] for a window |
//! | `advise`, `advise_range` | the same names |
//! | `unchecked_advise` | nothing: advice never changes a byte |
//! | `lock`, `unlock` | the same names, and [`lock_range`](crate::Mapping::lock_range), [`unlock_range`](crate::Mapping::unlock_range) |
//! | `make_read_only`, `make_mut`, `make_exec` | [`Mapping::protect`] |
//! | `remap` | nothing: a mapping never changes its length; map the file anew |
//! | `drop` | `drop`, or [`Mapping::unmap`], which reports a flush that fails |
//!
//! # Coming from mmap-go
//!
//! | there | here |
//! | --- | --- |
//! | `mmap.Map(f, mmap.RDONLY, 0)` | [`open`]`(path)` |
//! | `mmap.Map(f, mmap.RDWR, 0)` | [`open_mut`]`(path)` |
//! | `mmap.Map(f, mmap.COPY, 0)` | [`Options::access`]`(`[`Access::CopyOnWrite`]`)` |
//! | `mmap.EXEC` | [`Options::exec`] |
//! | `mmap.MapRegion(nil, n, mmap.RDWR, mmap.ANON, 0)` | [`anonymous`]`(n)` |
//! | `mmap.MapRegion(f, n, prot, flags, offset)` | [`Options::len`], [`Options::offset`], which need not be a multiple of the page size |
//! | `MMap`, a `[]byte` | [`Mapping::window`], [`Mapping::window_mut`] |
//! | `m.Flush()` | [`Mapping::flush`], or [`WindowMut::flush`] for a window |
//! | `m.Lock()`, `m.Unlock()` | [`Mapping::lock`], [`Mapping::unlock`] |
//! | `m.Unmap()` | [`Mapping::unmap`]: it flushes first |
//!
//! The [front page](crate) has a table for the Go package `mem`.
//!
//! [`Access::CopyOnWrite`]: crate::Access::CopyOnWrite
//! [`Advice::HugePage`]: crate::Advice::HugePage
//! [`Cursor`]: crate::Cursor
//! [`Mapping`]: crate::Mapping
//! [`Mapping::advise`]: crate::Mapping::advise
//! [`Mapping::bytes`]: crate::Mapping::bytes
//! [`Mapping::flush`]: crate::Mapping::flush
//! [`Mapping::get`]: crate::Mapping::get
//! [`Mapping::lock`]: crate::Mapping::lock
//! [`Mapping::protect`]: crate::Mapping::protect
//! [`Mapping::read_at`]: crate::Mapping::read_at
//! [`Mapping::read_many`]: crate::Mapping::read_many
//! [`Mapping::set`]: crate::Mapping::set
//! [`Mapping::unlock`]: crate::Mapping::unlock
//! [`Mapping::unmap`]: crate::Mapping::unmap
//! [`Mapping::window`]: crate::Mapping::window
//! [`Mapping::window_mut`]: crate::Mapping::window_mut
//! [`Mapping::write_at`]: crate::Mapping::write_at
//! [`Options::access`]: crate::Options::access
//! [`Options::exec`]: crate::Options::exec
//! [`Options::len`]: crate::Options::len
//! [`Options::offset`]: crate::Options::offset
//! [`Options::populate`]: crate::Options::populate
//! [`Protection::Read`]: crate::Protection::Read
//! [`Window`]: crate::Window
//! [`Window::is_zero_copy`]: crate::Window::is_zero_copy
//! [`WindowMut`]: crate::WindowMut
//! [`WindowMut::flush`]: crate::WindowMut::flush
//! [`WindowMut::flush_range`]: crate::WindowMut::flush_range
//! [`anonymous`]: crate::anonymous
//! [`create`]: crate::create
//! [`open`]: crate::open
//! [`open_mut`]: crate::open_mut
