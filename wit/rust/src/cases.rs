//! What every enum of the contract has.

/// Defines an enum of the WIT from its cases, in the order of the WIT, each
/// with its name there, and a macro that converts it. The first argument is
/// `($)`, which the inner macro needs for its own parameter.
macro_rules! contract_enum {
    (
        ($dollar:tt)
        $(#[$attribute:meta])*
        pub enum $name:ident, converted by $convert:ident {
            $($(#[$case_attribute:meta])* $case:ident = $text:literal,)*
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$case_attribute])* $case,)*
        }

        impl $name {
            /// All cases, in the order of the WIT.
            pub const ALL: &'static [Self] = &[$(Self::$case),*];

            /// The name in the WIT.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$case => $text,)*
                }
            }

            /// The case that has this number in the canonical ABI, if one has.
            #[inline]
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number {
                    $(number if number == Self::$case as u32 => Some(Self::$case),)*
                    _ => None,
                }
            }
        }

        /// Implements [`From`] both ways between the enum of this crate and the
        /// one that a generator of bindings made from the same WIT.
        #[macro_export]
        macro_rules! $convert {
            ($dollar generated:ty) => {
                impl From<$dollar generated> for $crate::$name {
                    #[inline]
                    fn from(case: $dollar generated) -> Self {
                        match case {
                            $(<$dollar generated>::$case => Self::$case,)*
                        }
                    }
                }

                impl From<$crate::$name> for $dollar generated {
                    #[inline]
                    fn from(case: $crate::$name) -> Self {
                        match case {
                            $($crate::$name::$case => Self::$case,)*
                            // Some of these enums may get more cases, but the
                            // same release of their crate made this list.
                            #[allow(unreachable_patterns)]
                            _ => unreachable!(),
                        }
                    }
                }
            };
        }
    };
}

pub(crate) use contract_enum;
