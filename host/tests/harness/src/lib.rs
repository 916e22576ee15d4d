//! Runs a guest of `tests/guests` in a host with mem.
//!
//! A crate, so that WASI's host is compiled once, and not for each test file.

mod core;

use anyhow::{Context, Result};
use mem_host::{Access, MemCtx, MemCtxBuilder, MemCtxView, MemView};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Module, Store};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::bindings;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// For guests without windows.
pub static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);

/// For guests that attach windows.
pub static WINDOWS_ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut config = Config::new();
    mem_host::enable_windows(&mut config);
    Engine::new(&config).unwrap()
});

/// What a guest is built as. All tests run it as a component; those of
/// `tests/core.rs`, which includes the others, as a core module, and those of
/// `tests/polyfill.rs` as a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For WASI 0.2.
    Component,
    /// For WASI 0.1.
    CoreModule,
    /// The component, made one with the polyfill, in a host without mem.
    Bundle,
}

impl Kind {
    /// Those that a host with mem runs.
    pub const ALL: [Self; 2] = [Self::Component, Self::CoreModule];

    /// By the name that cargo gives the executable: `core-` or `polyfill-` and
    /// a hash.
    pub fn of_this_test() -> Self {
        let test = std::env::current_exe().unwrap();
        let name = test.file_name().unwrap().to_str().unwrap();
        if name.starts_with("core-") {
            Self::CoreModule
        } else if name.starts_with("polyfill-") {
            Self::Bundle
        } else {
            Self::Component
        }
    }
}

/// A host for one guest, which has a new directory as its current one.
pub struct Host {
    /// The guest's current directory.
    pub dir: TempDir,
    /// What mem grants to the guest.
    pub mem: MemCtxBuilder,
    /// The guest's arguments, without its name.
    pub args: Vec<String>,
    /// Directories granted to WASI, by the guest's name.
    pub wasi_dirs: Vec<(PathBuf, &'static str)>,
    /// Directories granted to WASI for reading only.
    pub wasi_read_only_dirs: Vec<(PathBuf, &'static str)>,
    /// What WASI grants of them.
    pub wasi_access: FsPerms,
    /// Where the guest is compiled.
    pub engine: Engine,
    /// What the guest is run as.
    pub kind: Kind,
}

impl Host {
    /// A host that grants the directory for reading and writing.
    #[expect(clippy::new_without_default, reason = "it makes a directory")]
    pub fn new() -> Self {
        Self::with_access(Access::ReadWrite)
    }

    /// A host that grants the directory to mem with `access`, and to WASI for
    /// reading and writing; but to a bundle, which has only WASI, with `access`.
    pub fn with_access(access: Access) -> Self {
        Self::in_dir(tempfile::tempdir().unwrap(), access)
    }

    /// A host whose directory is in `parent`.
    pub fn within(parent: impl AsRef<Path>) -> Self {
        let dir = tempfile::tempdir_in(parent).unwrap();
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
        // directory. What they write by WASI is written when WASI's function
        // returns: what streams write, because each linker of a component gets
        // `finish_writes`; all else, because `File::run_blocking` (wasmtime-wasi
        // 48.0.8, `src/filesystem.rs`) is awaited. A test that drops the future
        // of a call has no other store until WASI has written.
        unsafe { self.mem.allow_windows(true) };
        self.engine = WINDOWS_ENGINE.clone();
    }

    fn in_dir(dir: TempDir, access: Access) -> Self {
        let mut mem = MemCtx::builder();
        mem.preopened_dir(dir.path(), ".", access).unwrap();
        let kind = Kind::of_this_test();
        let wasi_access = if kind == Kind::Bundle && access == Access::ReadOnly {
            FsPerms::ReadOnly
        } else {
            FsPerms::ReadWrite
        };
        Self {
            wasi_dirs: vec![(dir.path().to_owned(), ".")],
            wasi_read_only_dirs: Vec::new(),
            wasi_access,
            args: Vec::new(),
            dir,
            mem,
            engine: ENGINE.clone(),
            kind,
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

    /// Where the guest's file `name` is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Makes the guest's file `name`.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// All of the guest's file `name`.
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
        let guest = Guest::compile(&self.engine, self.kind, guest)?;
        guest.run_async(&mut store).await
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
        if self.kind == Kind::Bundle {
            wasi.env("MEM_POLYFILL", "1");
        }
        for (host, guest) in &self.wasi_dirs {
            wasi.preopened_dir(host, guest, self.wasi_access).unwrap();
        }
        for (host, guest) in &self.wasi_read_only_dirs {
            wasi.preopened_dir(host, guest, FsPerms::ReadOnly).unwrap();
        }
        wasi
    }
}

/// Runs the guest in a store that outlives it.
pub fn run_in(store: &mut Store<State>, guest: &str) -> Result<()> {
    run_kind(Kind::of_this_test(), store, guest)
}

fn run_kind(kind: Kind, store: &mut Store<State>, guest: &str) -> Result<()> {
    Guest::compile(store.engine(), kind, guest)?.run(store)
}

/// A guest that is compiled, for many stores.
#[derive(Clone)]
pub enum Guest {
    /// For WASI 0.2.
    Component(Component),
    /// For WASI 0.1.
    CoreModule(Module),
    /// With the polyfill in it.
    Bundle(Component),
}

impl Guest {
    /// Compiles the guest of this name.
    pub fn compile(engine: &Engine, kind: Kind, name: &str) -> Result<Self> {
        Ok(match kind {
            Kind::Component => Self::Component(component(engine, name)?),
            Kind::CoreModule => {
                let path = test_artifacts::core_module(name);
                Self::CoreModule(Module::from_file(engine, path)?)
            }
            Kind::Bundle => {
                let guest = std::fs::read(test_artifacts::guest(name))?;
                let bundle = mem_polyfill::plug(guest)?;
                Self::Bundle(Component::new(engine, bundle)?)
            }
        })
    }

    /// Runs it in a store that outlives it.
    pub fn run(&self, store: &mut Store<State>) -> Result<()> {
        match self {
            Self::Component(component) => run_component(store, component),
            Self::CoreModule(module) => core::run_in(store, module),
            Self::Bundle(component) => {
                let mut linker = Linker::new(store.engine());
                wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
                run_linked(store, component, &linker)
            }
        }
    }

    /// Like `run`, on an asynchronous embedder.
    pub async fn run_async(&self, store: &mut Store<State>) -> Result<()> {
        let mut linker = Linker::new(store.engine());
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        let component = match self {
            Self::Component(component) => {
                mem_host::add_to_linker_async::<State>(&mut linker)?;
                mem_host::wasi::add_to_linker_async::<State>(&mut linker)?;
                mem_host::wasi::finish_writes(&mut linker)?;
                component
            }
            Self::CoreModule(module) => return core::run_async(store, module).await,
            Self::Bundle(component) => component,
        };
        let command = bindings::Command::instantiate_async(&mut *store, component, &linker).await?;
        let result = command.wasi_cli_run().call_run(store).await?;
        result.ok().context("the guest exits with a failure")
    }
}

/// Runs a guest that is compiled already.
pub fn run_component(store: &mut Store<State>, component: &Component) -> Result<()> {
    let mut linker = Linker::new(store.engine());
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    mem_host::add_to_linker::<State>(&mut linker)?;
    mem_host::wasi::add_to_linker::<State>(&mut linker)?;
    mem_host::wasi::finish_writes(&mut linker)?;
    run_linked(store, component, &linker)
}

fn run_linked(
    store: &mut Store<State>,
    component: &Component,
    linker: &Linker<State>,
) -> Result<()> {
    let command = bindings::sync::Command::instantiate(&mut *store, component, linker)?;
    let result = command.wasi_cli_run().call_run(store)?;
    result.ok().context("the guest exits with a failure")
}

/// Compiles the guest.
pub fn component(engine: &Engine, guest: &str) -> Result<Component> {
    Ok(Component::from_file(engine, test_artifacts::guest(guest))?)
}

/// What the store of a guest holds.
pub struct State {
    /// What mem grants.
    pub mem: MemCtx,
    /// What WASI grants to components.
    pub wasi: WasiCtx,
    wasip1: WasiP1Ctx,
    /// The handles of components, and of core modules.
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
