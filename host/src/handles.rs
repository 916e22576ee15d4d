//! What a call gets to work with: the context, and the values behind handles.

use crate::calls::Handle;
use crate::ctx::MemCtx;
use crate::window::Window;
use mem_contract::ErrorCode;
use mem_mapping::StoreId;
use std::marker::PhantomData;
use wasmtime::Result;

/// What a guest gets: an error of the mapping is the guest's, and not a trap.
pub(crate) type Outcome<V> = std::result::Result<V, ErrorCode>;

/// A call of a guest.
pub(crate) struct Call<'a, H: Handles> {
    pub(crate) store: StoreId,
    pub(crate) ctx: &'a MemCtx,
    pub(crate) table: &'a mut H::Table,
}

impl<H: Handles> Call<'_, H> {
    /// # Errors
    ///
    /// If the handle is not one of the guest's, or of another type.
    #[inline]
    pub(crate) fn get<R: Held>(&self, handle: Borrowed<R>) -> Result<&R> {
        H::get(self.table, handle)
    }

    /// Takes a value and its handle out of the table.
    ///
    /// # Errors
    ///
    /// As for `get`: then the handle stays.
    pub(crate) fn take<R: Held>(&mut self, handle: Owned<R>) -> Result<R> {
        H::take(self.table, handle)
    }

    /// Gives the guest a handle.
    ///
    /// # Errors
    ///
    /// If there are too many.
    pub(crate) fn push<R: Held>(&mut self, held: R) -> Result<Owned<R>> {
        H::push(self.table, held)
    }
}

/// Where the handles of a kind of guest are looked up.
pub(crate) trait Handles: 'static {
    type Table;

    /// See [`Call::get`].
    fn get<R: Held>(table: &Self::Table, handle: Borrowed<R>) -> Result<&R>;

    /// See [`Call::take`].
    fn take<R: Held>(table: &mut Self::Table, handle: Owned<R>) -> Result<R>;

    /// See [`Call::push`].
    fn push<R: Held>(table: &mut Self::Table, held: R) -> Result<Owned<R>>;
}

/// A handle that a guest lends for a call.
pub(crate) struct Borrowed<R> {
    pub(crate) number: u32,
    held: PhantomData<fn() -> R>,
}

impl<R> Clone for Borrowed<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Borrowed<R> {}

impl<R> Borrowed<R> {
    #[inline]
    pub(crate) fn new(number: u32) -> Self {
        Self {
            number,
            held: PhantomData,
        }
    }
}

/// A handle that a guest gives up, or gets.
pub(crate) struct Owned<R> {
    pub(crate) number: u32,
    held: PhantomData<fn() -> R>,
}

impl<R> Owned<R> {
    pub(crate) fn new(number: u32) -> Self {
        Self {
            number,
            held: PhantomData,
        }
    }

    pub(crate) fn borrow(&self) -> Borrowed<R> {
        Borrowed::new(self.number)
    }
}

/// A resource of the WIT.
pub(crate) trait Held: Sized + Send + Sync + 'static {
    fn into_entry(self) -> Entry;

    fn of_entry(entry: &Entry) -> Option<&Self>;

    /// # Errors
    ///
    /// The entry, if it is another resource.
    fn from_entry(entry: Entry) -> std::result::Result<Self, Entry>;
}

/// What a handle of a core module stands for. The resource table holds it as a
/// type of its own, so that core modules cannot guess the handles of components.
pub(crate) enum Entry {
    Mapping(Handle),
    /// A mapping while the guest's realloc runs for a read from it.
    Lent,
    Window(Window),
}

macro_rules! held {
    ($($type:ty: $entry:ident;)*) => {$(
        impl Held for $type {
            fn into_entry(self) -> Entry {
                Entry::$entry(self)
            }

            #[inline]
            fn of_entry(entry: &Entry) -> Option<&Self> {
                match entry {
                    Entry::$entry(held) => Some(held),
                    _ => None,
                }
            }

            fn from_entry(entry: Entry) -> std::result::Result<Self, Entry> {
                match entry {
                    Entry::$entry(held) => Ok(held),
                    other => Err(other),
                }
            }
        }
    )*};
}

held! {
    Handle: Mapping;
    Window: Window;
}
