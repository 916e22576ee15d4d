//! Where relative paths start.

use std::borrow::Cow;
use std::env;

use super::Result;
use crate::ErrorCode;

/// The path as the host takes it. To the host a relative path starts at the
/// root, and to the guest at the current directory that it has set, which
/// wasi-libc keeps and makes part of each path, as here. It is `/` at first, and
/// without wasi-libc there is none.
pub fn path_from_root(path: &str) -> Result<Cow<'_, str>> {
    if path.is_empty() || path.starts_with('/') {
        return Ok(Cow::Borrowed(path));
    }
    let Ok(directory) = env::current_dir() else {
        return Ok(Cow::Borrowed(path));
    };
    let directory = directory.to_str().ok_or(ErrorCode::InvalidArgument)?;
    // Relative to the root, so that it can lead to the directory granted as `.`,
    // which has no other paths. It leads to the others too.
    let directory = directory.trim_start_matches('/');
    if directory.is_empty() {
        return Ok(Cow::Borrowed(path));
    }
    Ok(match path {
        "." | "./" => Cow::Owned(directory.to_owned()),
        _ => {
            let path = path.strip_prefix("./").unwrap_or(path);
            Cow::Owned(format!("{directory}/{path}"))
        }
    })
}
