//! What each row of the table of operations does, on any surface.

use crate::abi::Arguments;
use crate::abi::flat::FromCore;
use crate::abi::lift::{Buffer, FromComponent, Text};
use crate::abi::lower::{Loaded, Value};
use crate::bindings::wit::U64x8;
use crate::calls::{Handle, Mapped};
use crate::handles::{Borrowed, Call, Handles, Held, Outcome, Owned};
use crate::operation::{Operation, operations};
use crate::reading::{Ranges, total};
use crate::surface::Surface;
use crate::window::Window;
use mem_contract::{ByteRange, ErrorCode, MapOptions};
use mem_mapping::Mapping;
use wasmtime::Result;

/// Adds the functions of the interface `mapping`.
pub(crate) fn add_mapping(surface: &mut impl Surface) -> Result<()> {
    mapping(surface)?;
    surface.text("explain", |call, (error,): (ErrorCode,)| {
        Ok(call.ctx.inner.explain(call.store, error))
    })
}

/// Adds the functions of the interface `window`. They run in place: to attach or
/// detach a window is a system call that waits for nothing.
pub(crate) fn add_window(surface: &mut impl Surface) -> Result<()> {
    window(surface)?;
    surface.number("page-size", |_, ()| {
        Ok(u32::try_from(mem_mapping::page_size())?)
    })
}

/// The name of a function as it is imported.
macro_rules! import {
    ($interface:ident function $name:literal) => {
        $name
    };
    ($interface:ident method $name:literal) => {
        concat!("[method]", stringify!($interface), ".", $name)
    };
    ($interface:ident taking $name:literal) => {
        concat!("[static]", stringify!($interface), ".", $name)
    };
    ($interface:ident drop $name:literal) => {
        stringify!($interface)
    };
}

macro_rules! add {
    ($($interface:ident {
        $($operation:ident: $kind:ident $name:literal
            => $row:ident $(::<$($generic:tt),+>)? ($($run:expr)?);)*
    })*) => {$(
        fn $interface<S: Surface>(surface: &mut S) -> Result<()> {
            $({
                let row = Row {
                    surface: &mut *surface,
                    operation: Operation::$operation,
                    import: import!($interface $kind $name),
                };
                row.$row $(::<$($generic),+>)? ($($run)?)?;
            })*
            Ok(())
        }
    )*};
}

operations!(add);

/// A row, on its way to a surface.
struct Row<'a, S> {
    surface: &'a mut S,
    operation: Operation,
    import: &'static str,
}

/// The rows of mappings.
impl<S: Surface> Row<'_, S> {
    fn file_map(self) -> Result<()> {
        self.surface.may_wait(
            self.import,
            |call, (path, options): (Text, MapOptions)| {
                let (ctx, store) = (call.ctx.inner.clone(), call.store);
                Ok(move || ctx.map(store, &path.0, options))
            },
            hand_over,
        )
    }

    fn size(self) -> Result<()> {
        let operation = self.operation;
        self.surface.number(self.import, move |call, (mapping,)| {
            let mapping: &Handle = call.get(mapping)?;
            let size = |mapping: &Mapping| Ok(mapping.size());
            Ok(mapping.quick_call(operation, mapping.all(), size)?)
        })
    }

    /// Reads a list of `V`, which have `N` bytes each.
    fn read<V: Value<N> + 'static, A: Arguments, const N: usize>(
        self,
        ranges: impl Fn(A) -> (Borrowed<Handle>, Ranges) + Copy + Send + Sync + 'static,
    ) -> Result<()> {
        self.surface
            .read::<V, A, N>(self.import, self.operation, ranges)
    }

    fn write(self) -> Result<()> {
        let operation = self.operation;
        self.surface
            .write(self.import, move |mapping, store, offset, bytes| {
                let length = bytes.len() as u64;
                mapping.quick_call(operation, ByteRange { offset, length }, |mapping| {
                    mapping.write(store, offset, bytes)
                })
            })
    }

    /// Loads a `V`, which has `N` bytes.
    fn load<V: Value<N> + 'static, const N: usize>(self) -> Result<()> {
        let operation = self.operation;
        self.surface
            .in_place(self.import, move |call, (mapping, offset)| {
                let mapping: &Handle = call.get(mapping)?;
                let bytes = mapping.quick_call(operation, bytes_at::<N>(offset), |mapping| {
                    mapping.load(offset)
                });
                Ok(bytes.map(Loaded::<V, N>::new))
            })
    }

    /// Stores a `V`, which has `N` bytes.
    fn store<V: Argument, const N: usize>(self, to_bytes: fn(V) -> [u8; N]) -> Result<()> {
        let operation = self.operation;
        self.surface
            .in_place(self.import, move |call, (mapping, offset, value)| {
                let mapping: &Handle = call.get(mapping)?;
                let bytes = to_bytes(value);
                Ok(
                    mapping.quick_call(operation, bytes_at::<N>(offset), |mapping| {
                        mapping.store(call.store, offset, bytes)
                    }),
                )
            })
    }

    /// Works on the pages of a range.
    fn in_place<E: Extent>(self, run: fn(&Mapping, E) -> Outcome<()>) -> Result<()> {
        let operation = self.operation;
        self.surface
            .in_place(self.import, move |call, (mapping, extent)| {
                Ok(on_pages(call.get(mapping)?, operation, extent, run))
            })
    }

    /// Works on the pages of a range, in the way that `W` says.
    fn in_place_with<E: Extent, W: Argument>(
        self,
        run: fn(&Mapping, E, W) -> Outcome<()>,
    ) -> Result<()> {
        let operation = self.operation;
        self.surface
            .in_place(self.import, move |call, (mapping, extent, way)| {
                let run = |mapping: &Mapping, extent| run(mapping, extent, way);
                Ok(on_pages(call.get(mapping)?, operation, extent, run))
            })
    }

    /// As `in_place`, for what may have to wait for the disk.
    fn waits<E: Extent>(self, run: fn(&Mapping, E) -> Outcome<()>) -> Result<()> {
        let operation = self.operation;
        self.surface.may_wait(
            self.import,
            move |call, (mapping, extent)| {
                let mapping = Handle::clone(call.get(mapping)?);
                Ok(move || on_pages(&mapping, operation, extent, run))
            },
            |_, outcome| Ok(outcome),
        )
    }

    /// As `in_place_with`, for what may have to wait for the disk.
    fn waits_with<E: Extent, W: Argument>(
        self,
        run: fn(&Mapping, E, W) -> Outcome<()>,
    ) -> Result<()> {
        let operation = self.operation;
        self.surface.may_wait(
            self.import,
            move |call, (mapping, extent, way)| {
                let mapping = Handle::clone(call.get(mapping)?);
                let run = move |mapping: &Mapping, extent| run(mapping, extent, way);
                Ok(move || on_pages(&mapping, operation, extent, run))
            },
            |_, outcome| Ok(outcome),
        )
    }

    fn unmap(self) -> Result<()> {
        let operation = self.operation;
        self.surface.may_wait(
            self.import,
            move |mut call, (mapping,)| {
                let mapping: Handle = call.take(mapping)?;
                Ok(move || mapping.unmap(operation))
            },
            |_, outcome| Ok(outcome),
        )
    }

    fn drop_mapping(self) -> Result<()> {
        let operation = self.operation;
        self.surface
            .resource(self.import, move |_, mapping: Handle| {
                mapping.drop_handle(operation);
            })
    }
}

/// The rows of windows.
impl<S: Surface> Row<'_, S> {
    fn attach(self) -> Result<()> {
        let operation = self.operation;
        self.surface
            .in_place(self.import, move |call, (mapping, offset, buffer)| {
                let Buffer(buffer) = buffer;
                let mapping: &Handle = call.get(mapping)?;
                let window =
                    Window::attach(operation, call.ctx, call.store, mapping, offset, buffer);
                hand_over(call, window)
            })
    }

    fn check(self) -> Result<()> {
        let operation = self.operation;
        self.surface.in_place(self.import, move |call, (window,)| {
            let window: &Window = call.get(window)?;
            Ok(window.check(operation))
        })
    }

    fn detach(self) -> Result<()> {
        let operation = self.operation;
        self.surface
            .in_place(self.import, move |mut call, (window,)| {
                let window: Window = call.take(window)?;
                Ok(window.detach(operation, call.store))
            })
    }

    fn drop_window(self) -> Result<()> {
        let operation = self.operation;
        self.surface
            .resource(self.import, move |store, window: Window| {
                // The guest did not ask whether it works.
                let _ = window.detach(operation, store);
            })
    }
}

/// Gives the guest a handle of what it made.
pub(crate) fn hand_over<H: Handles, R: Held>(
    mut call: Call<'_, H>,
    made: Outcome<R>,
) -> Result<Outcome<Owned<R>>> {
    match made {
        Ok(held) => Ok(Ok(call.push(held)?)),
        Err(error) => Ok(Err(error)),
    }
}

/// Runs a call that works on the pages of `extent`.
fn on_pages<E: Extent>(
    mapping: &Handle,
    operation: Operation,
    extent: E,
    run: impl FnOnce(&Mapping, E) -> Outcome<()>,
) -> Outcome<()> {
    let range = extent.range(mapping);
    mapping.call(operation, range, |mapping| run(mapping, extent))
}

/// An argument that every kind of guest can pass.
trait Argument: FromComponent + FromCore + Send {}

impl<A: FromComponent + FromCore + Send> Argument for A {}

/// The part of a mapping that a call is about.
trait Extent: Argument {
    /// The range to count and trace.
    fn range(&self, mapping: &Mapped) -> ByteRange;
}

impl Extent for Option<ByteRange> {
    fn range(&self, mapping: &Mapped) -> ByteRange {
        self.unwrap_or_else(|| mapping.all())
    }
}

impl Extent for Vec<ByteRange> {
    fn range(&self, _: &Mapped) -> ByteRange {
        total(self)
    }
}

#[inline]
fn bytes_at<const N: usize>(offset: u64) -> ByteRange {
    let length = N as u64;
    ByteRange { offset, length }
}
