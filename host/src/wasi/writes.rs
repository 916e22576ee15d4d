//! Streams that have written the file when their functions return.
//!
//! A stream to a file of wasmtime-wasi 48 writes on another thread:
//! `FileOutputStream::write` (`src/p2/filesystem.rs`) starts a task and
//! returns. `write`, `write-zeroes` and `splice` of wasi:io all end in it. The
//! streams to anything else are left alone, so that a guest can still poll a
//! pipe that nobody reads.

use bytes::Bytes;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use wasmtime::component::{Linker, Resource};
use wasmtime::{Result, StoreContextMut, bail};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemCtxView, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, Host, HostDescriptor};
use wasmtime_wasi::p2::{DynOutputStream, FsResult, OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{WasiView, async_trait};

/// The interface whose functions make the streams, by the name that
/// wasmtime-wasi adds it under. Guests import any version 0.2 of it.
const TYPES: &str = "wasi:filesystem/types@0.2.12";

/// Makes WASI's streams write files before they return to the guest, as
/// [`MemCtxBuilder::allow_windows`] asks.
///
/// The linker is synchronous or asynchronous, and already has WASI 0.2. The
/// guest sees one difference: a stream to a file is always ready. A stream that
/// writes blocks the thread, in asynchronous embedders as well.
///
/// ```
/// # use wasmtime::component::{Linker, ResourceTable};
/// # use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
/// # struct State { wasi: WasiCtx, table: ResourceTable }
/// # impl WasiView for State {
/// #     fn ctx(&mut self) -> WasiCtxView<'_> {
/// #         WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
/// #     }
/// # }
/// # let engine = wasmtime::Engine::default();
/// let mut linker = Linker::<State>::new(&engine);
/// wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
/// mem_host::wasi::finish_writes(&mut linker)?;
/// # wasmtime::Result::<()>::Ok(())
/// ```
///
/// # Errors
///
/// If the linker does not have wasi:filesystem of wasmtime-wasi 48 yet.
///
/// [`MemCtxBuilder::allow_windows`]: crate::MemCtxBuilder::allow_windows
pub fn finish_writes<T: WasiView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    let mut copy = linker.clone();
    copy.allow_shadowing(false);
    if define(&mut copy).is_ok() {
        bail!("the linker does not have {TYPES}: add WASI to it first");
    }
    // A linker does not say whether it allows shadowing, so try.
    if define(linker).is_err() {
        linker.allow_shadowing(true);
        let defined = define(linker);
        linker.allow_shadowing(false);
        defined?;
    }
    Ok(())
}

fn define<T: WasiView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    let mut types = linker.instance(TYPES)?;
    types.func_wrap(
        "[method]descriptor.write-via-stream",
        |mut store: StoreContextMut<'_, T>, (file, offset): (Resource<Descriptor>, u64)| {
            let mut filesystem = store.data_mut().filesystem();
            let stream = filesystem.write_via_stream(file, offset);
            finish_writes_of(filesystem, stream)
        },
    )?;
    types.func_wrap(
        "[method]descriptor.append-via-stream",
        |mut store: StoreContextMut<'_, T>, (file,): (Resource<Descriptor>,)| {
            let mut filesystem = store.data_mut().filesystem();
            let stream = filesystem.append_via_stream(file);
            finish_writes_of(filesystem, stream)
        },
    )
}

type Opened = std::result::Result<Resource<DynOutputStream>, ErrorCode>;

/// Puts a [`FileStream`] in the place of WASI's own stream.
fn finish_writes_of(
    mut filesystem: WasiFilesystemCtxView<'_>,
    stream: FsResult<Resource<DynOutputStream>>,
) -> Result<(Opened,)> {
    match stream {
        Ok(stream) => {
            let stream = filesystem.table.delete(stream)?;
            let stream: DynOutputStream = Box::new(FileStream(stream));
            Ok((Ok(filesystem.table.push(stream)?),))
        }
        Err(error) => Ok((Err(filesystem.convert_error_code(error)?),)),
    }
}

/// WASI's stream to a file, whose `write` waits until the file is written.
///
/// The next call reports what fails, as with the stream itself.
struct FileStream(DynOutputStream);

#[async_trait]
impl OutputStream for FileStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.write(bytes)?;
        // `FileOutputStream::ready` waits for the task that writes.
        wait_for(self.0.ready());
        Ok(())
    }

    /// WASI's own waits as well, without a task where it may block the thread.
    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.blocking_write_and_flush(bytes).await
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.0.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.0.check_write()
    }

    async fn cancel(&mut self) {
        self.0.cancel().await;
    }
}

#[async_trait]
impl Pollable for FileStream {
    async fn ready(&mut self) {
        self.0.ready().await;
    }
}

/// Waits for the future on this thread, also where tokio's `block_on` panics
/// because the thread runs asynchronous tasks.
fn wait_for<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    // Otherwise a task that has used up its budget would wait here forever: it
    // gets a new one only when it returns to tokio.
    let mut future = pin!(tokio::task::unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
