//! The options that start with `--mem`.

use bytesize::ByteSize;
use mem_host::{FsPerms, GrantError, MemCtx};

/// The options that concern mapped files.
#[derive(clap::Args)]
#[command(next_help_heading = "Mapped files")]
pub struct MemOptions {
    /// Let the guest map files only as read-only or copy-on-write.
    ///
    /// This concerns mappings; WASI's own functions can still write the files.
    #[arg(long = "mem-read-only")]
    read_only: bool,

    /// Let the guest make the pages of its mappings executable for the host.
    #[arg(long = "mem-exec")]
    exec: bool,

    /// The most bytes, in whole pages, that the guest can lock into memory at a
    /// time. Write sizes like `65536`, `64KiB` or `1GB`.
    #[arg(
        long = "mem-max-locked-bytes",
        value_name = "SIZE",
        default_value = "0"
    )]
    max_locked_bytes: ByteSize,

    /// The most bytes of all mappings together [default: 1TiB].
    #[arg(long = "mem-max-mapped-bytes", value_name = "SIZE")]
    max_mapped_bytes: Option<ByteSize>,

    /// The most bytes of all anonymous and copy-on-write mappings together
    /// [default: 4GiB].
    #[arg(long = "mem-max-private-bytes", value_name = "SIZE")]
    max_private_bytes: Option<ByteSize>,

    /// The most mappings at a time [default: 256].
    #[arg(long = "mem-max-mappings", value_name = "N")]
    max_mappings: Option<u64>,

    /// The most bytes of one read [default: 64MiB].
    #[arg(long = "mem-max-read-bytes", value_name = "SIZE")]
    max_read_bytes: Option<ByteSize>,

    /// Whether the guest can attach windows: pages of mapped files in its own
    /// memory.
    ///
    /// With windows, no other process may write the files, or make them
    /// shorter, while the guest runs. The guest itself may, also by WASI: with
    /// windows, WASI's streams have written the file when they return. `-W
    /// timeout`, `-D log-to-files`, `-O pooling-allocator`, `-O
    /// memory-init-cow`, `--profile` and precompiled guests exclude windows.
    #[arg(
        long = "mem-windows",
        value_name = "y|n",
        default_value = "y",
        default_missing_value = "y",
        num_args = 0..=1,
        require_equals = true,
        action = clap::ArgAction::Set,
        value_parser = clap::builder::BoolishValueParser::new(),
        hide_possible_values = true
    )]
    pub windows: bool,

    /// The most windows at a time [default: 128].
    #[arg(long = "mem-max-windows", value_name = "N")]
    max_windows: Option<u64>,

    /// Print each call of mem to standard error when it returns: the mapping,
    /// the operation, its range, its result, the time it took, and why it
    /// failed.
    #[arg(long = "mem-trace")]
    pub trace: bool,

    /// Print to standard error, when the guest has ended, how often it called
    /// each operation of mem, and how much it had mapped and locked.
    #[arg(long = "mem-stats")]
    pub stats: bool,
}

impl MemOptions {
    /// The context that grants what the options say, the directories `dirs`, each
    /// with the host's and the guest's name, and windows if `windows` is true.
    pub fn ctx(&self, dirs: &[(String, String)], windows: bool) -> Result<MemCtx, GrantError> {
        let mut builder = MemCtx::builder();
        builder
            .allow_exec(self.exec)
            .max_locked_bytes(self.max_locked_bytes.as_u64());
        if let Some(bytes) = self.max_mapped_bytes {
            builder.max_mapped_bytes(bytes.as_u64());
        }
        if let Some(bytes) = self.max_private_bytes {
            builder.max_private_bytes(bytes.as_u64());
        }
        if let Some(mappings) = self.max_mappings {
            builder.max_mappings(mappings);
        }
        if let Some(bytes) = self.max_read_bytes {
            builder.max_read_bytes(bytes.as_u64());
        }
        if let Some(windows) = self.max_windows {
            builder.max_windows(windows);
        }
        // SAFETY: this process has one store, and its guest runs on one thread.
        // Only that guest writes files: through mem, or by WASI while it waits:
        // - WASI 0.2's streams have written when they return, because
        //   `Run::add_mem` calls `finish_writes`.
        // - All else in WASI 0.1, 0.2 and 0.3 writes on the guest's thread:
        //   `File::run_blocking` (wasmtime-wasi 48.0.8, `src/filesystem.rs`),
        //   `fd_write_impl` (`src/p1.rs`) and
        //   `WriteStreamConsumer::poll_consume` (`src/p3/filesystem/host.rs`) do
        //   with `allow_blocking_current_thread(true)`, which
        //   `RunCommon::configure_wasip2` (wasmtime-cli 48.0.8) calls unless
        //   there is a time limit. `engine::can_have_windows` excludes that.
        // The option's help forbids other processes to write the files.
        unsafe { builder.allow_windows(windows) };
        let access = if self.read_only {
            FsPerms::ReadOnly
        } else {
            FsPerms::ReadWrite
        };
        builder.allow_descriptors(access);
        for (host, guest) in dirs {
            builder.preopened_dir(host, guest, access)?;
        }
        Ok(builder.build())
    }
}
