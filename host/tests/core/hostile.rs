//! A module that breaks the canonical ABI traps. The trap says how it broke it,
//! and the host goes on.

use super::modules::{EXPORTS, Way, block_on, host, linker, module_with, succeeds, traps};
use super::reallocs::READ_16;
use anyhow::Result;
use wasmtime::Linker;

#[test]
fn return_pointers_out_of_bounds() {
    let host = host();
    for body in [
        "(call $load-u8 (call $map) (i64.const 0) (i32.const 65535))",
        "(call $load-u64 (call $map) (i64.const 0) (i32.const 65528))",
        "(call $load-u64 (call $map) (i64.const 0) (i32.const 65536))",
        "(call $load-u64x8 (call $map) (i64.const 0) (i32.const 65472))",
        "(call $load-u64 (call $map) (i64.const 0) (i32.const 0xfffffff8))",
        "(call $store-u8 (call $map) (i64.const 0) (i32.const 1) (i32.const 65535))",
        "(call $write (call $map) (i64.const 0) (i32.const 0) (i32.const 1) (i32.const 65535))",
        "(call $read (call $map) (i64.const 0) (i64.const 1) (i32.const 65528))",
        "(call $read (call $map) (i64.const 0) (i64.const 1) (i32.const -4))",
        "(call $read-u64x8 (call $map) (i64.const 0) (i64.const 1) (i32.const 65528))",
        "(call $read-many (call $map) (i32.const 0) (i32.const 0) (i32.const 65528))",
        "(call $flush (call $map) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0)
            (i32.const 65535))",
        "(call $unmap (call $map) (i32.const -1))",
        "(call $check (call $map) (i32.const -1))",
        "(call $attach (call $map) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 65532))",
    ] {
        traps(&host, EXPORTS, body, "the return pointer");
        traps(&host, EXPORTS, body, "is out of bounds");
    }
    assert_eq!(host.read("file"), b"0123456789abcdef".repeat(16));

    // The host does nothing if the result has nowhere to go.
    host.write("new", "");
    std::fs::remove_file(host.path("new")).unwrap();
    let body = r#"(i32.store (i32.const 0) (i32.const 0x77656e))
        (call $file-map (i32.const 0) (i32.const 3) (i32.const 1) (i32.const 4)
            (i64.const 0) (i32.const 1) (i64.const 10) (i32.const 65532))"#;
    traps(&host, EXPORTS, body, "the return pointer");
    assert!(!host.path("new").exists());
    succeeds(&host, EXPORTS, &body.replace("65532", "64"));
    assert!(host.path("new").exists());
}

#[test]
fn pointers_that_are_not_aligned() {
    let host = host();
    for (body, alignment) in [
        (
            "(call $load-u64 (call $map) (i64.const 0) (i32.const 68))",
            8,
        ),
        (
            "(call $load-u64x8 (call $map) (i64.const 0) (i32.const 68))",
            8,
        ),
        (
            "(call $read (call $map) (i64.const 0) (i64.const 1) (i32.const 2))",
            4,
        ),
        (
            "(call $read-u64x8 (call $map) (i64.const 0) (i64.const 1) (i32.const 2))",
            4,
        ),
        (
            "(call $read-many (call $map) (i32.const 0) (i32.const 0) (i32.const 1))",
            4,
        ),
        (
            "(call $read-many (call $map) (i32.const 4) (i32.const 1) (i32.const 64))",
            8,
        ),
        (
            "(call $file-map (i32.const 0) (i32.const 4) (i32.const 1) (i32.const 0)
                (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 66))",
            4,
        ),
        (
            "(call $attach (call $map) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 2))",
            4,
        ),
    ] {
        traps(
            &host,
            EXPORTS,
            body,
            &format!("not aligned to {alignment} bytes"),
        );
    }
}

#[test]
fn lists_out_of_bounds() {
    let host = host();
    for (list, length) in [
        (65530, 7),
        (65537, 0),
        (-1, 1),
        (-1, -1),
        (0, -1),
        (8, 65529),
    ] {
        for body in [
            format!(
                "(call $write (call $map) (i64.const 0) (i32.const {list}) (i32.const {length})
                    (i32.const 64))"
            ),
            format!(
                "(call $attach (call $map) (i64.const 0) (i32.const {list}) (i32.const {length})
                    (i32.const 64))"
            ),
            format!(
                "(call $file-map (i32.const {list}) (i32.const {length}) (i32.const 0)
                    (i32.const 0) (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 64))"
            ),
        ] {
            traps(&host, EXPORTS, &body, "is out of bounds");
        }
    }
    // Ranges are 16 bytes each: the last one's size overflows 32 bits.
    for (list, length) in [(65528, 1), (65544, 0), (0, 4097), (0, 0x1000_0000), (8, -1)] {
        let body = format!(
            "(call $read-many (call $map) (i32.const {list}) (i32.const {length}) (i32.const 64))"
        );
        traps(&host, EXPORTS, &body, "is out of bounds");
    }
    assert_eq!(host.read("file"), b"0123456789abcdef".repeat(16));
}

#[test]
fn paths_that_are_not_utf_8() {
    let body = "(i32.store (i32.const 0) (i32.const 0xff)) (drop (call $map))";
    traps(&host(), EXPORTS, body, "a string is not UTF-8");
}

#[test]
fn numbers_that_are_no_case() {
    let host = host();
    let file_map = |access: i32, has_length: i32| {
        format!(
            "(call $file-map (i32.const 0) (i32.const 4) (i32.const {access}) (i32.const 0)
                (i64.const 0) (i32.const {has_length}) (i64.const 0) (i32.const 64))"
        )
    };
    let paged = |function: &str, has_range: i32, last: i32| {
        format!(
            "(call ${function} (call $map) (i32.const {has_range}) (i64.const 0) (i64.const 1)
                (i32.const {last}) (i32.const 64))"
        )
    };
    for (body, number) in [
        (file_map(3, 0), "3"),
        (file_map(-1, 0), "4294967295"),
        (file_map(256, 0), "256"),
        (file_map(0, 2), "2"),
        (paged("flush", 0, 2), "2"),
        (paged("flush", -1, 0), "4294967295"),
        (paged("advise", 0, 10), "10"),
        (paged("advise", 2, 0), "2"),
        (paged("protect", 0, 4), "4"),
        (paged("protect", 3, 0), "3"),
    ] {
        traps(
            &host,
            EXPORTS,
            &body,
            &format!("unexpected discriminant: {number}"),
        );
    }
    for function in ["lock", "unlock"] {
        let body = format!(
            "(call ${function} (call $map) (i32.const 2) (i64.const 0) (i64.const 1)
                (i32.const 64))"
        );
        traps(&host, EXPORTS, &body, "unexpected discriminant: 2");
    }
}

/// The canonical ABI ignores the bits of a number that its type has no room for.
#[test]
fn bits_that_do_not_count() {
    let host = host();
    succeeds(
        &host,
        EXPORTS,
        "(call $file-map (i32.const 0) (i32.const 4) (i32.const 1) (i32.const 0xfffffff0)
            (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 64))
         (call $ok (i32.const 64))
         (call $store-u8 (i32.load (i32.const 68)) (i64.const 1) (i32.const 0xffffff41)
            (i32.const 64))
         (call $ok (i32.const 64))",
    );
    assert_eq!(host.read("file")[..3], *b"0A2");
}

const WITH_A_HANDLE: [&str; 18] = [
    "(drop (call $size (i32.const HANDLE)))",
    "(call $read (i32.const HANDLE) (i64.const 0) (i64.const 1) (i32.const 64))",
    "(call $read-u64x8 (i32.const HANDLE) (i64.const 0) (i64.const 1) (i32.const 64))",
    "(call $read-many (i32.const HANDLE) (i32.const 0) (i32.const 0) (i32.const 64))",
    "(call $write (i32.const HANDLE) (i64.const 0) (i32.const 0) (i32.const 1) (i32.const 64))",
    "(call $load-u8 (i32.const HANDLE) (i64.const 0) (i32.const 64))",
    "(call $load-u64 (i32.const HANDLE) (i64.const 0) (i32.const 64))",
    "(call $load-u64x8 (i32.const HANDLE) (i64.const 0) (i32.const 64))",
    "(call $store-u8 (i32.const HANDLE) (i64.const 0) (i32.const 0) (i32.const 64))",
    "(call $flush (i32.const HANDLE) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0)
        (i32.const 64))",
    "(call $lock (i32.const HANDLE) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 64))",
    "(call $unlock (i32.const HANDLE) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 64))",
    "(call $advise (i32.const HANDLE) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0)
        (i32.const 64))",
    "(call $protect (i32.const HANDLE) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0)
        (i32.const 64))",
    "(call $unmap (i32.const HANDLE) (i32.const 64))",
    "(call $drop-mapping (i32.const HANDLE))",
    "(call $check (i32.const HANDLE) (i32.const 64))",
    "(call $attach (i32.const HANDLE) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 64))",
];

#[test]
fn handles_that_nobody_gave() {
    let host = host();
    for body in WITH_A_HANDLE {
        for handle in ["0", "2", "7", "-1"] {
            let body = format!("(drop (call $map)) {}", body.replace("HANDLE", handle));
            let handle = handle.replace("-1", "4294967295");
            traps(
                &host,
                EXPORTS,
                &body,
                &format!("unknown handle index {handle}"),
            );
        }
    }
    for body in [
        "(call $detach (i32.const 5) (i32.const 64))",
        "(call $drop-window (i32.const 5))",
    ] {
        traps(&host, EXPORTS, body, "unknown handle index 5");
    }
}

#[test]
fn handles_that_are_gone() {
    let host = host();
    for gone in [
        "(call $drop-mapping (call $map))",
        "(call $unmap (call $map) (i32.const 64)) (call $ok (i32.const 64))",
    ] {
        for body in [
            "(call $drop-mapping (global.get $mapping))",
            "(drop (call $size (i32.const 1)))",
        ] {
            traps(
                &host,
                EXPORTS,
                &format!("{gone} {body}"),
                "unknown handle index 1",
            );
        }
    }
}

/// The embedder and components have handles in the same table.
#[test]
fn handles_of_another_type() -> Result<()> {
    let host = host();
    let of_windows = [
        "(call $detach (i32.const HANDLE) (i32.const 64))",
        "(call $drop-window (i32.const HANDLE))",
    ];
    for body in WITH_A_HANDLE.into_iter().chain(of_windows) {
        let body = body.replace("HANDLE", "1");
        let module = module_with(&host.engine, EXPORTS, &body)?;
        for way in Way::ALL {
            let mut store = host.store(host.mem.build());
            let entry = store.data_mut().table.push("the embedder's")?;
            let instance = way.instantiate(&mut store, &module)?;
            let error = way.call(&mut store, instance, "run").unwrap_err();
            let error = format!("{error:?}");
            let reason = if way.has_own_handles() {
                "unknown handle index 1"
            } else {
                "handle index 1 used with the wrong type"
            };
            assert!(error.contains(reason), "{way:?}: {body}: {error}");
            assert_eq!(store.data().table.get(&entry)?, &"the embedder's", "{body}");
        }
    }
    traps(
        &host,
        EXPORTS,
        "(call $check (call $map) (i32.const 64))",
        "used with the wrong type",
    );
    Ok(())
}

#[test]
fn memories_that_do_not_fit() -> Result<()> {
    let host = host();
    for (memory, reason) in [
        (
            "(memory 1)",
            "no module calls that exports a memory `memory`",
        ),
        (
            r#"(memory 1) (global (export "memory") i32 (i32.const 0))"#,
            "no module calls that exports a memory `memory`",
        ),
        (
            r#"(memory 1) (memory (export "memory") i64 1)"#,
            "the module's `memory` is a 64-bit memory",
        ),
    ] {
        let exports = format!(
            r#"{memory}
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))"#
        );
        for body in ["(drop (call $map))", READ_16] {
            traps(&host, &exports, body, reason);
        }
        // A function that needs no memory works.
        succeeds(&host, &exports, "(drop (call $page-size))");
    }
    Ok(())
}

/// A guest can export what it imports. An embedder that calls it is no module.
#[test]
fn imports_that_the_embedder_calls() -> Result<()> {
    let host = host();
    let exports = format!(r#"{EXPORTS} (export "unmap" (func $unmap)) (export "map" (func $map))"#);
    let module = module_with(&host.engine, &exports, "(drop (call $map))")?;
    for way in [Way::Linked, Way::WithOwnFunctions] {
        let mut store = host.store(host.mem.build());
        let instance = way.instantiate(&mut store, &module)?;
        let map = instance.get_typed_func::<(), u32>(&mut store, "map")?;
        let handle = map.call(&mut store, ())?;
        let unmap = instance.get_typed_func::<(u32, u32), ()>(&mut store, "unmap")?;
        let unmapped = unmap.call(&mut store, (handle, 64));
        match way {
            // The function is tied to the memory.
            Way::WithOwnFunctions => unmapped?,
            _ => {
                let error = format!("{:?}", unmapped.unwrap_err());
                assert!(error.contains("no module calls"), "{error}");
            }
        }
    }
    Ok(())
}

/// wasmtime limits the arguments of components in the same way.
#[test]
fn arguments_that_would_take_the_host_much_memory() -> Result<()> {
    let host = host();
    for body in [
        "(call $read-many (call $map) (i32.const 0) (i32.const 7) (i32.const 1024))",
        "(call $file-map (i32.const 0) (i32.const 101) (i32.const 1) (i32.const 0)
            (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 64))",
    ] {
        let module = module_with(&host.engine, EXPORTS, body)?;
        for way in Way::ALL {
            let mut store = host.store(host.mem.build());
            let instance = way.instantiate(&mut store, &module)?;
            way.call(&mut store, instance, "run")?;
            store.set_hostcall_fuel(100);
            let error = way.call(&mut store, instance, "run").unwrap_err();
            assert!(format!("{error:?}").contains("hostcall fuel"), "{error:?}");
        }
    }
    Ok(())
}

/// Such functions cannot call the guest's realloc. Everything else works.
#[test]
fn synchronous_functions_on_an_asynchronous_embedder() -> Result<()> {
    let host = host();
    let module = module_with(&host.engine, EXPORTS, READ_16)?;
    let load = "(call $load-u8 (call $map) (i64.const 0) (i32.const 64))";
    let loads = module_with(&host.engine, EXPORTS, load)?;
    let run = |linker: &Linker<_>, module| {
        block_on(async {
            let mut store = host.store(host.mem.build());
            let instance = linker.instantiate_async(&mut store, module).await?;
            let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
            run.call_async(&mut store, ()).await
        })
    };
    let linker = linker(&host.engine)?;
    run(&linker, &loads)?;
    let error = format!("{:?}", run(&linker, &module).unwrap_err());
    assert!(error.contains("async context"), "{error}");
    Ok(())
}
