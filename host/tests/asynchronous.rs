//! The same guests on an asynchronous embedder.

use anyhow::Result;
use mem_host::Access;
use test_host::Host;

#[tokio::test]
async fn rules() -> Result<()> {
    for guest in [
        "empty_file",
        "offset_not_a_multiple_of_the_page_size",
        "read_or_write_not_wholly_inside",
        "write_to_read_only",
        "copy_on_write",
        "anonymous",
        "no_locks_granted",
        "mmap_go",
        "memmap2",
        "go_names",
    ] {
        Host::new().run_async(guest).await?;
    }
    for guest in [
        "file_made_shorter",
        "unlock_of_what_is_not_locked",
        "protect",
    ] {
        let mut host = Host::new();
        host.mem.max_locked_bytes(1 << 20);
        host.run_async(guest).await?;
    }
    let host = Host::with_access(Access::ReadOnly);
    host.write("file", "abc");
    host.run_async("read_write_on_a_read_only_grant").await
}
