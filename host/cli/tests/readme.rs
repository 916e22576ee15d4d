//! The READMEs do what they say.

use anyhow::{Context, Result};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use test_artifacts::WC;

/// Runs all lines that start with `$` in the `console` blocks of each page, and
/// compares what they print. Each page has one shell, in an empty folder.
#[test]
fn the_lines_of_the_readmes() -> Result<()> {
    let mut ran = Vec::new();
    for (page, text) in pages()? {
        let session = Session::of(&text);
        if !session.expected.is_empty() {
            let printed = session.run().with_context(|| page.display().to_string())?;
            assert_eq!(printed.0, session.expected, "{page:?}: {}", printed.1);
            ran.push(page);
        }
    }
    for page in [
        "examples",
        "guest-sdk/memmap2",
        "guest-sdk/polyfill",
        "host/cli",
    ] {
        assert!(ran.contains(&Path::new(page).join("README.md")), "{page}");
    }
    Ok(())
}

/// A file or a heading of the repository is there. Pages that the registry shows
/// have no such links, because it shows nothing else of the repository.
#[test]
fn links_lead_somewhere() -> Result<()> {
    let pages = pages()?;
    let mut followed = 0;
    for (page, text) in &pages {
        let folder = page.parent().context("a folder")?;
        let manifest = root().join(folder).join("Cargo.toml");
        let published = page.ends_with("README.md") && is_published(&manifest)?;
        let links = links(text);
        for link in links.iter().filter(|link| !link.starts_with("https://")) {
            assert!(!published, "{page:?}: {link} is not on the registry");
            let (path, heading) = link.split_once('#').unwrap_or((link.as_str(), ""));
            let target = match path {
                "" => root().join(page),
                _ => root().join(folder).join(path),
            };
            assert!(target.exists(), "{page:?}: {link}");
            if !heading.is_empty() {
                let names = headings(&fs::read_to_string(&target)?);
                assert!(names.iter().any(|name| name == heading), "{page:?}: {link}");
            }
            followed += 1;
        }
    }
    assert!(followed > 20, "{followed}");
    Ok(())
}

/// Programs that are too short to be compiled by themselves are parts of some
/// that are, or are tested as a whole.
#[test]
fn the_programs_of_the_readmes_run() {
    let embed = include_str!("../../examples/embed.rs");
    for readme in [
        include_str!("../../../README.md"),
        include_str!("../../README.md"),
    ] {
        let excerpt = &blocks(readme, "rust,ignore")[0];
        assert!(excerpt.lines().count() >= 10);
        assert!(embed.contains(excerpt), "{excerpt}");
    }
    let (_, new_guest) = include_str!("../template/main.rs")
        .split_once("\n\n")
        .unwrap();
    for readme in [
        include_str!("../../../README.md"),
        include_str!("../../../guest-sdk/README.md"),
    ] {
        assert_eq!(blocks(readme, "rust,no_run")[0], new_guest);
    }
}

/// The table of versions says what this is built of.
#[test]
fn the_versions_of_the_readme() {
    let readme = include_str!("../../../README.md");
    let lock = include_str!("../../../Cargo.lock");
    let (_, locked) = lock
        .split_once("name = \"wasmtime\"\nversion = \"")
        .unwrap();
    let wasmtime = locked.split('.').next().unwrap();
    let wit = include_str!("../../../wit/world.wit")
        .lines()
        .next()
        .unwrap();
    let contract = wit.trim_start_matches("package ").trim_end_matches(';');
    let (mem, _) = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap();
    let rust = env!("CARGO_PKG_RUST_VERSION");
    let row = format!("| {mem} | `{contract}` | {wasmtime} | {rust} |");
    assert!(readme.contains(&row), "{row}");
}

/// The commands of a page's `console` blocks.
#[derive(Default)]
struct Session {
    script: String,
    /// The commands, each with what it prints.
    expected: String,
}

impl Session {
    fn of(page: &str) -> Self {
        let mut session = Self::default();
        for block in blocks(page, "console") {
            for line in block.lines() {
                session.add(line);
            }
        }
        session
    }

    fn add(&mut self, line: &str) {
        let Some(command) = line.strip_prefix("$ ") else {
            self.expected += &format!("{line}\n");
            return;
        };
        // What the next lines print is known by this line.
        let quoted = command.replace('\'', r"'\''");
        self.script += &format!("echo '{quoted}'\n{command}\n");
        self.expected += &format!("{command}\n");
    }

    /// Runs the commands where the page has built the guests, and returns what
    /// they print to the standard output and to the standard error.
    fn run(&self) -> Result<(String, String)> {
        let dir = tempfile::tempdir()?;
        let guests = dir.path().join("target/wasm32-wasip2");
        fs::create_dir_all(&guests)?;
        let built = Path::new(WC.component);
        std::os::unix::fs::symlink(built.parent().context("a folder")?, guests.join("release"))?;
        let commands = Path::new(crate::common::COMMAND)
            .parent()
            .context("a folder")?;
        let stock = crate::common::stock();
        let path = format!(
            "{}:{}:{}",
            commands.display(),
            stock.parent().context("a folder")?.display(),
            std::env::var("PATH")?
        );
        let output = Command::new("bash")
            .current_dir(dir.path())
            .env("PATH", path)
            .env("LC_ALL", "C")
            .args(["-c", &self.script])
            .output()?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((String::from_utf8(output.stdout)?, stderr))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The text of all pages in Markdown, by their paths from the root.
fn pages() -> Result<BTreeMap<PathBuf, String>> {
    let mut pages = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder))? {
            let entry = entry?;
            let name = entry.file_name().into_string().unwrap_or_default();
            let path = folder.join(&name);
            // Neither hidden nor built. The template is the page of another
            // package.
            let skipped = ["target", "node_modules", "template"].contains(&name.as_str());
            if entry.file_type()?.is_dir() {
                if !skipped && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if name.ends_with(".md") {
                let text = fs::read_to_string(root().join(&path))?;
                pages.insert(path, text);
            }
        }
    }
    Ok(pages)
}

fn is_published(manifest: &Path) -> Result<bool> {
    if !manifest.exists() {
        return Ok(false);
    }
    let manifest = fs::read_to_string(manifest)?;
    Ok(manifest.contains("[package]") && !manifest.contains("publish = false"))
}

/// Where the links of a page lead.
fn links(page: &str) -> Vec<String> {
    let links = Parser::new(page).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some(dest_url.into_string())
        }
        _ => None,
    });
    links.collect()
}

/// The names by which links refer to the headings of a page.
fn headings(page: &str) -> Vec<String> {
    let mut headings = Vec::new();
    let mut heading: Option<String> = None;
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => headings.extend(heading.take()),
            Event::Text(text) | Event::Code(text) => {
                let kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
                let text = text.to_lowercase().replace(' ', "-");
                if let Some(heading) = &mut heading {
                    heading.extend(text.chars().filter(kept));
                }
            }
            _ => {}
        }
    }
    headings
}

/// The blocks of code of this kind, as ```` ```kind ```` marks them.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if *info == *kind => {
                block = Some(String::new());
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(block.take()),
            Event::Text(text) => {
                if let Some(block) = &mut block {
                    block.push_str(&text);
                }
            }
            _ => {}
        }
    }
    blocks
}
