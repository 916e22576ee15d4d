use crate::calls::{FileMapCall, Handle, Ledger, Mapped};
use crate::grant::{FsPerms, Grant, GrantError, Grants};
use crate::usage::Usage;
use mem_contract::{ErrorCode, MapFlags, MapOptions};
use mem_mapping::{
    Explain, Explanation, Mapping, Policy, Quota, QuotaName, Quotas, StoreId, WindowCharge,
};
use std::io;
use std::path::Path;
use std::sync::Arc;

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
    /// Calls that run meanwhile may be counted or not. No count is ever lower than
    /// it was before. It takes microseconds, so you can call it often and
    /// anywhere.
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
    /// `mincore(2)` reports.
    ///
    /// A page of a file counts if it is in the operating system's cache, no matter
    /// who brought it there. It counts once for each mapping that has it. If this
    /// process could not write a file, Linux reports that all of it is in RAM.
    ///
    /// The operating system looks up each page, so this takes longer the more is
    /// mapped, in RAM or not. Do not call it where an asynchronous embedder must
    /// not be blocked.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) on systems other than Unix;
    /// the errors of `mincore(2)`.
    pub fn resident_bytes(&self) -> io::Result<u64> {
        self.inner.ledger.resident_bytes()
    }
}

/// Grants and quotas for a [`MemCtx`].
///
/// ```
/// use mem_host::{FsPerms, MemCtx};
///
/// # let dir = std::env::temp_dir();
/// let ctx = MemCtx::builder()
///     .preopened_dir(&dir, "/models", FsPerms::ReadOnly)?
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
    descriptors: Option<FsPerms>,
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
    /// Names work as the names of WASI preopens do: a guest's path belongs to the
    /// directory with the longest name that the path starts with, and relative
    /// paths belong to a directory granted as `.`. Paths that leave the directory
    /// through `..` or a symbolic link are refused.
    ///
    /// # Errors
    ///
    /// [`GrantError`] if `host` cannot be opened as a directory.
    pub fn preopened_dir(
        &mut self,
        host: impl AsRef<Path>,
        guest: impl AsRef<str>,
        perms: FsPerms,
    ) -> Result<&mut Self, GrantError> {
        let grant = Grant::new(host.as_ref(), guest.as_ref(), perms)?;
        self.grants.push(grant);
        Ok(self)
    }

    /// Lets the guest map files by its descriptors of wasi:filesystem, as far
    /// as both `perms` and the rights of the descriptor allow. Not allowed by
    /// default.
    ///
    /// WASI has to keep its descriptors in the table that
    /// [`MemCtxView::table`](crate::MemCtxView::table) gives. See
    /// [`wasi`](mod@crate::wasi).
    #[cfg(feature = "wasi")]
    pub fn allow_descriptors(&mut self, perms: FsPerms) -> &mut Self {
        self.descriptors = Some(perms);
        self
    }

    /// Lets the guest make the host's pages executable. Not allowed by default.
    ///
    /// The guest itself cannot run such pages. They are for embedders that run
    /// them.
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
    /// default is 64 MiB. The guest SDK reads 1 MiB at a time, and fails if that
    /// is too much.
    pub fn max_read_bytes(&mut self, bytes: u64) -> &mut Self {
        self.max_read_bytes = bytes;
        self
    }

    /// Whether mapping a file installs the process's handler of SIGBUS, which the
    /// [crate's documentation](crate#files-that-others-change) describes. The
    /// default is true.
    ///
    /// Without the handler, a guest that touches bytes that are gone from a mapped
    /// file ends the process by that signal, unless another context has installed
    /// the handler. Leave it out only if nobody else can make the files shorter and
    /// no disk under them can fill up.
    ///
    /// A thread that blocks SIGBUS would still be ended by it. So this crate
    /// unblocks it, once, on each thread on which a guest touches a mapping.
    pub fn handle_bus_errors(&mut self, handle: bool) -> &mut Self {
        self.handle_bus_errors = handle;
        self
    }

    /// Lets the guest attach windows: the pages of mapped files in its own
    /// memory. Not allowed by default.
    ///
    /// It works for engines whose configuration [`enable_windows`] has
    /// prepared. With other engines, guests get `unsupported`.
    ///
    /// While a window is attached, the mapping keeps its file open.
    ///
    /// # Safety
    ///
    /// While a guest has a window on a file, nobody may change the file's bytes
    /// or its length, except by mappings and windows of this crate in this
    /// process. That holds for other processes and for the rest of this one.
    /// Making a file shorter changes its bytes: what was behind the new end reads
    /// as zeros.
    ///
    /// WASI may let the guest write the file too, but no guest of another store,
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
    /// wasmtime relies on this: a guest's memory changes only while the guest runs
    /// or the host writes to it. When a guest passes a string from a window to its
    /// host, wasmtime checks that the bytes are UTF-8 where they lie and then
    /// copies them. If they change in between, the host gets a `String` that is not
    /// UTF-8, which is undefined behavior. This concerns every function of the
    /// linker that takes a string, yours and WASI's. The functions of this crate
    /// check the copy. You keep the promise if you grant a directory whose files
    /// nobody can write, or only guests of this process can.
    /// [`memmap2::Mmap::map`] demands much the same.
    ///
    /// Within the process this crate itself makes sure that mappings and
    /// windows keep apart:
    ///
    /// - As long as a window can write a file, all windows on that file lie in
    ///   one linear memory. Otherwise many memories can have windows on it.
    /// - As long as guests of a store have windows on a file, guests of other
    ///   stores cannot write it through their mappings.
    ///
    /// A guest that is refused gets `busy`. These rules cover all contexts of the
    /// process. They identify a file by its device and inode. So grant a file by
    /// one file system only: an overlay file system shows a file of its upper
    /// directory a second time, under another identity, and so does a network file
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
    /// To the kernel, a window is up to two mappings more, as
    /// [`process`](crate::process) counts them. If a window is detached while other
    /// windows lie right before and right behind it, its pages stay a mapping, and
    /// go on counting, until another window takes their place or the memory ends.
    pub fn max_windows(&mut self, windows: u64) -> &mut Self {
        self.max_windows = windows;
        self
    }

    /// A context with what was granted so far. Its quotas are its own: another
    /// one from the same builder starts afresh.
    pub fn build(&self) -> MemCtx {
        mem_mapping::process::is_host();
        let quota = |limit, what, raised_by| {
            let error = ErrorCode::QuotaExceeded;
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
                    error: ErrorCode::LockLimit,
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
                grants: Grants::new(self.grants.clone()),
                // A read returns a list, whose length has 32 bits.
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

#[derive(Debug)]
pub(crate) struct CtxInner {
    grants: Grants,
    pub(crate) max_read_bytes: u64,
    #[cfg(feature = "wasi")]
    pub(crate) descriptors: Option<FsPerms>,
    pub(crate) policy: Policy,
    ledger: Arc<Ledger>,
}

impl CtxInner {
    /// Maps the file at the guest's `path`, or anonymous memory, for a guest of
    /// `store`.
    ///
    /// # Errors
    ///
    /// The errors that `file-map` documents.
    pub(crate) fn map(
        &self,
        store: StoreId,
        path: &str,
        options: MapOptions,
    ) -> Result<Handle, ErrorCode> {
        let call = FileMapCall::start(path, options);
        let mapping = self.map_granted(store, path, options);
        self.end_file_map(store, call, mapping)
    }

    fn map_granted(
        &self,
        store: StoreId,
        path: &str,
        options: MapOptions,
    ) -> Result<Mapping, ErrorCode> {
        if options.flags.contains(MapFlags::ANONYMOUS) {
            return self.policy.map_anonymous(options);
        }
        let (directory, path) = self.grants.resolve(path)?;
        let request = self.policy.check(options)?;
        let file = directory.open(path, request.opening())?;
        self.policy.map(store, request, file)
    }

    /// Gives a guest of `store` what its `call` has mapped.
    ///
    /// # Errors
    ///
    /// The error of `mapping`.
    pub(crate) fn end_file_map(
        &self,
        store: StoreId,
        call: FileMapCall<'_>,
        mapping: Result<Mapping, ErrorCode>,
    ) -> Result<Handle, ErrorCode> {
        Mapped::end_file_map(&self.ledger, store, call, mapping)
    }

    /// Checks the grant of windows, and charges for one.
    ///
    /// # Errors
    ///
    /// `AccessDenied` and `QuotaExceeded`.
    pub(crate) fn charge_window(&self) -> Result<WindowCharge, ErrorCode> {
        if !self.policy.allow_windows {
            return Err(ErrorCode::AccessDenied.because(
                "windows are not granted; copy the bytes, or have the embedder grant them by \
                 `MemCtxBuilder::allow_windows` (`--mem-windows`)",
            ));
        }
        self.policy.quotas.charge_window()
    }

    /// What the WIT's `explain` returns to a guest of `store`.
    pub(crate) fn explain(&self, store: StoreId, error: ErrorCode) -> Option<Explanation> {
        self.ledger.explain(store, error)
    }
}
