//! The file of settings, `plugins.toml`.

use anyhow::{Context, Result, bail};
use bytesize::ByteSize;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The settings of each plugin that the file names, and of all others.
#[derive(Debug)]
pub struct Config {
    plugins: BTreeMap<String, Settings>,
    defaults: Settings,
}

/// What a plugin may have, and when it is restarted.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The directory with the files that it can map, as `.`. It is made if it is
    /// not there.
    pub dir: Option<PathBuf>,
    pub access: Access,
    /// Its arguments.
    pub args: Vec<String>,
    pub exec: bool,
    /// Whether it can have windows. No other process may then write the files of
    /// its directory, or make them shorter, while it runs.
    pub windows: bool,
    pub max_mapped_bytes: Option<Size>,
    pub max_private_bytes: Option<Size>,
    pub max_locked_bytes: Option<Size>,
    pub max_read_bytes: Option<Size>,
    pub max_mappings: Option<u64>,
    pub max_windows: Option<u64>,
    /// The most bytes of its own memory.
    pub max_memory_bytes: Option<Size>,
    /// How long one run can take.
    #[serde(with = "humantime_serde")]
    pub timeout: Option<Duration>,
    /// How often it is restarted in a row after it failed.
    pub max_restarts: u32,
    /// How long the first restart waits. Each further one waits twice as long.
    #[serde(with = "humantime_serde")]
    pub backoff: Duration,
}

/// A number of bytes, written as a number or like `"64KiB"`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(try_from = "Written")]
pub struct Size(pub u64);

/// How a size is written.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a size, such as 4096 or \"64KiB\"")]
enum Written {
    Number(u64),
    Text(String),
}

impl TryFrom<Written> for Size {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Number(bytes) => Ok(Self(bytes)),
            Written::Text(text) => Ok(Self(text.parse::<ByteSize>()?.as_u64())),
        }
    }
}

/// What a plugin can do with the files of its directory.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    ReadOnly,
    ReadWrite,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dir: None,
            access: Access::ReadOnly,
            args: Vec::new(),
            exec: false,
            windows: false,
            max_mapped_bytes: None,
            max_private_bytes: None,
            max_locked_bytes: None,
            max_read_bytes: None,
            max_mappings: None,
            max_windows: None,
            max_memory_bytes: None,
            timeout: None,
            max_restarts: 3,
            backoff: Duration::from_millis(200),
        }
    }
}

/// The file as it is written.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    defaults: toml::Table,
    plugin: BTreeMap<String, toml::Table>,
}

impl Config {
    /// Reads the file at `path`. Directories are relative to the file's.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path);
        let text = text.with_context(|| format!("{} cannot be read", path.display()))?;
        let parent = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, parent).with_context(|| format!("in {}", path.display()))
    }

    fn parse(text: &str, parent: &Path) -> Result<Self> {
        let File { defaults, plugin } = toml::from_str(text)?;
        if defaults.contains_key("dir") {
            bail!("`dir` cannot be in [defaults]: each plugin has a directory of its own");
        }
        let mut plugins = BTreeMap::new();
        for (name, own) in plugin {
            let mut table = defaults.clone();
            table.extend(own);
            let mut settings = settings(&format!("[plugin.{name}]"), table)?;
            settings.dir = settings.dir.map(|dir| parent.join(dir));
            plugins.insert(name, settings);
        }
        check_dirs(&plugins)?;
        Ok(Self {
            plugins,
            defaults: settings("[defaults]", defaults)?,
        })
    }

    /// The names of the plugins that the file has.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.plugins.keys().map(String::as_str)
    }

    /// The settings of the plugin `name`.
    pub fn of(&self, name: &str) -> Settings {
        let own = self.plugins.get(name);
        own.unwrap_or(&self.defaults).clone()
    }
}

fn settings(section: &str, table: toml::Table) -> Result<Settings> {
    let settings = Settings::deserialize(toml::Value::Table(table));
    settings.with_context(|| format!("in {section}"))
}

fn check_dirs(plugins: &BTreeMap<String, Settings>) -> Result<()> {
    let mut owners = HashMap::new();
    for (name, settings) in plugins {
        let Some(dir) = &settings.dir else { continue };
        if let Some(other) = owners.insert(dir, name) {
            bail!("[plugin.{other}] and [plugin.{name}] have the same `dir`");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        format!("{:#}", Config::parse(text, Path::new("")).unwrap_err())
    }

    #[test]
    fn a_plugin_has_the_defaults_and_its_own() -> Result<()> {
        let text = r#"
            [defaults]
            max-mappings = 4
            timeout = "5s"
            [plugin.a]
            dir = "a"
            max-mappings = 9
            max-locked-bytes = "64KiB"
        "#;
        let config = Config::parse(text, Path::new("/etc"))?;
        let a = config.of("a");
        assert_eq!(a.dir.as_deref(), Some(Path::new("/etc/a")));
        assert_eq!((a.max_mappings, a.max_restarts), (Some(9), 3));
        assert_eq!(a.max_locked_bytes, Some(Size(64 << 10)));
        assert_eq!(a.timeout, Some(Duration::from_secs(5)));
        let other = config.of("other");
        assert_eq!((other.max_mappings, other.dir), (Some(4), None));
        Ok(())
    }

    #[test]
    fn errors_name_the_plugin_and_the_key() {
        let unknown = error("[plugin.a]\nmax-maps = 1");
        assert!(unknown.contains("[plugin.a]"), "{unknown}");
        assert!(unknown.contains("unknown field `max-maps`"), "{unknown}");
        for bad in [
            "max-mappings = -1",
            "max-locked-bytes = \"many\"",
            "timeout = 5",
            "access = \"write\"",
        ] {
            let message = error(&format!("[plugin.b]\n{bad}"));
            let key = bad.split(' ').next().unwrap();
            assert!(message.contains("[plugin.b]"), "{message}");
            assert!(message.contains(key), "{message}");
        }
        let section = error("[plugins.a]");
        assert!(section.contains("unknown field `plugins`"), "{section}");
        let defaults = error("[defaults]\ndir = \"a\"");
        assert!(
            defaults.contains("`dir` cannot be in [defaults]"),
            "{defaults}"
        );
        let shared = error("[plugin.a]\ndir = \"x\"\n[plugin.b]\ndir = \"x\"");
        assert!(shared.contains("[plugin.a] and [plugin.b]"), "{shared}");
    }
}
