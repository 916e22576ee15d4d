//! Runs a guest of `tests/guests` in a host with mem.

#![allow(dead_code, reason = "no test file uses all of it")]

pub mod core;

use anyhow::{Context, Result};
use mem_host::{Access, MemCtx, MemCtxBuilder, MemCtxView, MemView};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::bindings;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

pub static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);

/// For guests that attach windows.
pub static WINDOWS_ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut config = Config::new();
    mem_host::enable_windows(&mut config);
    Engine::new(&config).unwrap()
});

/// What a guest is built as. All tests run it as a component; those of
/// `tests/core.rs`, which includes the others, as a core module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Component,
    CoreModule,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Component, Self::CoreModule];

    pub const OF_THIS_TEST: Self = match env!("CARGO_CRATE_NAME").as_bytes() {
        b"core" => Self::CoreModule,
        _ => Self::Component,
    };
}

/// A host for one guest, which has a new directory as its current one.
pub struct Host {
    pub dir: TempDir,
    pub mem: MemCtxBuilder,
    /// The guest's arguments, without its name.
    pub args: Vec<String>,
    /// Directories granted to WASI, by the guest's name.
    pub wasi_dirs: Vec<(PathBuf, &'static str)>,
    pub engine: Engine,
    pub kind: Kind,
}

impl Host {
    /// A host that grants the directory for reading and writing.
    pub fn new() -> Self {
        Self::with_access(Access::ReadWrite)
    }

    /// A host that grants the directory to mem with `access`, and to WASI for
    /// reading and writing.
    pub fn with_access(access: Access) -> Self {
        Self::in_dir(tempfile::tempdir().unwrap(), access)
    }

    /// A host whose directory is where cargo builds, and not in memory as that
    /// for temporary files can be.
    pub fn on_disk() -> Self {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        Self::in_dir(dir, Access::ReadWrite)
    }

    /// A host that also grants windows.
    pub fn with_windows() -> Self {
        let mut host = Self::new();
        host.grant_windows();
        host
    }

    /// Grants windows, for guests on an engine that has them.
    pub fn grant_windows(&mut self) {
        // SAFETY: nothing but the guests of one test writes the files of its
        // directory, and WASI's functions run on the guest's own thread.
        unsafe { self.mem.allow_windows(true) };
        self.engine = WINDOWS_ENGINE.clone();
    }

    fn in_dir(dir: TempDir, access: Access) -> Self {
        let mut mem = MemCtx::builder();
        mem.preopened_dir(dir.path(), ".", access).unwrap();
        Self {
            wasi_dirs: vec![(dir.path().to_owned(), ".")],
            args: Vec::new(),
            dir,
            mem,
            engine: ENGINE.clone(),
            kind: Kind::OF_THIS_TEST,
        }
    }

    /// Lets the guest see `/proc/self` of this process.
    pub fn grant_proc(&mut self) {
        self.wasi_dirs.push(("/proc/self".into(), "/proc/self"));
    }

    /// The name of the directory, in which `/proc/self/maps` shows its files.
    pub fn dir_name(&self) -> String {
        let name = self.dir.path().file_name().unwrap();
        name.to_str().unwrap().to_owned()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Runs the guest, which fails if it traps or exits with a failure.
    pub fn run(&self, guest: &str) -> Result<()> {
        run_kind(self.kind, &mut self.store(self.mem.build()), guest)
    }

    /// Like `run`, on an asynchronous embedder.
    pub async fn run_async(&self, guest: &str) -> Result<()> {
        let mut store = self.store(self.mem.build());
        if self.kind == Kind::CoreModule {
            return core::run_async(&mut store, &test_artifacts::core_module(guest)).await;
        }
        let mut linker = Linker::new(&self.engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        mem_host::add_to_linker_async::<State>(&mut linker)?;
        let component = component(&self.engine, guest)?;
        let command = bindings::Command::instantiate_async(&mut store, &component, &linker).await?;
        let result = command.wasi_cli_run().call_run(&mut store).await?;
        result.ok().context("the guest exits with a failure")
    }

    /// A store for a guest, which can map what `mem` grants.
    pub fn store(&self, mem: MemCtx) -> Store<State> {
        let state = State {
            mem,
            wasi: self.wasi().build(),
            wasip1: self.wasi().build_p1(),
            table: ResourceTable::new(),
        };
        Store::new(&self.engine, state)
    }

    fn wasi(&self) -> WasiCtxBuilder {
        let mut wasi = WasiCtx::builder();
        wasi.inherit_stdio().arg("guest").args(&self.args);
        for (host, guest) in &self.wasi_dirs {
            wasi.preopened_dir(host, guest, FsPerms::ReadWrite).unwrap();
        }
        wasi
    }
}

/// Runs the guest in a store that outlives it.
pub fn run_in(store: &mut Store<State>, guest: &str) -> Result<()> {
    run_kind(Kind::OF_THIS_TEST, store, guest)
}

fn run_kind(kind: Kind, store: &mut Store<State>, guest: &str) -> Result<()> {
    if kind == Kind::CoreModule {
        return core::run_in(store, &test_artifacts::core_module(guest));
    }
    let component = component(store.engine(), guest)?;
    run_component(store, &component)
}

/// Runs a guest that is compiled already.
pub fn run_component(store: &mut Store<State>, component: &Component) -> Result<()> {
    let mut linker = Linker::new(store.engine());
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    mem_host::add_to_linker::<State>(&mut linker)?;
    let command = bindings::sync::Command::instantiate(&mut *store, component, &linker)?;
    let result = command.wasi_cli_run().call_run(store)?;
    result.ok().context("the guest exits with a failure")
}

pub fn component(engine: &Engine, guest: &str) -> Result<Component> {
    Ok(Component::from_file(engine, test_artifacts::guest(guest))?)
}

pub struct State {
    pub mem: MemCtx,
    pub wasi: WasiCtx,
    pub wasip1: WasiP1Ctx,
    pub table: ResourceTable,
}

impl MemView for State {
    fn mem(&mut self) -> MemCtxView<'_> {
        MemCtxView {
            ctx: &self.mem,
            table: &mut self.table,
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// Makes a file of `length` zero bytes that takes no room on the disk.
pub fn sparse(path: &Path, length: u64) {
    std::fs::File::create(path)
        .unwrap()
        .set_len(length)
        .unwrap();
}
