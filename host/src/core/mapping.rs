//! The functions of the interface `mapping`, but for its reads of lists.

use super::abi::{self, Enum};
use super::exports::Find;
use super::handle::{Entry, Handles, Reach};
use super::interface::{Interface, Outcome, done};
use crate::Error;
use crate::bindings::wit;
use crate::linker::{Handle, View};
use mem_mapping::{FlushMode, MapOptions};
use wasmtime::{Caller, Result, WasmTy};

impl<T: Send + 'static, V: View<T>, F: Find> Interface<'_, T, V, F> {
    pub(super) fn add_mappings(&mut self) -> Result<()> {
        self.add_handles()?;
        self.add_scalars()?;
        self.in_place("[method]mapping.write", |call, reach, params| {
            let (this, offset, list, length): (u32, u64, u32, u32) = params;
            let bytes = abi::list(call.memory, (list, length), 1)?;
            let mapping = reach.handles.mapping(this)?;
            Ok(done(mapping.write(call.store, offset, bytes)))
        })?;
        self.add_page_functions()
    }

    fn add_handles(&mut self) -> Result<()> {
        let (view, find) = (self.view, self.find.clone());
        let drop_handle = move |mut caller: Caller<'_, T>, this: u32| {
            let Reach { handles, .. } = find.reach(view, caller.data_mut())?;
            let mapping = handles.delete_mapping(this)?;
            mapping.drop_handle();
            Ok(())
        };
        self.linker
            .func_wrap(self.module, "[resource-drop]mapping", drop_handle)?;
        let find = self.find.clone();
        let size = move |mut caller: Caller<'_, T>, this: u32| {
            let Reach { handles, .. } = find.reach(view, caller.data_mut())?;
            Ok(handles.mapping(this)?.size())
        };
        self.linker
            .func_wrap(self.module, "[method]mapping.size", size)?;
        self.may_block(
            "file-map",
            |call, reach, params| {
                let (path, path_length, access, flags, offset, has_length, length) = params;
                let options: MapOptions = wit::MapOptions {
                    access: wit::Access::case(access)?,
                    flags: abi::map_flags(flags),
                    offset,
                    length: abi::option(has_length, length)?,
                }
                .into();
                let path = abi::string(call.memory, (path, path_length), call.limit)?;
                let ctx = reach.ctx.inner.clone();
                let by = call.store;
                Ok(move || ctx.map(by, &path, options))
            },
            |reach, mapped: std::result::Result<Handle, Error>| match mapped {
                Ok(mapping) => {
                    let entry = Entry::Mapping(mapping);
                    Ok(Ok(reach.handles.push(entry)?.to_le_bytes()))
                }
                Err(error) => Ok(Err(error)),
            },
        )?;
        self.may_block(
            "[static]mapping.unmap",
            |_, reach, (this,): (u32,)| {
                let mapping = reach.handles.delete_mapping(this)?;
                Ok(move || mapping.unmap())
            },
            finish,
        )
    }

    fn add_scalars(&mut self) -> Result<()> {
        self.load::<1>("[method]mapping.load-u8")?;
        self.load::<2>("[method]mapping.load-u16")?;
        self.load::<4>("[method]mapping.load-u32")?;
        self.load::<8>("[method]mapping.load-u64")?;
        self.load::<64>("[method]mapping.load-u64x8")?;
        // What a number has beyond its type's size does not count.
        self.store("[method]mapping.store-u8", |v: u32| [v.to_le_bytes()[0]])?;
        self.store("[method]mapping.store-u16", |v: u32| {
            (v as u16).to_le_bytes()
        })?;
        self.store("[method]mapping.store-u32", u32::to_le_bytes)?;
        self.store("[method]mapping.store-u64", u64::to_le_bytes)
    }

    fn load<const N: usize>(&mut self, name: &str) -> Result<()> {
        self.in_place(name, |_, reach, (this, offset): (u32, u64)| {
            Ok(reach.handles.mapping(this)?.load::<N>(offset))
        })
    }

    fn store<S: WasmTy + Copy + 'static, const N: usize>(
        &mut self,
        name: &str,
        to_bytes: fn(S) -> [u8; N],
    ) -> Result<()> {
        self.in_place(name, move |call, reach, params| {
            let (this, offset, value): (u32, u64, S) = params;
            let mapping = reach.handles.mapping(this)?;
            Ok(done(mapping.store(call.store, offset, to_bytes(value))))
        })
    }

    /// What works on whole pages.
    fn add_page_functions(&mut self) -> Result<()> {
        self.may_block(
            "[method]mapping.flush",
            |_, reach, (this, some, offset, length, mode)| {
                let range = abi::maybe_range((some, offset, length))?;
                let mode: FlushMode = wit::FlushMode::case(mode)?.into();
                let mapping = reach.handles.mapping(this)?.clone();
                Ok(move || mapping.flush(range, mode))
            },
            finish,
        )?;
        self.may_block(
            "[method]mapping.lock",
            |_, reach, (this, some, offset, length)| {
                let range = abi::maybe_range((some, offset, length))?;
                let mapping = reach.handles.mapping(this)?.clone();
                Ok(move || mapping.lock(range))
            },
            finish,
        )?;
        self.may_block(
            "[method]mapping.advise",
            |_, reach, (this, some, offset, length, advice)| {
                let range = abi::maybe_range((some, offset, length))?;
                let advice = wit::Advice::case(advice)?.into();
                let mapping = reach.handles.mapping(this)?.clone();
                Ok(move || mapping.advise(range, advice))
            },
            finish,
        )?;
        self.in_place(
            "[method]mapping.unlock",
            |_, reach, (this, some, offset, length)| {
                let range = abi::maybe_range((some, offset, length))?;
                Ok(done(reach.handles.mapping(this)?.unlock(range)))
            },
        )?;
        self.in_place(
            "[method]mapping.protect",
            |_, reach, (this, some, offset, length, protection)| {
                let range = abi::maybe_range((some, offset, length))?;
                let protection = wit::Protection::case(protection)?.into();
                let mapping = reach.handles.mapping(this)?;
                Ok(done(mapping.protect(range, protection)))
            },
        )
    }
}

fn finish<H>(_: Reach<'_, H>, result: std::result::Result<(), Error>) -> Result<Outcome<1>> {
    Ok(done(result))
}
