//! A mapping and what can be done with it, one operation a file.

mod advise;
mod attached;
mod copy;
mod flush;
mod lock;
mod mapped;
mod origin;
mod pages;
mod protect;
mod runs;
mod window;

pub use self::attached::Attachment;
pub use self::mapped::Mapping;
pub(crate) use self::mapped::Request;
pub(crate) use self::protect::exec_not_granted;
pub use self::window::WindowSource;
