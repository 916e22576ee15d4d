//! Unix: system calls, and the signal of a page that is gone.

mod errors;
mod files;
mod limits;
mod pages;
mod reservation;
mod signals;

pub(crate) use self::errors::{classify, explain, is_by_mode};
pub use self::files::OPEN_FLAGS;
pub(crate) use self::files::{
    FileId, file_id, has_pages_of_the_system, lacks_room, lengthen, open_without_side_effects,
};
pub(crate) use self::limits::{max_descriptors, max_kernel_mappings, max_locked_bytes};
pub(crate) use self::pages::{
    advise, give_up_spare_mapping, put_file_pages, put_shared_zero_pages, take_spare_mapping,
};
pub use self::pages::{discard_pages, put_zero_pages, resident_pages};
pub use self::reservation::Reservation;
pub(crate) use self::signals::{on_bus_error, pause, unblock_bus_errors};
