//! What the guest of this process has been granted.

use mem_host::{MemCtx, MemCtxView};
use std::sync::OnceLock;
use wasmtime_cli::commands::Host;
use wasmtime_wasi::WasiView;

/// A static, because the store's data is a type of `wasmtime-cli` that has no
/// room for it. A process runs one guest.
static CONTEXT: OnceLock<MemCtx> = OnceLock::new();

/// Sets the context, which happens once.
pub fn set(ctx: MemCtx) {
    CONTEXT.get_or_init(|| ctx);
}

/// The context, if it has been set.
pub fn get() -> Option<&'static MemCtx> {
    CONTEXT.get()
}

/// The context beside the store's table of resources.
pub fn view(host: &mut Host) -> MemCtxView<'_> {
    MemCtxView {
        ctx: CONTEXT.get_or_init(|| MemCtx::builder().build()),
        table: WasiView::ctx(host).table,
    }
}
