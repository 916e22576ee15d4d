;; Two components of one store with windows on the same page. The producer passes
;; a UTF-8 string to the consumer, and the runtime transcodes it to UTF-16. If both
;; windows could show the page, the bytes that the runtime writes to the consumer
;; would change the bytes that it reads from the producer. The string ends where
;; the memory ends, so the runtime would then read past that end.
(component
{interfaces}
  ;; The consumer's window lies at 4096..12288.
  (component $C
{interfaces}
    (core module $memm
      (memory (export "memory") 1 1)
      ;; Two bytes before the end of the file's first page.
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8190)))
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
      (func (export "init")
        (call $file-map (i32.const 0) (i32.const 4) (i32.const {consumer}) (i32.const 0) (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 64))
        (if (i32.load8_u (i32.const 64)) (then unreachable))
        (call $attach (i32.load (i32.const 68)) (i64.const 0) (i32.const 4096) (i32.const 8192) (i32.const 80)))
      (func (export "take") (param i32 i32)))
    (core instance $i (instantiate $main (with "" (instance
      (export "memory" (memory $mem)) (export "file-map" (func $file-map)) (export "attach" (func $attach))))))
    (func (export "init") (canon lift (core func $i "init")))
    (func (export "take") (param "s" string) (canon lift (core func $i "take") (memory $mem) (realloc $realloc) string-encoding=utf16)))
  (instance $c (instantiate $C (with "mem:mmap/mapping@0.1.0" (instance $mapping)) (with "mem:mmap/window@0.1.0" (instance $window))))

  ;; The producer's window is the last page of its memory.
  (component $P
{interfaces}
    (import "c" (instance $c (export "init" (func)) (export "take" (func (param "s" string)))))
    (core module $memm
      (memory (export "memory") 1 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance $mi (instantiate $memm))
    (alias core export $mi "memory" (core memory $mem))
    (alias core export $mi "realloc" (core func $realloc))
    (core func $file-map (canon lower (func $mapping "file-map") (memory $mem) (realloc $realloc)))
    (core func $attach (canon lower (func $window "attach") (memory $mem) (realloc $realloc)))
    (core func $init (canon lower (func $c "init")))
    (core func $take (canon lower (func $c "take") (memory $mem)))
    (core module $main
      (import "" "memory" (memory 1))
      (import "" "file-map" (func $file-map {type file-map}))
      (import "" "attach" (func $attach {type attach}))
      (import "" "init" (func $init))
      (import "" "take" (func $take (param i32 i32)))
      (data (i32.const 0) "file")
      (func (export "run")
        (call $file-map (i32.const 0) (i32.const 4) (i32.const {producer}) (i32.const 0) (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 64))
        (if (i32.load8_u (i32.const 64)) (then unreachable))
        (call $attach (i32.load (i32.const 68)) (i64.const 0) (i32.const 61440) (i32.const 4096) (i32.const 80))
        (if (i32.load8_u (i32.const 80)) (then unreachable))
        (call $init)
        ;; U+F041, then 61 times "a".
        (memory.fill (i32.const 65472) (i32.const 97) (i32.const 64))
        (i32.store8 (i32.const 65472) (i32.const 0xef))
        (i32.store8 (i32.const 65473) (i32.const 0x81))
        (i32.store8 (i32.const 65474) (i32.const 0x81))
        (call $take (i32.const 65472) (i32.const 64))))
    (core instance $i (instantiate $main (with "" (instance
      (export "memory" (memory $mem)) (export "file-map" (func $file-map)) (export "attach" (func $attach))
      (export "init" (func $init)) (export "take" (func $take))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $p (instantiate $P (with "mem:mmap/mapping@0.1.0" (instance $mapping)) (with "mem:mmap/window@0.1.0" (instance $window)) (with "c" (instance $c))))
  (export "run" (func $p "run")))
