//! The page: the plots and the tables. It needs nothing but itself.

use maud::{DOCTYPE, PreEscaped, html};

/// The page as HTML: `plots` as SVG, and each table with its title.
pub fn html(plots: &str, tables: &[(&str, String)]) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "mem and its peers" }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body {
                h1 { "mem and its peers" }
                p {
                    "What a WebAssembly guest's memory-mapped files cost, measured in one run \
                     against " code { "std::fs" } ", native memmap2 and calls that do nothing. \
                     The files are in the page cache."
                }
                p { code { "cargo bench -p mem-host --bench peers -- --html peers.html" } }
                (PreEscaped(plots))
                @for (title, table) in tables {
                    h2 { (title) }
                    pre { (table) }
                }
            }
        }
    }
    .into_string()
}
