;; Two guests of one component. Each has its own memory and its own encoding. The
;; producer passes strings to the consumer, and the runtime transcodes them from
;; one memory to the other.
(component
{interfaces}
  (component $Consumer
{interfaces}
    (core module $Nobody (func (export "take") (param i32 i32) unreachable))
    (core instance $nobody (instantiate $Nobody))
    (alias core export $nobody "take" (core func $take))
{consumer})
  (instance $consumer (instantiate $Consumer
    (with "mem:mmap/mapping@0.1.0" (instance $mapping)) (with "mem:mmap/window@0.1.0" (instance $window))))
  (component $Producer
{interfaces}
    (import "take" (func $take-text (param "text" string)))
    (core module $Early (table (export "table") 1 funcref)
      (type $take (func (param i32 i32)))
      (func (export "take") (param i32 i32)
        (call_indirect (type $take) (local.get 0) (local.get 1) (i32.const 0))))
    (core instance $early (instantiate $Early))
    (alias core export $early "take" (core func $take))
{producer}
    (core func $lowered (canon lower (func $take-text) (memory $mem) string-encoding={encoding}))
    (core module $Late (import "" "table" (table 1 funcref)) (import "" "take" (func $take (param i32 i32)))
      (elem (i32.const 0) func $take))
    (alias core export $early "table" (core table $table))
    (core instance (instantiate $Late (with "" (instance
      (export "table" (table $table)) (export "take" (func $lowered)))))))
  (instance $producer (instantiate $Producer
    (with "mem:mmap/mapping@0.1.0" (instance $mapping)) (with "mem:mmap/window@0.1.0" (instance $window))
    (with "take" (func $consumer "take"))))
  (export "consumer" (instance $consumer))
  (export "producer" (instance $producer)))
