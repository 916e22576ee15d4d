//! The handles of core modules.

use crate::linker;
use crate::window::Window;
use wasmtime::component::{Resource, ResourceTable, ResourceTableError};
use wasmtime::error::Context as _;
use wasmtime::{Result, format_err};

/// What the resource table holds for a core module's handle of a mapping. It
/// is another type than for components, whose handles nobody can guess.
pub(super) struct Entry {
    /// None while the guest's realloc runs for a read from it.
    mapping: Option<linker::Handle>,
}

impl Entry {
    pub(super) fn new(mapping: linker::Handle) -> Self {
        let mapping = Some(mapping);
        Self { mapping }
    }

    /// # Errors
    ///
    /// If it is taken.
    #[inline]
    pub(super) fn mapping(&self) -> Result<&linker::Handle> {
        self.mapping.as_ref().ok_or_else(taken)
    }

    /// Takes the mapping out of the table.
    ///
    /// # Errors
    ///
    /// If it is taken.
    #[inline]
    pub(super) fn take(&mut self) -> Result<linker::Handle> {
        self.mapping.take().ok_or_else(taken)
    }

    /// Undoes `take`.
    #[inline]
    pub(super) fn put_back(&mut self, mapping: linker::Handle) -> &linker::Handle {
        self.mapping.insert(mapping)
    }
}

#[cold]
fn taken() -> wasmtime::Error {
    format_err!("the guest's realloc uses the mapping that it runs for")
}

/// What the resource table holds for a core module's handle of a window.
pub(super) struct WindowEntry(pub(super) Window);

/// A handle for a new entry of the table.
pub(super) fn push<E: Send + 'static>(table: &mut ResourceTable, entry: E) -> Result<u32> {
    let index = table.push(entry)?.rep();
    index.checked_add(1).context("too many handles")
}

#[inline]
pub(super) fn get<E: 'static>(table: &ResourceTable, handle: u32) -> Result<&E> {
    table
        .get(&key(handle)?)
        .map_err(|error| told(handle, error))
}

#[inline]
pub(super) fn get_mut<E: 'static>(table: &mut ResourceTable, handle: u32) -> Result<&mut E> {
    let entry = table.get_mut(&key(handle)?);
    entry.map_err(|error| told(handle, error))
}

pub(super) fn delete<E: 'static>(table: &mut ResourceTable, handle: u32) -> Result<E> {
    // The table would drop an entry of another type.
    get::<E>(table, handle)?;
    let deleted = table.delete(Resource::new_own(key::<E>(handle)?.rep()));
    deleted.map_err(|error| told(handle, error))
}

#[inline]
pub(super) fn mapping(table: &ResourceTable, handle: u32) -> Result<&linker::Handle> {
    get::<Entry>(table, handle)?.mapping()
}

/// Takes the mapping and the handle out of the table.
///
/// # Errors
///
/// If the handle is not known, or its mapping is taken: then the handle stays.
pub(super) fn delete_mapping(table: &mut ResourceTable, handle: u32) -> Result<linker::Handle> {
    mapping(table, handle)?;
    delete::<Entry>(table, handle)?.take()
}

/// The table counts from 0, which is no handle to the bindings of guests.
#[inline]
fn key<E: 'static>(handle: u32) -> Result<Resource<E>> {
    match handle.checked_sub(1) {
        Some(index) => Ok(Resource::new_borrow(index)),
        None => Err(told(handle, ResourceTableError::NotPresent)),
    }
}

#[cold]
fn told(handle: u32, error: ResourceTableError) -> wasmtime::Error {
    match error {
        ResourceTableError::NotPresent => format_err!("unknown handle index {handle}"),
        ResourceTableError::WrongType => {
            format_err!("handle index {handle} used with the wrong type")
        }
        error => error.into(),
    }
}
