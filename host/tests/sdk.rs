//! What the guest SDK promises beyond the contract.

use crate::guests::*;
use crate::why_not::*;
use anyhow::Result;
use mem_host::FsPerms;
use test_host::{Host, matrix};

matrix! {
    cursor: CURSOR, Host::new(), [yes yes yes yes];

    reads_without_allocation:
        READS_WITHOUT_ALLOCATION, Host::new(), [yes yes yes NO_LINEAR_MEMORY];

    errors: ERRORS, Host::new(), [yes yes yes NO_HOST];

    relative_paths_start_at_the_current_directory:
        CURRENT_DIRECTORY, with_another_directory()?, [yes yes yes yes];

    lengths_past_the_end_are_out_of_bounds: LENGTHS_PAST_THE_END, Host::new(), [yes yes yes yes];
}

/// A host that grants a second directory.
fn with_another_directory() -> Result<Host> {
    let mut host = Host::new();
    let data = tempfile::tempdir()?;
    host.mem
        .preopened_dir(data.path(), "/data", FsPerms::ReadWrite)?;
    host.wasi_dirs.push((data.path().to_owned(), "/data"));
    host.kept.push(data);
    Ok(host)
}
