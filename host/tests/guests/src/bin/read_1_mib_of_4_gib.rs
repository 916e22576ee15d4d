//! Maps a file of 4 GiB and reads 1 MiB of it, spread over all of it. The
//! host's anonymous memory hardly grows.

const LENGTH: u64 = 4 << 30;

fn main() {
    let mapping = mem::open("large").unwrap();
    assert_eq!(mapping.len(), LENGTH);
    let before = anonymous_kib();
    let mut buffer = vec![0xff; 4096];
    for offset in (0..LENGTH).step_by((LENGTH / 256) as usize) {
        mapping.read_exact_at(offset, &mut buffer).unwrap();
        assert!(buffer.iter().all(|&byte| byte == 0));
    }
    let grown = anonymous_kib().saturating_sub(before);
    assert!(grown < 8 * 1024, "{grown} KiB");
}

/// Of the host, with what it needs to run the guest.
fn anonymous_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("RssAnon:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
