//! What `attach` refuses, each with the error of its documentation. The host
//! grants 4 windows.

use test_guests::raw::window::Window;
use test_guests::raw::{self, Access, ErrorCode, MapFlags, MapOptions, Protection, Range};
use test_guests::{Buffer, PAGE, map, map_from, pattern};

const P: usize = PAGE as usize;

fn main() {
    std::fs::write("file", pattern(3 * P + 1)).unwrap();
    arguments();
    bounds();
    protected();
    anonymous();
    quota();
    // Leaves pages between windows behind, which go on counting as one.
    twice();
    // None of it has left anything behind.
    let buffer = Buffer::new(4);
    assert_eq!(buffer.bytes(0..4 * P), [0; 4 * P]);
}

fn arguments() {
    let mapping = map("file", Access::ReadOnly);
    let buffer = Buffer::new(4);
    for part in [0..0, 1..P + 1, 0..P + 1, 0..P - 1, 1..2, P / 2..P + P / 2] {
        let refused = buffer.attach_part(&mapping, 0, part.clone());
        assert_eq!(refused.unwrap_err(), ErrorCode::InvalidArgument, "{part:?}");
    }
    for offset in [1, PAGE - 1, PAGE + 1, 3 * PAGE + 1] {
        let refused = buffer.attach_part(&mapping, offset, 0..P);
        assert_eq!(refused.unwrap_err(), ErrorCode::InvalidArgument, "{offset}");
    }
    let within_a_page = map_from("file", Access::ReadOnly, 100);
    for offset in [100, PAGE] {
        let refused = buffer.attach_part(&within_a_page, offset, 0..P);
        assert_eq!(refused.unwrap_err(), ErrorCode::InvalidArgument, "{offset}");
    }
}

fn bounds() {
    let buffer = Buffer::new(5);
    let mapping = map("file", Access::ReadOnly);
    for (offset, pages) in [
        (0, 5),
        (PAGE, 4),
        (3 * PAGE, 2),
        (4 * PAGE, 1),
        (u64::MAX - PAGE + 1, 1),
        (1 << 63, 1),
    ] {
        let refused = buffer.attach_part(&mapping, offset, 0..pages * P);
        assert_eq!(
            refused.unwrap_err(),
            ErrorCode::OutOfBounds,
            "{offset} {pages}"
        );
    }
    // The last page has one byte of the mapping.
    drop(buffer.attach_part(&mapping, 3 * PAGE, 0..P).unwrap());
    std::fs::write("empty", "").unwrap();
    let empty = map("empty", Access::ReadOnly);
    let refused = buffer.attach_part(&empty, 0, 0..P);
    assert_eq!(refused.unwrap_err(), ErrorCode::OutOfBounds);
}

fn protected() {
    let buffer = Buffer::new(1);
    let mapping = map("file", Access::ReadWrite);
    let second = Some(Range {
        offset: PAGE,
        length: 1,
    });
    mapping.protect(second, Protection::Read).unwrap();
    assert_eq!(
        buffer.attach(&mapping, PAGE).unwrap_err(),
        ErrorCode::ReadOnly
    );
    let window = buffer.attach(&mapping, 0).unwrap();
    assert_eq!(
        mapping.protect(None, Protection::Read),
        Err(ErrorCode::Busy)
    );
    mapping.protect(None, Protection::ReadWrite).unwrap();
    drop(window);
    mapping.protect(None, Protection::Read).unwrap();
}

fn anonymous() {
    let options = MapOptions {
        access: Access::ReadWrite,
        flags: MapFlags::ANONYMOUS,
        offset: 0,
        length: Some(PAGE),
    };
    let mapping = raw::file_map("", options).unwrap();
    let refused = Buffer::new(1).attach(&mapping, 0);
    assert_eq!(refused.unwrap_err(), ErrorCode::Unsupported);
}

/// Windows do not stack: what is below stays as it is.
fn twice() {
    let mapping = map("file", Access::ReadOnly);
    let buffer = Buffer::new(4);
    let window = buffer.attach_part(&mapping, 0, P..3 * P).unwrap();
    let bytes = buffer.bytes(0..4 * P);
    for part in [
        P..3 * P,
        0..2 * P,
        2 * P..4 * P,
        0..4 * P,
        P..2 * P,
        2 * P..3 * P,
    ] {
        let refused = buffer.attach_part(&mapping, 0, part.clone());
        assert_eq!(refused.unwrap_err(), ErrorCode::Busy, "{part:?}");
        assert_eq!(buffer.bytes(0..4 * P), bytes);
    }
    let before = buffer.attach_part(&mapping, 0, 0..P).unwrap();
    let behind = buffer.attach_part(&mapping, 0, 3 * P..4 * P).unwrap();
    Window::detach(window).unwrap();
    assert_eq!(buffer.bytes(0..P), buffer.bytes(3 * P..4 * P));
    assert_eq!(buffer.bytes(P..3 * P), [0; 2 * P]);
    drop(buffer.attach_part(&mapping, 0, P..3 * P).unwrap());
    drop((before, behind));
}

fn quota() {
    let mapping = map("file", Access::ReadOnly);
    let buffer = Buffer::new(5);
    let attach = |page: usize| buffer.attach_part(&mapping, 0, page * P..(page + 1) * P);
    let mut windows: Vec<Window> = (0..4).map(|page| attach(page).unwrap()).collect();
    assert_eq!(attach(4).unwrap_err(), ErrorCode::QuotaExceeded);
    windows.pop();
    windows.push(attach(4).unwrap());
    assert_eq!(attach(3).unwrap_err(), ErrorCode::QuotaExceeded);
}
