//! The files of `/proc/self`, which the host grants as `/proc`. Files of size 0
//! are empty mappings or cannot be mapped, and magic links lead nowhere. `/dev` has no files.

use mem::{Access, ErrorCode, Options};
use test_guests::code;

const ACCESSES: [Access; 3] = [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite];

fn main() {
    for path in [
        "status", "maps", "stat", "smaps", "environ", "mem", "fdinfo/0",
    ] {
        let path = format!("/proc/{path}");
        let mapping = mem::open(&path).expect(&path);
        assert_eq!(mapping.len(), 0, "{path}");
        assert_eq!(mapping.bytes().unwrap(), b"", "{path}");
        let one = code(Options::new().len(1).open(&path));
        assert_eq!(one, ErrorCode::OutOfBounds, "{path}");
        // Not even a file that root may write is made longer.
        let written = Options::new().access(Access::ReadWrite).open(&path);
        let expected = match written {
            Ok(_) => ErrorCode::Unsupported,
            Err(_) => ErrorCode::AccessDenied,
        };
        assert_eq!(code(mem::create(&path, 1)), expected, "{path}");
    }
    let magic = [
        "exe",
        "cwd",
        "cwd/Cargo.toml",
        "cwd/missing",
        "root",
        "root/etc/passwd",
        "root/missing",
        "fd/0",
        "fd/1",
        "fd/2",
        "task/../fd/0",
        "task/../root/etc/passwd",
        "ns/mnt",
    ];
    for access in ACCESSES {
        let open = |path: &str| code(Options::new().access(access).open(path));
        for path in magic {
            let path = format!("/proc/{path}");
            assert_eq!(open(&path), ErrorCode::AccessDenied, "{path}");
        }
        assert_eq!(open("/proc/missing"), ErrorCode::NotFound);
        assert_eq!(open("/proc/fd/99999"), ErrorCode::NotFound);
        assert_eq!(open("/proc/fd"), ErrorCode::NotAFile);
        for device in ["null", "zero", "full", "random", "urandom"] {
            let path = format!("/dev/{device}");
            assert_eq!(open(&path), ErrorCode::NotAFile, "{path}");
        }
        assert_eq!(open("/dev/fd"), ErrorCode::AccessDenied);
        assert_eq!(open("/dev/fd/0"), ErrorCode::AccessDenied);
        assert_eq!(open("/dev/stdin"), ErrorCode::AccessDenied);
    }
}
