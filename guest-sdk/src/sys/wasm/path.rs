//! Where relative paths start.

use std::borrow::Cow;
use std::env;

use mem_contract::ErrorCode;

use super::bindings::Result;

/// The path as the host expects it. For the host, a relative path starts at the
/// root. For the guest, it starts at the current directory that it has set.
/// wasi-libc keeps that directory and puts it before each path, as this function
/// does. At first it is `/`, and without wasi-libc there is none.
pub fn path_from_root(path: &str) -> Result<Cow<'_, str>> {
    if path.is_empty() || path.starts_with('/') {
        return Ok(Cow::Borrowed(path));
    }
    let Ok(directory) = env::current_dir() else {
        return Ok(Cow::Borrowed(path));
    };
    let directory = directory.to_str().ok_or(ErrorCode::InvalidArgument)?;
    // Relative to the root, so that the path can lead to the directory granted as
    // `.`, which has only relative paths. It leads to the other directories too.
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
