//! `wasmtime-mem run`, which is `wasmtime run` for guests that map files;
//! `wasmtime-mem new`, which scaffolds one; and `wasmtime-mem bundle`, which
//! makes one run on other runtimes.

fn main() -> anyhow::Result<()> {
    wasmtime_mem::main()
}
