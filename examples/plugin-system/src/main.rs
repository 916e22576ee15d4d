//! Runs the plugins of a folder side by side. Each plugin is a component that is a
//! program (`wasi:cli/command`). It maps only the files of the directory that
//! `plugins.toml` gives it, within its quotas. If it fails, it is started again;
//! if its file changes, it is replaced.

mod config;
mod host;
mod metrics;
mod plugin;
mod screen;
mod table;

use crate::config::Config;
use crate::host::Host;
use crate::plugin::Plugin;
use crate::screen::Screen;
use anyhow::{Context, Result, ensure};
use clap::Parser;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time;

/// Runs the plugins of a folder side by side, until Ctrl-C.
#[derive(Parser)]
struct Options {
    /// The folder; each `NAME.wasm` in it is the plugin NAME.
    #[arg(long, default_value = "plugins")]
    plugins: PathBuf,

    /// What each plugin may have.
    #[arg(long, default_value = "plugins.toml")]
    config: PathBuf,

    /// Show a table of the plugins every so many seconds, and at the end.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    table: Option<u64>,

    /// Serve metrics for Prometheus at this port of 127.0.0.1; 0 for any.
    #[arg(long, value_name = "PORT")]
    metrics: Option<u16>,

    /// End when all plugins have ended, instead of waiting for files that change.
    #[arg(long)]
    once: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let plugins: Arc<[Arc<Plugin>]> = find(&options)?.into();
    let host = Arc::new(Host::new()?);
    let screen = Arc::new(Screen::new());
    if let Some(port) = options.metrics {
        let (listener, address) = metrics::listen(port).await?;
        screen.line(&format!("metrics at http://{address}/metrics"));
        tokio::spawn(metrics::serve(listener, plugins.clone()));
    }
    if let Some(seconds) = options.table {
        let (plugins, screen) = (plugins.clone(), screen.clone());
        tokio::spawn(show(plugins, screen, Duration::from_secs(seconds)));
    }

    let mut lives = JoinSet::new();
    for plugin in plugins.iter() {
        let (plugin, host, screen) = (plugin.clone(), host.clone(), screen.clone());
        lives.spawn(async move { plugin.live(&host, &screen, options.once).await });
    }
    tokio::select! {
        () = async { while lives.join_next().await.is_some() {} } => {}
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    if options.table.is_some() {
        screen.table(table::of(&plugins).await?);
    }
    // A plugin that runs is dropped, and so unmapped, at its next turn.
    lives.shutdown().await;
    Ok(())
}

/// The plugins of the folder.
fn find(options: &Options) -> Result<Vec<Arc<Plugin>>> {
    let config = Config::read(&options.config)?;
    let folder = &options.plugins;
    let entries =
        fs::read_dir(folder).with_context(|| format!("the folder {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry?.path();
        if let Some(name) = name(&file) {
            files.push((name, file));
        }
    }
    files.sort();
    for name in config.names() {
        ensure!(
            files.iter().any(|(found, _)| found == name),
            "{} has [plugin.{name}], but there is no {name}.wasm in {}",
            options.config.display(),
            folder.display()
        );
    }
    let plugins = files.into_iter().map(|(name, file)| {
        let settings = config.of(&name);
        Ok(Arc::new(Plugin::new(name, file, settings)?))
    });
    plugins.collect()
}

/// The name of the plugin in `file`, if it is one.
fn name(file: &Path) -> Option<String> {
    let is_wasm = file.extension()? == "wasm";
    let name = file.file_stem()?.to_str()?;
    is_wasm.then(|| name.to_owned())
}

async fn show(plugins: Arc<[Arc<Plugin>]>, screen: Arc<Screen>, every: Duration) -> Result<()> {
    let mut ticks = time::interval(every);
    // The first tick comes at once.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        screen.table(table::of(&plugins).await?);
    }
}
