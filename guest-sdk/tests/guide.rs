//! The guide relies on rows that were measured.

const GUIDE: &str = include_str!("../src/guide.rs");
const FIGURES: &str = include_str!("../../host/README.md");

/// The cells of the rows of all tables in `text`.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter_map(|line| {
        let row = line.trim_start_matches("//! ").strip_prefix("| ")?;
        Some(
            row.trim_end_matches('|')
                .split(" | ")
                .map(str::trim)
                .collect(),
        )
    })
}

#[test]
fn the_rows_of_the_guide_were_measured() {
    let (access, _) = GUIDE.split_once("//! # What it costs").unwrap();
    let mut checked = 0;
    for cells in rows(access).filter(|cells| cells.len() == 4) {
        for name in cells[3].split(", ").filter(|name| name.starts_with('`')) {
            let row = rows(FIGURES).find(|row| row[0] == name).expect(name);
            assert!(row.len() >= 3, "{name}");
            checked += 1;
        }
    }
    assert_eq!(checked, 10);
}
