//! What an input makes the guests and the host do.

use super::model::STORES;
use crate::input::{Number, Pick, all};
use arbitrary::Arbitrary;

pub const FILES: [&str; 2] = ["rw/a", "rw/b"];
/// Paths of the guest, and the files they name. The last is a second name of the
/// first file.
pub const PATHS: [(&str, usize); 3] = [("a", 0), ("b", 1), ("again", 0)];

#[derive(Arbitrary, Debug)]
pub struct Input {
    pub lengths: [u16; 2],
    /// Whether each store can have windows.
    pub windows: [u8; STORES],
    /// Bits: four for the instances that use their store's table, and one for one
    /// context for all.
    pub sharing: u8,
    /// How many mappings and descriptors the process can have.
    pub limits: [u8; 2],
    /// What each guest maps before the first step.
    pub maps: [u8; 4],
    #[arbitrary(with = all)]
    pub steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
pub struct Step {
    /// Which guest takes the step. Mostly it is one that has the handle it needs.
    pub who: u8,
    pub operation: Operation,
}

#[derive(Arbitrary, Debug)]
pub enum Operation {
    /// A path and an access, whether to make the file longer, and the range.
    Map(u8, bool, Number, Option<Number>),
    /// All of the file.
    MapAll(u8),
    /// A mapping, an offset in it, an address and a length in pages, and how many
    /// bytes to add to these two.
    Attach(Pick, Number, u8, u8, Option<(u8, u8)>),
    /// Whole pages from the start of a mapping.
    AttachFirst(Pick, u8, u8),
    AttachPage(Pick, u8),
    Check(Pick),
    Detach(Pick),
    DropWindow(Pick),
    Unmap(Pick),
    Drop(Pick),
    /// The guest loads from its memory, and stores to it.
    Load(u8, u16),
    Store(u8, u16, u64),
    /// The host loads from a mapping, and stores to it.
    LoadMapped(Pick, Number),
    StoreMapped(Pick, Number, u64),
    /// The host copies from the guest's memory to a mapping, and back.
    Write(Pick, Number, Number, u16),
    Read(Pick, Number, Number, u16),
    Flush(Pick, Option<(Number, Number)>, bool),
    Protect(Pick, Option<(Number, Number)>, bool),
    /// The host makes a file shorter or longer, and writes to it.
    Resize(bool, Number),
    Overwrite(bool, Number, u64),
    /// The store's table is dropped, perhaps on another thread.
    DropTable(bool),
    /// The stores get the tables of each other.
    SwapTables,
    /// The whole store is dropped.
    DropStore(u8),
    Compare,
}

/// The kind of handle that an operation needs.
pub enum Needs {
    Nothing,
    Mapping,
    Window,
}

impl Operation {
    pub fn needs(&self) -> Needs {
        match self {
            Self::Check(_) | Self::Detach(_) | Self::DropWindow(_) => Needs::Window,
            Self::Map(..)
            | Self::MapAll(_)
            | Self::Load(..)
            | Self::Store(..)
            | Self::Resize(..)
            | Self::Overwrite(..)
            | Self::DropTable(_)
            | Self::SwapTables
            | Self::DropStore(_)
            | Self::Compare => Needs::Nothing,
            _ => Needs::Mapping,
        }
    }
}
