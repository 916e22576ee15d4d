//! The handles of core modules.

use crate::MemCtx;
use crate::linker;
use crate::window::Window;
use slab::Slab;
use wasmtime::component::{Resource, ResourceTable, ResourceTableError};
use wasmtime::error::Context as _;
use wasmtime::{Result, format_err};

/// What a function has to do with beside the guest's memory.
pub(super) struct Reach<'a, H> {
    pub(super) ctx: &'a MemCtx,
    pub(super) handles: &'a mut H,
}

/// What a handle stands for. The resource table holds it as a type of its own,
/// so that core modules cannot guess the handles of components.
pub(super) enum Entry {
    Mapping(linker::Handle),
    /// A mapping while the guest's realloc runs for a read from it.
    Taken,
    Window(Window),
}

/// Where handles are looked up. They count from 1: 0 is no handle to the
/// bindings of guests.
pub(super) trait Handles: Send + 'static {
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
    fn delete(&mut self, handle: u32) -> Result<Entry>;

    /// # Errors
    ///
    /// If the handle is not that of a mapping, or its mapping is taken.
    #[inline]
    fn mapping(&self, handle: u32) -> Result<&linker::Handle> {
        match self.get(handle)? {
            Entry::Mapping(mapping) => Ok(mapping),
            other => Err(other.is_no_mapping(handle)),
        }
    }

    /// Takes a mapping until it is put back.
    ///
    /// # Errors
    ///
    /// As for `mapping`.
    #[inline]
    fn take(&mut self, handle: u32) -> Result<linker::Handle> {
        match std::mem::replace(self.get_mut(handle)?, Entry::Taken) {
            Entry::Mapping(mapping) => Ok(mapping),
            other => {
                let error = other.is_no_mapping(handle);
                *self.get_mut(handle)? = other;
                Err(error)
            }
        }
    }

    /// Undoes `take`, and returns the mapping.
    ///
    /// # Errors
    ///
    /// If the handle is gone.
    #[inline]
    fn put_back(&mut self, handle: u32, mapping: linker::Handle) -> Result<&linker::Handle> {
        *self.get_mut(handle)? = Entry::Mapping(mapping);
        self.mapping(handle)
    }

    /// Takes the mapping and its handle out of the table.
    ///
    /// # Errors
    ///
    /// As for `mapping`: then the handle stays.
    fn delete_mapping(&mut self, handle: u32) -> Result<linker::Handle> {
        self.mapping(handle)?;
        match self.delete(handle)? {
            Entry::Mapping(mapping) => Ok(mapping),
            other => Err(other.is_no_mapping(handle)),
        }
    }

    /// # Errors
    ///
    /// If the handle is not that of a window.
    fn window(&self, handle: u32) -> Result<&Window> {
        match self.get(handle)? {
            Entry::Window(window) => Ok(window),
            _ => Err(wrong_type(handle)),
        }
    }

    /// Takes the window and its handle out of the table.
    ///
    /// # Errors
    ///
    /// As for `window`: then the handle stays.
    fn delete_window(&mut self, handle: u32) -> Result<Window> {
        self.window(handle)?;
        match self.delete(handle)? {
            Entry::Window(window) => Ok(window),
            _ => Err(wrong_type(handle)),
        }
    }
}

impl Entry {
    #[cold]
    fn is_no_mapping(&self, handle: u32) -> wasmtime::Error {
        match self {
            Self::Taken => format_err!("the guest's realloc uses the mapping that it runs for"),
            Self::Mapping(_) | Self::Window(_) => wrong_type(handle),
        }
    }
}

/// The handles of all core modules of a store.
impl Handles for ResourceTable {
    fn push(&mut self, entry: Entry) -> Result<u32> {
        let index = ResourceTable::push(self, entry)?.rep();
        index.checked_add(1).context("too many handles")
    }

    #[inline]
    fn get(&self, handle: u32) -> Result<&Entry> {
        let entry = ResourceTable::get(self, &key(handle)?);
        entry.map_err(|error| told(handle, error))
    }

    #[inline]
    fn get_mut(&mut self, handle: u32) -> Result<&mut Entry> {
        let entry = ResourceTable::get_mut(self, &key(handle)?);
        entry.map_err(|error| told(handle, error))
    }

    fn delete(&mut self, handle: u32) -> Result<Entry> {
        // The table would drop an entry of another type.
        Handles::get(self, handle)?;
        let deleted = ResourceTable::delete(self, Resource::new_own(key(handle)?.rep()));
        deleted.map_err(|error| told(handle, error))
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

/// The handles of one instance: looked up in less time than in a
/// [`ResourceTable`], which has to ask of what type its entries are.
impl Handles for Slab<Entry> {
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

    fn delete(&mut self, handle: u32) -> Result<Entry> {
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
fn told(handle: u32, error: ResourceTableError) -> wasmtime::Error {
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
