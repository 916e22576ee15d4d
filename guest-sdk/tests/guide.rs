//! The guide's figures are those of the README.

const GUIDE: &str = include_str!("../src/guide.rs");
const README: &str = include_str!("../../README.md");

/// The cells of the rows of a table.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter_map(|line| {
        let row = line.trim_start_matches("//! ").strip_prefix("| ")?;
        Some(row.trim_end_matches(" |").split(" | ").collect())
    })
}

#[test]
fn the_figures_are_those_of_the_readme() {
    let (access, costs) = GUIDE.split_once("//! # What it costs").unwrap();
    let mut checked = 0;
    for row in rows(costs) {
        let [figure, name] = row[..] else { continue };
        if !name.starts_with('`') || !name.contains('/') {
            continue;
        }
        let measured = rows(README).find(|cells| cells[0] == name).expect(name);
        assert_eq!(measured[3], figure, "{name}");
        // And so are those of the table above.
        let number = figure.split(' ').next().unwrap();
        assert!(access.contains(&format!("{number} ")), "{number}");
        checked += 1;
    }
    assert_eq!(checked, 10);
}
