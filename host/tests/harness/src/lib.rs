//! Runs the guests of `tests/guests` on each surface.
//!
//! This is a crate, so that WASI's host is compiled once, and not with each
//! change of a test.

mod core;
mod guest;
#[doc(hidden)]
pub mod matrix;
mod state;

pub use anyhow::Result;
pub use guest::{Compiled, Surface, component};
pub use state::State;
pub use test_child;

use mem_host::{FsPerms, MemCtx, MemCtxBuilder};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempDir;
use test_artifacts::Guest;
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

/// For guests without windows.
pub static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);

/// For guests that attach windows.
pub static WINDOWS_ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut config = Config::new();
    mem_host::enable_windows(&mut config);
    Engine::new(&config).unwrap()
});

/// A host for one guest, which has a new directory as its current one.
pub struct Host {
    /// The guest's current directory.
    pub dir: TempDir,
    /// What else has to exist as long as the host.
    pub kept: Vec<TempDir>,
    /// What mem grants to the guest.
    pub mem: MemCtxBuilder,
    /// The guest's arguments, without its name.
    pub args: Vec<String>,
    /// Directories granted to WASI, by the guest's name.
    pub wasi_dirs: Vec<(PathBuf, &'static str)>,
    /// Directories granted to WASI for reading only.
    pub wasi_read_only_dirs: Vec<(PathBuf, &'static str)>,
    /// Where the guest is compiled.
    pub engine: Engine,
    /// What the guest runs on.
    pub surface: Surface,
    /// What mem grants of the directory.
    perms: FsPerms,
}

impl Host {
    /// A host that grants the directory for reading and writing.
    #[expect(clippy::new_without_default, reason = "it makes a directory")]
    pub fn new() -> Self {
        Self::with_perms(FsPerms::ReadWrite)
    }

    /// A host that grants the directory to mem with `perms`, and to WASI for
    /// reading and writing. A bundle has only WASI, which grants it with
    /// `perms`.
    pub fn with_perms(perms: FsPerms) -> Self {
        Self::in_dir(tempfile::tempdir().unwrap(), perms)
    }

    /// A host whose directory is in `parent`.
    pub fn within(parent: impl AsRef<Path>) -> Self {
        let dir = tempfile::tempdir_in(parent).unwrap();
        Self::in_dir(dir, FsPerms::ReadWrite)
    }

    /// A host that also grants windows.
    pub fn with_windows() -> Self {
        let mut host = Self::new();
        host.grant_windows();
        host
    }

    /// A host that also grants to lock `bytes`.
    pub fn with_locks(bytes: u64) -> Self {
        let mut host = Self::new();
        host.mem.max_locked_bytes(bytes);
        host
    }

    /// Grants windows, for guests on an engine that has them.
    pub fn grant_windows(&mut self) {
        // SAFETY: only the guests of one test write the files of its directory.
        // What they write by WASI is written when WASI's function returns. That
        // holds for streams, because each linker of a component gets
        // `finish_writes`. It holds for all else, because `File::run_blocking`
        // (wasmtime-wasi 48.0.8, `src/filesystem.rs`) is awaited. A test that
        // drops the future of a call has no other store until WASI has written.
        // Tests that change files behind the host's back give it strings of no
        // function but `file-map`, which checks the copy.
        unsafe { self.mem.allow_windows(true) };
        self.engine = WINDOWS_ENGINE.clone();
    }

    fn in_dir(dir: TempDir, perms: FsPerms) -> Self {
        let mut mem = MemCtx::builder();
        mem.preopened_dir(dir.path(), ".", perms).unwrap();
        Self {
            wasi_dirs: vec![(dir.path().to_owned(), ".")],
            wasi_read_only_dirs: Vec::new(),
            args: Vec::new(),
            kept: Vec::new(),
            dir,
            mem,
            engine: ENGINE.clone(),
            surface: Surface::Component,
            perms,
        }
    }

    /// Lets the guest see `/proc/self` of this process.
    pub fn grant_proc(&mut self) {
        self.wasi_dirs.push(("/proc/self".into(), "/proc/self"));
    }

    /// Lets the guest see `/proc/self`, and gives it the name of the directory,
    /// by which it finds its files in `/proc/self/maps`.
    #[must_use]
    pub fn showing_maps(mut self) -> Self {
        self.args.push(self.dir_name());
        self.grant_proc();
        self
    }

    /// Gives the guest one argument more.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
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

    /// Runs the guest on the host's surface.
    ///
    /// # Errors
    ///
    /// If the guest traps or exits with a failure.
    pub fn run(&self, guest: Guest) -> Result<()> {
        match self.surface {
            Surface::Component | Surface::CoreModule | Surface::Bundle => {
                self.compile(guest)?.run(&mut self.store(self.mem.build()))
            }
            Surface::ComponentAsync | Surface::CoreModuleAsync => {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()?;
                runtime.block_on(self.run_async(guest))
            }
            Surface::Native => {
                let mut program = Command::new(guest.native());
                program.current_dir(&self.dir).args(&self.args);
                test_child::succeed_with_output(program).map(drop)
            }
        }
    }

    /// Like [`run`](Self::run), on an asynchronous embedder.
    ///
    /// # Errors
    ///
    /// As above.
    pub async fn run_async(&self, guest: Guest) -> Result<()> {
        let mut store = self.store(self.mem.build());
        self.compile(guest)?.run_async(&mut store).await
    }

    /// Compiles the guest for the host's surface.
    ///
    /// # Errors
    ///
    /// If it cannot be compiled.
    pub fn compile(&self, guest: Guest) -> Result<Compiled> {
        Compiled::new(&self.engine, self.surface, guest)
    }

    /// A store for a guest, which can map what `mem` grants.
    pub fn store(&self, mem: MemCtx) -> Store<State> {
        let state = State::new(mem, self.wasi().build(), self.wasi().build_p1());
        Store::new(&self.engine, state)
    }

    fn wasi(&self) -> WasiCtxBuilder {
        let mut wasi = WasiCtx::builder();
        wasi.inherit_stdio().arg("guest").args(&self.args);
        let mut perms = wasmtime_wasi::FsPerms::ReadWrite;
        if self.surface == Surface::Bundle {
            wasi.env("MEM_POLYFILL", "1");
            if self.perms == FsPerms::ReadOnly {
                perms = wasmtime_wasi::FsPerms::ReadOnly;
            }
        }
        for (host, guest) in &self.wasi_dirs {
            wasi.preopened_dir(host, guest, perms).unwrap();
        }
        for (host, guest) in &self.wasi_read_only_dirs {
            wasi.preopened_dir(host, guest, wasmtime_wasi::FsPerms::ReadOnly)
                .unwrap();
        }
        wasi
    }
}

/// Runs the guest as a component in a store that outlives it.
///
/// # Errors
///
/// If the guest traps or exits with a failure.
pub fn run_in(store: &mut Store<State>, surface: Surface, guest: Guest) -> Result<()> {
    Compiled::new(store.engine(), surface, guest)?.run(store)
}

/// Makes a file of `length` zero bytes that takes no room on the disk.
pub fn sparse(path: &Path, length: u64) {
    std::fs::File::create(path)
        .unwrap()
        .set_len(length)
        .unwrap();
}
