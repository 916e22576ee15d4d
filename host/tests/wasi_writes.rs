//! WASI beside windows: a guest's writes are over when they return to it.

use crate::guests::*;
use crate::why_not::*;
use anyhow::Result;
use mem_host::wasi::finish_writes;
use std::time::Duration;
use test_host::{ENGINE, Host, State, matrix};
use tokio::io::duplex;
use wasmtime::component::Linker;
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::cli::AsyncStdoutStream;

matrix! {
    streams_write_before_they_return:
        WASI_STREAMS, Host::with_windows(), [yes NO_STREAMS NO_WINDOWS NO_HOST];

    files_are_written_before_the_call_returns:
        WASI_FILES, Host::with_windows(), [yes yes NO_WINDOWS NO_CONTRACT];

    a_write_that_fails_is_reported_by_the_next_call:
        WASI_STREAM_FAILS, with_a_full_file(), [yes NO_STREAMS NO_MEM NO_HOST];
}

/// `/dev/full` is full.
fn with_a_full_file() -> Host {
    let mut host = Host::with_windows();
    host.wasi_dirs.push(("/dev".into(), "/dev"));
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_write_before_they_return_in_a_task() -> Result<()> {
    let guest = async { Host::with_windows().run_async(WASI_STREAMS).await };
    tokio::spawn(guest).await?
}

#[tokio::test]
async fn a_full_pipe_does_not_stop_the_guest() -> Result<()> {
    let (pipe, _unread) = duplex(4096);
    let host = Host::with_windows();
    let mut store = host.store(host.mem.build());
    let stdout = AsyncStdoutStream::new(4096, pipe);
    store.data_mut().wasi = WasiCtx::builder().stdout(stdout).build();
    let guest = host.compile(WASI_PIPE)?;
    let run = guest.run_async(&mut store);
    tokio::time::timeout(Duration::from_secs(60), run).await?
}

#[test]
fn a_linker_without_wasi_is_refused() {
    for allow_shadowing in [false, true] {
        let mut linker = Linker::<State>::new(&ENGINE);
        linker.allow_shadowing(allow_shadowing);
        let error = finish_writes(&mut linker).unwrap_err();
        assert!(error.to_string().contains("add WASI"), "{error}");
        // Nothing was added to it.
        linker.allow_shadowing(false);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
    }
}

#[test]
fn a_linker_allows_as_much_shadowing_as_before() -> Result<()> {
    for allow_shadowing in [false, true] {
        let mut linker = Linker::<State>::new(&ENGINE);
        linker.allow_shadowing(allow_shadowing);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        finish_writes(&mut linker)?;
        finish_writes(&mut linker)?;
        let again = wasmtime_wasi::p2::add_to_linker_sync(&mut linker);
        assert_eq!(again.is_ok(), allow_shadowing);
    }
    Ok(())
}
