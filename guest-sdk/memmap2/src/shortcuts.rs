//! Maps with the usual options.

use std::io::Result;

use crate::descriptor::MmapAsRawDesc;
use crate::mmap::Mmap;
use crate::mmap_mut::MmapMut;
use crate::mmap_raw::MmapRaw;
use crate::options::MmapOptions;
use crate::safe::MapIfSafeError;

impl Mmap {
    /// [`MmapOptions::map`] with no options.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    ///
    /// # Safety
    ///
    /// That of [`MmapOptions::map`].
    pub unsafe fn map<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        // SAFETY: the caller promises what this call asks for.
        unsafe { MmapOptions::new().map(file) }
    }

    /// [`MmapOptions::map_if_safe`] with no options.
    ///
    /// # Errors
    ///
    /// Those of [`MmapOptions::map_if_safe`].
    pub fn map_if_safe<T: MmapAsRawDesc>(file: T) -> std::result::Result<Self, MapIfSafeError> {
        MmapOptions::new().map_if_safe(file)
    }
}

impl MmapMut {
    /// [`MmapOptions::map_mut`] with no options.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    ///
    /// # Safety
    ///
    /// That of [`MmapOptions::map`].
    pub unsafe fn map_mut<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        // SAFETY: the caller promises what this call asks for.
        unsafe { MmapOptions::new().map_mut(file) }
    }

    /// `length` zero bytes that belong to no file.
    ///
    /// # Errors
    ///
    /// Those of [`MmapOptions::map_anon`].
    pub fn map_anon(length: usize) -> Result<Self> {
        MmapOptions::new().len(length).map_anon()
    }
}

impl MmapRaw {
    /// [`MmapOptions::map_raw`] with no options.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    pub fn map_raw<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        MmapOptions::new().map_raw(file)
    }
}
