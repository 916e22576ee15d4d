//! An index of the words of a text. Queries read it where it lies.
//!
//! Everything here works on `&[u8]`, whether that is a window on a mapped file
//! or a plain buffer: [`Plan`] writes an index, [`Index`] is one that was
//! written, and [`find`] answers a [`Query`] from the two. [`format`](mod@format)
//! describes the bytes.
//!
//! ```
//! use search::{Case, Index, Plan, Query};
//!
//! let text = b"apple red\npear green\nplum blue\n";
//! let plan = Plan::new(text, |_| ())?;
//! let mut bytes = vec![0; plan.size()];
//! plan.write(text, &mut bytes, |_| ())?;
//!
//! let index = Index::open(&bytes)?;
//! let query = Query::new(["P*", "blue"], Case::Ignored)?;
//! let found = search::find(&index, text, &query)?;
//! let lines = found.collect::<Result<Vec<_>, _>>()?;
//! assert_eq!((lines.len(), lines[0].number, lines[0].bytes), (1, 3, &b"plum blue"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blocks;
mod error;
mod find;
pub mod format;
mod index;
mod plan;
mod query;
mod words;

pub use error::{Error, QueryError};
pub use find::{Line, find};
pub use index::Index;
pub use plan::Plan;
pub use query::{Case, Query};
