//! Which granted directory a guest's path belongs to.

use crate::ErrorCode;
use core::cmp::Reverse;

/// Finds the directory with the longest name that `path` starts with, the
/// latest of equals, and what is left of the path. Each directory comes with
/// the name that the guest has for it.
///
/// As in WASI, a relative path starts at the root, so `data/x` and `/data/x`
/// are the same; but a directory granted as `.` has relative paths only.
///
/// # Errors
///
/// Those of [`check`]; [`ErrorCode::AccessDenied`] if the path is in none of the
/// directories.
pub fn find<'p, 'n, D>(
    directories: impl IntoIterator<Item = (&'n str, D)>,
    path: &'p str,
) -> Result<(D, &'p str), ErrorCode> {
    check(path)?;
    directories
        .into_iter()
        .filter_map(|(name, directory)| Some((directory, relative_to(path, name)?)))
        // The shorter the rest, the longer the name; the last maximum wins.
        .max_by_key(|(_, rest)| Reverse(rest.len()))
        .ok_or(ErrorCode::AccessDenied)
}

/// Checks that `path` can be one at all.
///
/// # Errors
///
/// [`ErrorCode::InvalidArgument`] for an empty path or one with a NUL.
pub fn check(path: &str) -> Result<(), ErrorCode> {
    if path.is_empty() || path.contains('\0') {
        return Err(ErrorCode::InvalidArgument);
    }
    Ok(())
}

/// What is left of `path` behind the directory's name, if it starts with it.
fn relative_to<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let prefix = without_root(name).trim_end_matches('/');
    if prefix.is_empty() && !name.starts_with('/') && path.starts_with('/') {
        return None;
    }
    let rest = without_root(path).strip_prefix(prefix)?;
    if prefix.is_empty() || rest.is_empty() || rest.starts_with('/') {
        Some(rest.trim_start_matches('/'))
    } else {
        None
    }
}

/// The path without leading `/`, `./` and a lone `.`.
fn without_root(mut path: &str) -> &str {
    loop {
        path = match path.strip_prefix('/').or_else(|| path.strip_prefix("./")) {
            Some(rest) => rest,
            None if path == "." => "",
            None => return path,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_wins_and_of_equals_the_latest() {
        let names = ["/data/sub", "/data", ".", "data"];
        let find = |path| {
            let directories = names.into_iter().zip(0..);
            super::find(directories, path)
        };
        assert_eq!(find("/data/sub/x"), Ok((0, "x")));
        assert_eq!(find("/data/subs"), Ok((3, "subs")));
        assert_eq!(find("data/x"), Ok((3, "x")));
        assert_eq!(find("x"), Ok((2, "x")));
        assert_eq!(find("/x"), Err(ErrorCode::AccessDenied));
    }

    #[test]
    fn an_empty_path_and_one_with_a_nul_are_none() {
        let find = |path| super::find([("/", ())], path);
        assert_eq!(find(""), Err(ErrorCode::InvalidArgument));
        assert_eq!(find("a\0b"), Err(ErrorCode::InvalidArgument));
        assert_eq!(find("ab"), Ok(((), "ab")));
    }

    #[test]
    fn paths_match_whole_components_of_the_name() {
        assert_eq!(relative_to("/data/x", "/data"), Some("x"));
        assert_eq!(relative_to("/data", "/data"), Some(""));
        assert_eq!(relative_to("/data//x/", "/data/"), Some("x/"));
        assert_eq!(relative_to("/database/x", "/data"), None);
        assert_eq!(relative_to("/other/x", "/data"), None);
    }

    #[test]
    fn relative_paths_start_at_the_root() {
        assert_eq!(relative_to("data/x", "/data"), Some("x"));
        assert_eq!(relative_to("./data/x", "/data"), Some("x"));
        assert_eq!(relative_to("/data/x", "data"), Some("x"));
        assert_eq!(relative_to("/x", "/"), Some("x"));
        assert_eq!(relative_to("x", "/"), Some("x"));
    }

    #[test]
    fn the_current_directory_has_relative_paths_only() {
        assert_eq!(relative_to("x/y", "."), Some("x/y"));
        assert_eq!(relative_to("./x", "./"), Some("x"));
        assert_eq!(relative_to(".", "."), Some(""));
        assert_eq!(relative_to("/x", "."), None);
        assert_eq!(relative_to("/etc/passwd", ""), None);
    }

    #[test]
    fn dots_are_left_to_the_directory() {
        assert_eq!(relative_to("/data/../x", "/data"), Some("../x"));
        assert_eq!(relative_to("../x", "."), Some("../x"));
        assert_eq!(relative_to("..", "."), Some(".."));
        assert_eq!(relative_to(".x", "."), Some(".x"));
    }
}
