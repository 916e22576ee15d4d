//! Each path that cannot be mapped gives one error code, whatever is asked for.

fn main() {
    test_guests::paths::check(&|options, path| options.open(path));
}
