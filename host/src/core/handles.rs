//! The handles of core modules.

use crate::calls::Handle;
use crate::handles::{Borrowed, Entry, Handles, Held, Owned};
use slab::Slab;
use std::marker::PhantomData;
use wasmtime::component::{Resource, ResourceTable, ResourceTableError};
use wasmtime::error::Context as _;
use wasmtime::{Result, format_err};

/// A table of the handles of core modules. They count from 1: 0 is no handle to
/// the bindings of guests.
pub(super) trait Entries: Send + 'static {
    /// # Errors
    ///
    /// If there are too many.
    fn push(&mut self, entry: Entry) -> Result<u32>;

    /// # Errors
    ///
    /// If the handle is not known.
    fn get(&self, handle: u32) -> Result<&Entry>;

    /// # Errors
    ///
    /// If the handle is not known.
    fn get_mut(&mut self, handle: u32) -> Result<&mut Entry>;

    /// # Errors
    ///
    /// If the handle is not known.
    fn remove(&mut self, handle: u32) -> Result<Entry>;
}

/// The handles that `E` holds.
pub(super) struct CoreHandles<E>(PhantomData<E>);

impl<E: Entries> Handles for CoreHandles<E> {
    type Table = E;

    #[inline]
    fn get<R: Held>(table: &E, handle: Borrowed<R>) -> Result<&R> {
        let entry = table.get(handle.number)?;
        R::of_entry(entry).ok_or_else(|| mismatch(entry, handle.number))
    }

    fn take<R: Held>(table: &mut E, handle: Owned<R>) -> Result<R> {
        // A handle of another type stays.
        Self::get(table, handle.borrow())?;
        R::from_entry(table.remove(handle.number)?).map_err(|entry| mismatch(&entry, handle.number))
    }

    fn push<R: Held>(table: &mut E, held: R) -> Result<Owned<R>> {
        table.push(held.into_entry()).map(Owned::new)
    }
}

impl<E: Entries> CoreHandles<E> {
    /// Takes a mapping out of the table until it is given back. The handle stays.
    ///
    /// # Errors
    ///
    /// If the handle is not a mapping's.
    #[inline]
    pub(super) fn lend(table: &mut E, handle: Borrowed<Handle>) -> Result<Handle> {
        let entry = table.get_mut(handle.number)?;
        match std::mem::replace(entry, Entry::Lent) {
            Entry::Mapping(mapping) => Ok(mapping),
            other => {
                let error = mismatch(&other, handle.number);
                *entry = other;
                Err(error)
            }
        }
    }

    /// Undoes `lend`, and returns the mapping.
    ///
    /// # Errors
    ///
    /// If the handle is gone.
    #[inline]
    pub(super) fn give_back(
        table: &mut E,
        handle: Borrowed<Handle>,
        mapping: Handle,
    ) -> Result<&Handle> {
        *table.get_mut(handle.number)? = Entry::Mapping(mapping);
        Self::get(table, handle)
    }
}

/// The error of a handle that does not stand for what it is used as.
#[cold]
fn mismatch(entry: &Entry, handle: u32) -> wasmtime::Error {
    match entry {
        Entry::Lent => format_err!("the guest's realloc uses the mapping that it runs for"),
        Entry::Mapping(_) | Entry::Window(_) => wrong_type(handle),
    }
}

/// The handles of all core modules of a store.
impl Entries for ResourceTable {
    fn push(&mut self, entry: Entry) -> Result<u32> {
        let index = ResourceTable::push(self, entry)?.rep();
        index.checked_add(1).context("too many handles")
    }

    #[inline]
    fn get(&self, handle: u32) -> Result<&Entry> {
        let entry = ResourceTable::get(self, &key(handle)?);
        entry.map_err(|error| table_error(handle, error))
    }

    #[inline]
    fn get_mut(&mut self, handle: u32) -> Result<&mut Entry> {
        let entry = ResourceTable::get_mut(self, &key(handle)?);
        entry.map_err(|error| table_error(handle, error))
    }

    fn remove(&mut self, handle: u32) -> Result<Entry> {
        // The table would drop an entry of another type.
        Entries::get(self, handle)?;
        let removed = ResourceTable::delete(self, Resource::new_own(key(handle)?.rep()));
        removed.map_err(|error| table_error(handle, error))
    }
}

/// The table counts from 0.
#[inline]
fn key(handle: u32) -> Result<Resource<Entry>> {
    match handle.checked_sub(1) {
        Some(index) => Ok(Resource::new_borrow(index)),
        None => Err(unknown(handle)),
    }
}

/// The handles of one instance. A [`ResourceTable`] takes longer to look one up,
/// because it has to check the type of each entry.
impl Entries for Slab<Entry> {
    fn push(&mut self, entry: Entry) -> Result<u32> {
        let handle = u32::try_from(self.vacant_key() + 1).context("too many handles")?;
        self.insert(entry);
        Ok(handle)
    }

    #[inline]
    fn get(&self, handle: u32) -> Result<&Entry> {
        let entry = Slab::get(self, index(handle));
        entry.ok_or_else(|| unknown(handle))
    }

    #[inline]
    fn get_mut(&mut self, handle: u32) -> Result<&mut Entry> {
        let entry = Slab::get_mut(self, index(handle));
        entry.ok_or_else(|| unknown(handle))
    }

    fn remove(&mut self, handle: u32) -> Result<Entry> {
        self.try_remove(index(handle))
            .ok_or_else(|| unknown(handle))
    }
}

/// The slab counts from 0, and has no entry of the largest number.
#[inline]
fn index(handle: u32) -> usize {
    (handle as usize).wrapping_sub(1)
}

#[cold]
fn table_error(handle: u32, error: ResourceTableError) -> wasmtime::Error {
    match error {
        ResourceTableError::NotPresent => unknown(handle),
        ResourceTableError::WrongType => wrong_type(handle),
        error => error.into(),
    }
}

#[cold]
fn unknown(handle: u32) -> wasmtime::Error {
    format_err!("unknown handle index {handle}")
}

#[cold]
fn wrong_type(handle: u32) -> wasmtime::Error {
    format_err!("handle index {handle} used with the wrong type")
}
