//! Each path that cannot be mapped by a directory's descriptor gives the error
//! code that it gives without.

use test_guests::descriptors::preopened;

fn main() {
    let dir = preopened(".");
    test_guests::paths::check(&|options, path| options.open_at(&dir, path));
}
