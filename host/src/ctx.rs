use crate::Error;
use crate::calls::{Began, Ledger, Mapped, file_mapped};
use crate::grant::{self, Access, Grant, GrantError};
use crate::linker::Handle;
use crate::usage::{Operation, Usage};
use mem_mapping::{
    Explain, Explanation, MapFlags, MapOptions, Mapping, Policy, Quota, QuotaName, Quotas, StoreId,
    WindowCharge,
};
use std::io;
use std::path::Path;
use std::sync::Arc;
use wasmtime::component::ResourceTable;

/// What the guests of a store may map, and how much of it.
///
/// Made by [`MemCtx::builder`]. One context can serve several stores: their
/// guests then share its grants and its quotas.
#[derive(Clone, Debug)]
pub struct MemCtx {
    pub(crate) inner: Arc<CtxInner>,
}

impl MemCtx {
    /// A builder that grants nothing yet.
    pub fn builder() -> MemCtxBuilder {
        MemCtxBuilder::new()
    }

    /// What the guests have at the moment, and what they have called since the
    /// context was made.
    ///
    /// The numbers of calls that run meanwhile may be in it or not; none is
    /// ever lower than it was before. It takes microseconds, so that it can be
    /// asked for often and anywhere.
    ///
    /// ```
    /// use mem_host::{MemCtx, Operation};
    ///
    /// let ctx = MemCtx::builder().max_mapped_bytes(1 << 30).build();
    /// // Guests run.
    /// let usage = ctx.usage();
    /// println!("{} of {} bytes are mapped", usage.mapped_bytes.now, usage.mapped_bytes.limit);
    /// if let Some(maps) = usage.calls.get(&Operation::FileMap) {
    ///     println!("{} of {} files could not be mapped", maps.errors, maps.calls);
    /// }
    /// ```
    pub fn usage(&self) -> Usage {
        self.inner.ledger.usage()
    }

    /// How many bytes of the guests' mappings are in RAM, in whole pages, as
    /// `mincore(2)` tells.
    ///
    /// Of a file these are the pages in the operating system's cache, whoever
    /// has brought them there. They count once for each mapping that has them.
    /// Linux tells of a file that this process could not write that all of it
    /// is in RAM.
    ///
    /// The operating system looks up each page, so it takes longer the more is
    /// mapped, whether in RAM or not: too long for where an asynchronous
    /// embedder must not be blocked.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) on systems other than Unix;
    /// those of `mincore(2)`.
    pub fn resident_bytes(&self) -> io::Result<u64> {
        self.inner.ledger.resident_bytes()
    }
}

/// Grants and quotas for a [`MemCtx`].
///
/// ```
/// use mem_host::{Access, MemCtx};
///
/// # let dir = std::env::temp_dir();
/// let ctx = MemCtx::builder()
///     .preopened_dir(&dir, "/models", Access::ReadOnly)?
///     .max_mapped_bytes(16 << 30)
///     .max_locked_bytes(64 << 10)
///     .build();
/// # Ok::<(), mem_host::GrantError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemCtxBuilder {
    grants: Vec<Grant>,
    allow_exec: bool,
    max_mapped_bytes: u64,
    max_private_bytes: u64,
    max_locked_bytes: u64,
    max_mappings: u64,
    max_read_bytes: u64,
    allow_windows: bool,
    handle_bus_errors: bool,
    max_windows: u64,
    #[cfg(feature = "wasi")]
    descriptors: Option<Access>,
}

impl MemCtxBuilder {
    /// A builder that grants no directory, no locks, no execution and no
    /// windows, with the default quotas that its methods name.
    pub fn new() -> Self {
        Self {
            grants: Vec::new(),
            allow_exec: false,
            max_mapped_bytes: 1 << 40,
            max_private_bytes: 4 << 30,
            max_locked_bytes: 0,
            max_mappings: 256,
            max_read_bytes: 64 << 20,
            allow_windows: false,
            handle_bus_errors: true,
            max_windows: 128,
            #[cfg(feature = "wasi")]
            descriptors: None,
        }
    }

    /// Lets the guest map files of the directory `host`, under the name
    /// `guest`.
    ///
    /// Names work as those of WASI preopens do: a guest's path belongs to the
    /// directory with the longest name that it starts with, and relative paths
    /// belong to a directory granted as `.`. Paths that leave the directory
    /// through `..` or a symbolic link are refused.
    ///
    /// # Errors
    ///
    /// [`GrantError`] if `host` cannot be opened as a directory.
    pub fn preopened_dir(
        &mut self,
        host: impl AsRef<Path>,
        guest: impl AsRef<str>,
        access: Access,
    ) -> Result<&mut Self, GrantError> {
        let grant = Grant::new(host.as_ref(), guest.as_ref(), access)?;
        self.grants.push(grant);
        Ok(self)
    }

    /// Lets the guest map files by its descriptors of wasi:filesystem, as far
    /// as both `access` and the rights of the descriptor go. Not allowed by
    /// default.
    ///
    /// It works for linkers that [`wasi::add_to_linker`] has been called on.
    ///
    /// [`wasi::add_to_linker`]: crate::wasi::add_to_linker
    #[cfg(feature = "wasi")]
    pub fn allow_descriptors(&mut self, access: Access) -> &mut Self {
        self.descriptors = Some(access);
        self
    }

    /// Lets the guest make the host's pages executable. Not allowed by default.
    ///
    /// Nothing of what the guest itself can do runs such pages; they are for
    /// embedders that do.
    pub fn allow_exec(&mut self, allow: bool) -> &mut Self {
        self.allow_exec = allow;
        self
    }

    /// The most bytes that all mappings together can have. The default is
    /// 1 TiB; mapped bytes cost address space, not memory.
    pub fn max_mapped_bytes(&mut self, bytes: u64) -> &mut Self {
        self.max_mapped_bytes = bytes;
        self
    }

    /// The most bytes that all anonymous and copy-on-write mappings together
    /// can have. The default is 4 GiB. A guest that writes to them makes the
    /// host use that much memory, which no [`wasmtime::ResourceLimiter`] sees.
    pub fn max_private_bytes(&mut self, bytes: u64) -> &mut Self {
        self.max_private_bytes = bytes;
        self
    }

    /// The most bytes, in whole pages, that can be locked at a time. The
    /// default is 0: locks are not granted. The operating system may allow
    /// less (`RLIMIT_MEMLOCK`).
    pub fn max_locked_bytes(&mut self, bytes: u64) -> &mut Self {
        self.max_locked_bytes = bytes;
        self
    }

    /// The most mappings that can exist at a time. The default is 256.
    ///
    /// A mapping counts once for each run of pages with the same protection,
    /// locks and advice. [`process`](crate::process) says what that is to the
    /// kernel, and limits it for all contexts together.
    pub fn max_mappings(&mut self, mappings: u64) -> &mut Self {
        self.max_mappings = mappings;
        self
    }

    /// The most bytes of one `read`, less than 4 GiB whatever is set. The
    /// default is 64 MiB. The guest SDK reads in pieces of 1 MiB, and fails if
    /// that is too much.
    pub fn max_read_bytes(&mut self, bytes: u64) -> &mut Self {
        self.max_read_bytes = bytes;
        self
    }

    /// Whether mapping a file installs the process's handler of SIGBUS, as the
    /// [crate's documentation](crate#files-that-others-change) tells. The
    /// default is true.
    ///
    /// Without it, a guest that touches bytes that are gone from a mapped file
    /// ends the process by that signal, unless another context has installed
    /// the handler. Leave it out only where nobody else can make the files
    /// shorter and no disk under them can fill up.
    ///
    /// A thread on which SIGBUS is blocked would be ended by it all the same. So
    /// this crate unblocks it, once, on each thread on which a guest touches a
    /// mapping.
    pub fn handle_bus_errors(&mut self, handle: bool) -> &mut Self {
        self.handle_bus_errors = handle;
        self
    }

    /// Lets the guest attach windows: the pages of mapped files in its own
    /// memory. Not allowed by default.
    ///
    /// It works for engines whose configuration [`enable_windows`] has
    /// prepared; with others, guests learn that it is `unsupported`.
    ///
    /// While a window is attached, the mapping keeps its file open.
    ///
    /// # Safety
    ///
    /// While a guest has a window on a file, nobody may change the file's
    /// bytes or its length other than by mappings and windows of this crate in
    /// this process: no other process, and nothing else in this one. To make a
    /// file shorter is to change its bytes: what was behind the new end reads as
    /// zeros.
    ///
    /// WASI may let the guest write the file too, but guests of no other store,
    /// and only while the guest that writes does not run:
    ///
    /// - Call [`wasi::finish_writes`] on the linkers of components. Otherwise
    ///   WASI's streams go on writing after they have returned.
    /// - Wait for the end of each call of an asynchronous guest, or set
    ///   [`allow_blocking_current_thread`]. Otherwise what WASI was writing when
    ///   the call's future was dropped is written later.
    /// - Set [`allow_blocking_current_thread`] for guests of WASI 0.3, which
    ///   otherwise run while their streams are written.
    ///
    /// wasmtime relies on a guest's memory to change only while the guest runs
    /// or the host writes to it. For a guest that passes a string from a window
    /// to its host, wasmtime checks that the bytes are UTF-8 where they lie and
    /// then copies them; if they change in between, the host gets a `String`
    /// that is not UTF-8, which is undefined behavior. This holds for every
    /// function of the linker that takes a string, yours and WASI's. Those of
    /// this crate check the copy. The grant of a directory whose files only
    /// guests of this process can write, or nobody can, keeps the promise.
    /// [`memmap2::Mmap::map`] asks for much the same.
    ///
    /// Within the process this crate itself makes sure that mappings and
    /// windows keep apart:
    ///
    /// - As long as a window can write a file, all windows on that file lie in
    ///   one linear memory. Otherwise many memories can have windows on it.
    /// - As long as guests of a store have windows on a file, guests of other
    ///   stores cannot write it through their mappings.
    ///
    /// Who is refused gets `busy`. That holds for all contexts of the process,
    /// and goes by the device and the inode of the file. So grant a file by one
    /// file system only: an overlay file system shows a file of its upper
    /// directory once more, under another identity, and so does a network file
    /// system that is mounted twice.
    ///
    /// A thread that runs guests must not block SIGBUS. This crate unblocks it
    /// on each thread on which a guest calls one of its functions, but a guest
    /// can touch a window on another thread, to which an executor has moved its
    /// store.
    ///
    /// [`allow_blocking_current_thread`]: https://docs.rs/wasmtime-wasi/48/wasmtime_wasi/struct.WasiCtxBuilder.html#method.allow_blocking_current_thread
    /// [`enable_windows`]: crate::enable_windows
    /// [`wasi::finish_writes`]: crate::wasi::finish_writes
    /// [`memmap2::Mmap::map`]: https://docs.rs/memmap2/latest/memmap2/struct.Mmap.html#safety
    pub unsafe fn allow_windows(&mut self, allow: bool) -> &mut Self {
        self.allow_windows = allow;
        self
    }

    /// The most windows that can be attached at a time. The default is 128.
    ///
    /// A window is up to two mappings more to the kernel, as
    /// [`process`](crate::process) counts them. One that is detached while
    /// windows lie right before and right behind it stays so, and goes on
    /// counting, until another takes its place or the memory ends.
    pub fn max_windows(&mut self, windows: u64) -> &mut Self {
        self.max_windows = windows;
        self
    }

    /// A context with what was granted so far. Its quotas are its own: another
    /// one from the same builder starts afresh.
    pub fn build(&self) -> MemCtx {
        mem_mapping::process::is_host();
        let quota = |limit, what, raised_by| {
            let error = Error::QuotaExceeded;
            Quota::named(
                limit,
                QuotaName {
                    error,
                    what,
                    raised_by,
                },
            )
        };
        let quotas = Quotas {
            mapped: quota(
                self.max_mapped_bytes,
                "mapped bytes",
                || "`MemCtxBuilder::max_mapped_bytes` (`--mem-max-mapped-bytes`)",
            ),
            private: quota(
                self.max_private_bytes,
                "private bytes",
                || "`MemCtxBuilder::max_private_bytes` (`--mem-max-private-bytes`)",
            ),
            mappings: quota(
                self.max_mappings,
                "mappings",
                || "`MemCtxBuilder::max_mappings` (`--mem-max-mappings`)",
            ),
            locked: Quota::named(
                self.max_locked_bytes,
                QuotaName {
                    error: Error::LockLimit,
                    what: "locked bytes",
                    raised_by: || "`MemCtxBuilder::max_locked_bytes` (`--mem-max-locked-bytes`)",
                },
            ),
            windows: quota(
                self.max_windows,
                "windows",
                || "`MemCtxBuilder::max_windows` (`--mem-max-windows`)",
            ),
        };
        MemCtx {
            inner: Arc::new(CtxInner {
                grants: self.grants.clone(),
                // What is read is a list, whose length has 32 bits.
                max_read_bytes: self.max_read_bytes.min(u32::MAX.into()),
                #[cfg(feature = "wasi")]
                descriptors: self.descriptors,
                policy: Policy {
                    allow_exec: self.allow_exec,
                    allow_windows: self.allow_windows,
                    handle_bus_errors: self.handle_bus_errors,
                    quotas: quotas.clone(),
                },
                ledger: Arc::new(Ledger::new(quotas)),
            }),
        }
    }
}

impl Default for MemCtxBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// Access to a [`MemCtx`] and the store's resource table, which the functions
/// of this crate ask for at each call.
#[derive(Debug)]
pub struct MemCtxView<'a> {
    /// What may be mapped.
    pub ctx: &'a MemCtx,
    /// Where the guests' mappings live.
    pub table: &'a mut ResourceTable,
}

/// The data of a store whose guests can map files.
///
/// ```
/// use mem_host::{MemCtx, MemCtxView, MemView};
/// use wasmtime::component::ResourceTable;
///
/// struct State {
///     mem: MemCtx,
///     table: ResourceTable,
/// }
///
/// impl MemView for State {
///     fn mem(&mut self) -> MemCtxView<'_> {
///         MemCtxView { ctx: &self.mem, table: &mut self.table }
///     }
/// }
/// ```
pub trait MemView: Send {
    /// The context and the table of this store.
    fn mem(&mut self) -> MemCtxView<'_>;
}

#[derive(Debug)]
pub(crate) struct CtxInner {
    grants: Vec<Grant>,
    pub(crate) max_read_bytes: u64,
    #[cfg(feature = "wasi")]
    pub(crate) descriptors: Option<Access>,
    pub(crate) policy: Policy,
    ledger: Arc<Ledger>,
}

impl CtxInner {
    /// Maps the file at the guest's `path`, or anonymous memory, for a guest of
    /// the store `by`.
    ///
    /// # Errors
    ///
    /// Those that `file-map` documents.
    pub(crate) fn map(
        &self,
        by: StoreId,
        path: &str,
        options: MapOptions,
    ) -> Result<Handle, Error> {
        self.enter(by, path, options, || {
            if options.flags.contains(MapFlags::ANONYMOUS) {
                return self.policy.map_anonymous(options);
            }
            let (grant, path) = grant::find(&self.grants, path)?;
            let open = |opening| grant.directory.open(path, opening);
            self.policy.map_file(by, options, open)
        })
    }

    /// Counts and tells the attempt of a guest of the store `by` to map the file
    /// at `path`, and what came of it.
    pub(crate) fn enter(
        &self,
        by: StoreId,
        path: &str,
        options: MapOptions,
        map: impl FnOnce() -> Result<Mapping, Error>,
    ) -> Result<Handle, Error> {
        let span = tracing::debug_span!("map", path, ?options);
        let _entered = span.enter();
        let began = Began::now();
        let mapped = map();
        match &mapped {
            Ok(mapping) => tracing::debug!(size = mapping.size(), "mapped"),
            Err(error) => tracing::debug!(%error, "not mapped"),
        }
        let mapped = mapped.map(|mapping| Mapped::new(&self.ledger, by, mapping));
        let (size, result) = match &mapped {
            Ok(mapped) => (mapped.mapping().size(), Ok(())),
            Err(error) => (0, Err(*error)),
        };
        let why = self.ledger.count(by, Operation::FileMap, size, result);
        file_mapped(
            began,
            path,
            &options,
            mapped.as_ref().map_err(|error| *error),
            why,
        );
        mapped.map(Arc::new)
    }

    /// Checks the grant of windows, and charges for one.
    ///
    /// # Errors
    ///
    /// `AccessDenied` and `QuotaExceeded`.
    pub(crate) fn charge_window(&self) -> Result<WindowCharge, Error> {
        if !self.policy.allow_windows {
            return Err(Error::AccessDenied.because(
                "windows are not granted; copy the bytes, or have the embedder grant them by \
                 `MemCtxBuilder::allow_windows` (`--mem-windows`)",
            ));
        }
        self.policy.quotas.charge_window()
    }

    /// What `explain` of the WIT returns to a guest of the store `by`.
    pub(crate) fn explain(&self, by: StoreId, error: Error) -> Option<Explanation> {
        self.ledger.explain(by, error)
    }
}
