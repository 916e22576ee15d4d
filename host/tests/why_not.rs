//! Why guests do not run on some surfaces.

/// A program of this machine has no host.
pub const NO_HOST: &str = "nothing grants or limits what a program of this machine does";

/// The guest calls the functions of the contract, and not the SDK's.
pub const NO_CONTRACT: &str = "a program of this machine has no host to call";

/// The guest looks at its linear memory.
pub const NO_LINEAR_MEMORY: &str = "a program of this machine has no linear memory";

/// The guest looks at the process of its host.
pub const MAPS_NOTHING: &str = "the polyfill maps nothing that the kernel could show";

/// The host sets quotas.
pub const NO_QUOTAS: &str = "the polyfill has no quotas that a host could set";

/// The guest looks at a file that it has written and not flushed.
pub const KEEPS_WRITES: &str = "the polyfill keeps writes until a flush";

/// The guest has files that others have moved.
pub const NO_PATHS: &str = "the stand-in for memmap2 maps descriptors there, and not paths";

/// The guest locks.
pub const NO_LOCKS: &str = "the polyfill has no locks";

/// The guest needs windows.
pub const NO_WINDOWS: &str = "the polyfill has no windows";

/// The guest needs pages of the file in its memory.
pub const COPIES: &str = "windows are copies there";

/// The guest looks at what the polyfill does.
pub const NO_POLYFILL: &str = "the polyfill is not there";

/// The guest passes descriptors of wasi:filesystem to mem.
pub const NO_DESCRIPTORS: &str = "core modules have no descriptors of wasi:filesystem";

/// The guest passes descriptors of wasi:filesystem to mem.
pub const NO_DIRECTORY: &str = "the polyfill has no interface `directory`";

/// The guest looks at what the host does for WASI beside windows.
pub const NO_MEM: &str = "a host without mem adds nothing to WASI";

/// The guest looks at what mem grants beside WASI.
pub const NO_MEM_GRANTS: &str = "the polyfill has the grants of WASI";

/// The guest asks for what the host can grant.
pub const NO_GRANTS: &str = "no host can grant it to the polyfill";

/// The guest uses what WASI 0.1 does not have.
pub const NO_STREAMS: &str = "core modules have no streams of WASI 0.2";
