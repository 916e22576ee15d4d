;; A path of 8 MiB that starts in a window. `run` maps the file of that name
;; while the test makes the window's file shorter.
(component
{interfaces}
  (core module $memm (memory (export "memory") 512)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $mi (instantiate $memm))
  (alias core export $mi "memory" (core memory $mem))
  (alias core export $mi "realloc" (core func $realloc))
  (core func $file-map (canon lower (func $mapping "file-map") (memory $mem) (realloc $realloc)))
  (core func $attach (canon lower (func $window "attach") (memory $mem) (realloc $realloc)))
  (core module $main
    (import "" "memory" (memory 1))
    (import "" "file-map" (func $file-map {type file-map}))
    (import "" "attach" (func $attach {type attach}))
    (data (i32.const 0) "file")
    (func (export "prepare") (local $p i32)
      (call $file-map (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 64))
      (if (i32.load8_u (i32.const 64)) (then unreachable))
      (call $attach (i32.load (i32.const 68)) (i64.const 0) (i32.const 1048576) (i32.const 65536) (i32.const 80))
      (if (i32.load8_u (i32.const 80)) (then unreachable))
      (local.set $p (i32.const 1114112))
      (loop $l
        (i64.store (local.get $p) (i64.const 0xa9c3a9c3a9c3a9c3))
        (local.set $p (i32.add (local.get $p) (i32.const 8)))
        (br_if $l (i32.lt_u (local.get $p) (i32.const 9502720)))))
    (func (export "run")
      (call $file-map (i32.const 1048576) (i32.const 8454144) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 96))))
  (core instance $i (instantiate $main (with "" (instance
    (export "memory" (memory $mem)) (export "file-map" (func $file-map)) (export "attach" (func $attach))))))
  (func (export "prepare") (canon lift (core func $i "prepare")))
  (func (export "run") (canon lift (core func $i "run"))))
