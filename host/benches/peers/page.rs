//! The page: the tables, and the plots. It needs nothing but itself.

use crate::rows::{self, Measured};
use crate::speeds::{self, Speeds};
use crate::{plots, theme};
use anyhow::Result;
use maud::{DOCTYPE, PreEscaped, html};

const STYLE: &str = include_str!("page.css");

/// The page as HTML.
pub fn html(rows: &[Measured], speeds: &[Speeds]) -> Result<String> {
    let plots = plots::each(rows, speeds)?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "mem and its peers" }
                style { (PreEscaped(STYLE)) (PreEscaped(theme::style())) }
            }
            body {
                h1 { "mem and its peers" }
                p {
                    "Memory-mapped files of a WebAssembly guest, measured in one run \
                     against " code { "std::fs" } ", native memmap2 and calls that do nothing. \
                     The files are in the page cache."
                }
                p { code { "cargo bench -p mem-host --bench peers -- --html peers.html" } }
                @for (title, svg) in plots {
                    h2 { (title) }
                    figure { (PreEscaped(svg)) }
                }
                h2 { "All rows" }
                (table(&rows::HEADINGS, rows.iter().map(rows::cells)))
                @if !speeds.is_empty() {
                    h2 { "Throughput in GB/s" }
                    (table(&speeds::HEADINGS, speeds.iter().map(speeds::cells)))
                }
            }
        }
    };
    Ok(page.into_string())
}

fn table<const N: usize>(
    headings: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> PreEscaped<String> {
    html! {
        div.table {
            table {
                thead { tr { @for heading in headings { th { (heading) } } } }
                tbody {
                    @for row in rows {
                        tr { @for cell in row { td { (cell) } } }
                    }
                }
            }
        }
    }
}
