//! The table of operations, and their names.

use std::fmt;

/// The operations that guests call on mappings and windows, a row each: its name
/// for [`Operation`], what kind of function the WIT has for it, the name there,
/// and what it does. `rows` says what the last column means.
macro_rules! operations {
    ($expand:ident) => {
        $expand! {
            mapping {
                FileMap: function "file-map" => file_map();
                Size: method "size" => size();
                Read: method "read" => read::<u8, _, 1>(
                    |(mapping, offset, length)| (mapping, Ranges::elements(offset, length, 1))
                );
                ReadU64x8: method "read-u64x8" => read::<U64x8, _, 64>(
                    |(mapping, offset, count)| (mapping, Ranges::elements(offset, count, 64))
                );
                ReadMany: method "read-many" => read::<u8, _, 1>(
                    |(mapping, ranges)| (mapping, Ranges::Many(ranges))
                );
                Write: method "write" => write();
                LoadU8: method "load-u8" => load::<u8, 1>();
                LoadU16: method "load-u16" => load::<u16, 2>();
                LoadU32: method "load-u32" => load::<u32, 4>();
                LoadU64: method "load-u64" => load::<u64, 8>();
                LoadU64x8: method "load-u64x8" => load::<U64x8, 64>();
                StoreU8: method "store-u8" => store(u8::to_le_bytes);
                StoreU16: method "store-u16" => store(u16::to_le_bytes);
                StoreU32: method "store-u32" => store(u32::to_le_bytes);
                StoreU64: method "store-u64" => store(u64::to_le_bytes);
                Flush: method "flush" => waits_with(
                    |mapping, range, mode| mapping.flush(range, mode)
                );
                Lock: method "lock" => waits(|mapping, range| mapping.lock(range));
                Unlock: method "unlock" => in_place(|mapping, range| mapping.unlock(range));
                Advise: method "advise" => waits_with(
                    |mapping, range, advice| mapping.advise(range, advice)
                );
                AdviseMany: method "advise-many" => waits_with(
                    |mapping, ranges: Vec<ByteRange>, advice| mapping.advise_many(&ranges, advice)
                );
                Protect: method "protect" => in_place_with(
                    |mapping, range, protection| mapping.protect(range, protection)
                );
                Unmap: taking "unmap" => unmap();
                DropMapping: drop "drop-mapping" => drop_mapping();
            }
            window {
                Attach: function "attach" => attach();
                Check: method "check" => check();
                Detach: taking "detach" => detach();
                DropWindow: drop "drop-window" => drop_window();
            }
        }
    };
}

pub(crate) use operations;

macro_rules! enumerate {
    ($($interface:ident {
        $($operation:ident: $kind:ident $name:literal
            => $row:ident $(::<$($generic:tt),+>)? ($($run:expr)?);)*
    })*) => {
        /// What a guest can call, but for `page-size` and `explain`. Displayed as the WIT
        /// names it; dropping a handle is `drop-mapping` or `drop-window`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $($(
                #[doc = concat!("`", $name, "`")]
                $operation,
            )*)*
        }

        impl Operation {
            pub(crate) const ALL: &[Self] = &[$($(Self::$operation),*),*];

            /// The name in the WIT.
            pub const fn name(self) -> &'static str {
                match self {
                    $($(Self::$operation => $name,)*)*
                }
            }
        }
    };
}

operations!(enumerate);

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
