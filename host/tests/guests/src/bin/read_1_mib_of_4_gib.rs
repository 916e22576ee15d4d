//! Maps a file of 4 GiB and reads 1 MiB of it, spread over all of it. The
//! host's anonymous memory hardly grows.

use test_guests::host_status_kib;

const LENGTH: u64 = 4 << 30;

fn main() {
    let before = host_status_kib("RssAnon");
    let mapping = mem::open("large").unwrap();
    assert_eq!(mapping.len(), LENGTH);
    let mut buffer = vec![0xff; 4096];
    for offset in (0..LENGTH).step_by((LENGTH / 256) as usize) {
        mapping.read_exact_at(offset, &mut buffer).unwrap();
        assert!(buffer.iter().all(|&byte| byte == 0));
    }
    let grown = host_status_kib("RssAnon").saturating_sub(before);
    assert!(grown < 8 * 1024, "{grown} KiB");
}
