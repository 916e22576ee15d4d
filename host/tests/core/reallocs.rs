//! Core modules whose realloc does what it should not.

use super::modules::{Way, host, module_with, succeeds, traps};
use anyhow::Result;
use wasmtime::Trap;

/// A memory of one page, and a realloc that is `body`. Parameter 3 is the length.
fn realloc(body: &str) -> String {
    format!(
        r#"(memory (export "memory") 1)
           (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {body})"#
    )
}

pub const READ_16: &str = "(call $read (call $map) (i64.const 0) (i64.const 16) (i32.const 64))";

#[test]
fn reallocs_that_return_what_is_not_theirs() {
    let host = host();
    let read_many = "(i64.store (i32.const 24) (i64.const 16))
        (call $read-many (call $map) (i32.const 16) (i32.const 1) (i32.const 64))";
    for address in [65521, 65536, -1, -16] {
        let exports = realloc(&format!("(i32.const {address})"));
        for body in [READ_16, read_many] {
            let reason = "the guest's realloc returned memory that is out of bounds";
            traps(&host, &exports, body, reason);
        }
    }
    // The last address that fits.
    let exports = realloc("(i32.const 65520)");
    let check = "(if (i64.ne (i64.load (i32.const 65520)) (i64.const 0x3736353433323130))
        (then unreachable))";
    for body in [READ_16, read_many] {
        succeeds(
            &host,
            &exports,
            &format!("{body} (call $ok (i32.const 64)) {check}"),
        );
    }
    // Over the result itself. This spoils only what the guest reads there.
    succeeds(&host, &realloc("(i32.const 60)"), READ_16);
}

#[test]
fn reallocs_of_words() {
    let host = host();
    let read = "(call $read-u64x8 (call $map) (i64.const 1) (i64.const 2) (i32.const 64))";
    for (address, reason) in [
        (1028, "the pointer 0x404 is not aligned to 8 bytes"),
        (
            65416,
            "the guest's realloc returned memory that is out of bounds",
        ),
        (
            -64,
            "the guest's realloc returned memory that is out of bounds",
        ),
    ] {
        let exports = realloc(&format!("(i32.const {address})"));
        traps(&host, &exports, read, reason);
    }
    // The last address that fits. The host passes the size and the alignment.
    let exports = realloc(
        "(if (i32.ne (local.get 2) (i32.const 8)) (then unreachable))
         (if (i32.ne (local.get 3) (i32.const 128)) (then unreachable))
         (i32.const 65408)",
    );
    let check = "(if (i64.ne (i64.load (i32.const 65408)) (i64.const 0x3837363534333231))
            (then unreachable))
        (if (i64.ne (i64.load (i32.const 65528)) (i64.const 0x3066656463626139))
            (then unreachable))
        (if (i32.ne (i32.load (i32.const 72)) (i32.const 2)) (then unreachable))";
    let body = format!("{read} (call $ok (i32.const 64)) {check}");
    succeeds(&host, &exports, &body);
}

#[test]
fn reallocs_that_trap() -> Result<()> {
    let host = host();
    let exports = realloc(
        "(if (i32.eqz (i32.load (i32.const 512)))
            (then (i32.store (i32.const 512) (i32.const 1)) unreachable))
         (i32.const 1024)",
    );
    let body = "(if (i32.eqz (global.get $mapping)) (then (drop (call $map))))
        (call $read (global.get $mapping) (i64.const 0) (i64.const 16) (i32.const 64))
        (call $ok (i32.const 64))";
    let module = module_with(&host.engine, &exports, body)?;
    for way in Way::ALL {
        let mut store = host.store(host.mem.build());
        let instance = way.instantiate(&mut store, &module)?;
        let error = way.call(&mut store, instance, "run").unwrap_err();
        let trap = error.downcast_ref::<Trap>();
        assert_eq!(
            trap,
            Some(&Trap::UnreachableCodeReached),
            "{way:?}: {error:?}"
        );
        // The mapping can be read from again.
        way.call(&mut store, instance, "run")?;
    }
    Ok(())
}

#[test]
fn reallocs_that_use_what_they_read_from() {
    let host = host();
    let reason = "uses the mapping that it runs for";
    for used in [
        "(call $drop-mapping (global.get $mapping))",
        "(call $unmap (global.get $mapping) (i32.const 128))",
        "(call $load-u64 (global.get $mapping) (i64.const 0) (i32.const 128))",
        "(drop (call $size (global.get $mapping)))",
        // This would never end.
        "(call $read (global.get $mapping) (i64.const 0) (i64.const 16) (i32.const 64))",
    ] {
        let exports = realloc(&format!("{used} (i32.const 1024)"));
        traps(&host, &exports, READ_16, reason);
    }
}

#[test]
fn reallocs_that_use_other_mappings() {
    let host = host();
    // Each read starts another one, from a new mapping. The quota ends it.
    let mut small = super::modules::host();
    small.mem.max_mappings(20);
    let exports = realloc(&format!("{READ_16} (i32.const 1024)"));
    traps(&small, &exports, READ_16, "unreachable");
    // Other mappings can be used.
    let exports = realloc(
        "(if (i32.eqz (i32.load (i32.const 512))) (then
            (i32.store (i32.const 512) (call $map))
            (call $load-u64 (i32.load (i32.const 512)) (i64.const 0) (i32.const 128))
            (call $ok (i32.const 128))))
         (i32.const 1024)",
    );
    succeeds(
        &host,
        &exports,
        &format!("{READ_16} (call $ok (i32.const 64))"),
    );
}

#[test]
fn reallocs_that_grow_the_memory() {
    let host = host();
    let exports = realloc("(i32.mul (i32.const 65536) (memory.grow (i32.const 100)))");
    let body = format!(
        "{READ_16} (call $ok (i32.const 64))
         (if (i32.ne (i32.load (i32.const 68)) (i32.const 65536)) (then unreachable))
         (if (i64.ne (i64.load (i32.const 65536)) (i64.const 0x3736353433323130))
            (then unreachable))"
    );
    succeeds(&host, &exports, &body);
    // A memory that has to move when it grows.
    let mut config = wasmtime::Config::new();
    config
        .memory_reservation(1 << 16)
        .memory_reservation_for_growth(0);
    let mut host = host;
    host.engine = wasmtime::Engine::new(&config).unwrap();
    succeeds(&host, &exports, &body);
}

#[test]
fn reallocs_that_are_none() {
    let host = host();
    let memory = r#"(memory (export "memory") 1)"#;
    for (exports, reason) in [
        ("", "does not export a function `cabi_realloc`"),
        (
            r#"(global (export "cabi_realloc") i32 (i32.const 0))"#,
            "does not export a function `cabi_realloc`",
        ),
        (
            r#"(func (export "cabi_realloc") (param i32 i32 i32 i64) (result i32) unreachable)"#,
            "the module's `cabi_realloc` has the wrong type",
        ),
        (
            r#"(func (export "cabi_realloc") (param i32 i32 i32 i32))"#,
            "the module's `cabi_realloc` has the wrong type",
        ),
    ] {
        traps(&host, &format!("{memory} {exports}"), READ_16, reason);
        // A function that needs no realloc works.
        let body = "(call $load-u8 (call $map) (i64.const 0) (i32.const 64))";
        succeeds(&host, &format!("{memory} {exports}"), body);
    }
}

/// Maps a file that is missing, and asks why that failed.
const EXPLAIN: &str = "(call $file-map (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 0)
        (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 64))
    (call $explain (i32.const 1) (i32.const 128))";

#[test]
fn reallocs_for_explanations() {
    let host = host();
    let text = "nothing is at this path; create the file first";
    let length = text.len() as i32;
    let exports = realloc(&format!(
        "(if (i32.ne (local.get 2) (i32.const 1)) (then unreachable))
         (if (i32.ne (local.get 3) (i32.const {length})) (then unreachable))
         (i32.const {})",
        65536 - length
    ));
    let first = u64::from_le_bytes(*text.as_bytes().first_chunk().unwrap());
    let body = format!(
        "{EXPLAIN}
        (if (i32.ne (i32.load8_u (i32.const 128)) (i32.const 1)) (then unreachable))
        (if (i32.ne (i32.load (i32.const 136)) (i32.const {length})) (then unreachable))
        (if (i64.ne (i64.load (i32.load (i32.const 132))) (i64.const {first}))
            (then unreachable))
        ;; The host says it once.
        (call $explain (i32.const 1) (i32.const 128))
        (if (i32.load8_u (i32.const 128)) (then unreachable))"
    );
    succeeds(&host, &exports, &body);
    for address in [65537 - length, 65536, -1] {
        let exports = realloc(&format!("(i32.const {address})"));
        let reason = "the guest's realloc returned memory that is out of bounds";
        traps(&host, &exports, EXPLAIN, reason);
    }
    for (code, to, reason) in [
        (14, 128, "unexpected discriminant: 14"),
        (1, 130, "the pointer 0x82 is not aligned to 4 bytes"),
        (1, 65528, "the return pointer 0xfff8 is out of bounds"),
    ] {
        let body = format!("(call $explain (i32.const {code}) (i32.const {to}))");
        traps(&host, &exports, &body, reason);
    }
}
