//! Readers can do what errors say.

use crate::common::COMMAND;
use anyhow::Result;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Where the texts are.
const SOURCES: &[&str] = &[
    "../src",
    "../mapping/src",
    "../../guest-sdk/src",
    "../../guest-sdk/polyfill/src",
];

/// The words in backquotes in lines of code, and not in comments.
fn named(folder: &Path, names: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            named(&path, names)?;
            continue;
        }
        let text = fs::read_to_string(&path)?;
        for line in text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            names.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    Ok(())
}

#[test]
fn options_and_methods_that_errors_name_exist() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    for source in SOURCES {
        named(&here.join(source), &mut names)?;
    }
    let help = Command::new(COMMAND)
        .args(["run", "--help"])
        .output()?
        .stdout;
    let help = String::from_utf8(help)?;
    let mut known: Vec<&str> = help.split([' ', '=', '\n', '[', '<']).collect();
    known.sort();
    let builder = fs::read_to_string(here.join("../src/ctx.rs"))?;
    let process = fs::read_to_string(here.join("../src/process.rs"))?;
    let is_of = |source: &str, name: &str| source.contains(&format!("fn {name}("));
    let (mut options, mut methods) = (0, 0);
    for name in &names {
        if name.starts_with("--") {
            assert!(
                known.binary_search(&name.as_str()).is_ok(),
                "{name}: {help}"
            );
            options += 1;
        } else if let Some(method) = name.strip_prefix("MemCtxBuilder::") {
            let has_path = ["<", "impl"].iter().any(|generic| method.contains(generic));
            assert!(!has_path && (is_of(&builder, method)), "{name}");
            methods += 1;
        } else if let Some(function) = name.strip_prefix("mem_host::process::") {
            assert!(is_of(&process, function), "{name}");
            methods += 1;
        }
    }
    // Six quotas have them, and each grant.
    assert!(options >= 9 && methods >= 11, "{names:#?}");
    Ok(())
}
