;; `map` maps the file with an access and keeps the mapping. `attach` attaches
;; the file's first page at a page of the memory, which has 4 KiB. `window`
;; returns the handle of that window, and `detach` detaches the window of a
;; handle. Each of the others returns the error's case, or -1.
(module
  {import file-map}
  {import store-u8}
  {import attach}
  {import detach}
  (memory (export "memory") 32)
  (data (i32.const 0) "file")
  (func $result (param $at i32) (param $error i32) (result i32)
    (if (result i32) (i32.load8_u (local.get $at))
      (then (i32.load8_u (local.get $error)))
      (else (i32.const -1))))
  (func (export "map") (param $access i32) (result i32)
    (call $file-map (i32.const 0) (i32.const 4) (local.get $access) (i32.const 0) (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 64))
    (call $result (i32.const 64) (i32.const 68)))
  (func (export "attach") (param $page i32) (result i32)
    (call $attach (i32.load (i32.const 68)) (i64.const 0) (i32.mul (local.get $page) (i32.const 4096)) (i32.const 4096) (i32.const 80))
    (call $result (i32.const 80) (i32.const 84)))
  (func (export "window") (result i32) (i32.load (i32.const 84)))
  (func (export "detach") (param $window i32) (result i32)
    (call $detach (local.get $window) (i32.const 112))
    (call $result (i32.const 112) (i32.const 113)))
  (func (export "touch") (param $page i32)
    (i32.store8 (i32.mul (local.get $page) (i32.const 4096)) (i32.const 1)))
  (func (export "store") (param $byte i32) (result i32)
    (call $store-u8 (i32.load (i32.const 68)) (i64.const 0) (local.get $byte) (i32.const 96))
    (call $result (i32.const 96) (i32.const 97))))
