//! Figures as people read them.

/// Bytes, of which there are a power of two.
pub fn bytes(bytes: u32) -> String {
    match bytes {
        0..0x400 => format!("{bytes} B"),
        0x400..0x10_0000 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

pub fn time(nanoseconds: f64) -> String {
    scaled(nanoseconds, ["ns", "µs", "ms", "s"])
}

pub fn speed(bytes_per_nanosecond: f64) -> String {
    scaled(bytes_per_nanosecond * 1e6, ["KB/s", "MB/s", "GB/s", "TB/s"])
}

/// The value in the first unit, of which the others are thousands, in the unit
/// that takes the fewest digits; two of them count at least.
fn scaled(mut value: f64, units: [&str; 4]) -> String {
    let mut units = units.into_iter();
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        // What would be shown as 1000.
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1e3, larger);
    }
    let digits = usize::from(value < 9.95 && value != value.round());
    format!("{value:.digits$} {unit}")
}
