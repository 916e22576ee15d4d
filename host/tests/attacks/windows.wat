;; `map` maps the file with the access and keeps the mapping; `attach` attaches
;; its first page at the page of the memory of that number, 4 KiB each. Both
;; return the error's case, or -1.
(module
  (import "mem:mmap/mapping@0.1.0" "file-map" (func $map (param i32 i32 i32 i32 i64 i32 i64 i32)))
  (import "mem:mmap/mapping@0.1.0" "[method]mapping.store-u8" (func $store (param i32 i64 i32 i32)))
  (import "mem:mmap/window@0.1.0" "attach" (func $attach (param i32 i64 i32 i32 i32)))
  (memory (export "memory") 32)
  (data (i32.const 0) "file")
  (func $result (param $at i32) (param $error i32) (result i32)
    (if (result i32) (i32.load8_u (local.get $at))
      (then (i32.load8_u (local.get $error)))
      (else (i32.const -1))))
  (func (export "map") (param $access i32) (result i32)
    (call $map (i32.const 0) (i32.const 4) (local.get $access) (i32.const 0) (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 64))
    (call $result (i32.const 64) (i32.const 68)))
  (func (export "attach") (param $page i32) (result i32)
    (call $attach (i32.load (i32.const 68)) (i64.const 0) (i32.mul (local.get $page) (i32.const 4096)) (i32.const 4096) (i32.const 80))
    (call $result (i32.const 80) (i32.const 84)))
  (func (export "store") (param $byte i32) (result i32)
    (call $store (i32.load (i32.const 68)) (i64.const 0) (local.get $byte) (i32.const 96))
    (call $result (i32.const 96) (i32.const 97))))
