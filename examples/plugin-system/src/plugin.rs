//! The life of a plugin: it is compiled, run, restarted and replaced.

use crate::config::Settings;
use crate::host::{self, Host};
use crate::screen::Screen;
use anyhow::{Context, Error, Result, bail};
use mem_host::MemCtx;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::time;
use wasmtime::component::Component;
use wasmtime_wasi::cli::AsyncStdoutStream;
use wasmtime_wasi::p2::bindings::Command;
use wasmtime_wasi::{I32Exit, WasiCtx};

/// How often to check whether a plugin's file has changed.
const POLL: Duration = Duration::from_millis(200);

/// The longest that a restart waits.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// A component in the folder of plugins.
pub struct Plugin {
    pub name: String,
    /// Its grants and quotas, which also count its mappings and calls.
    pub mem: MemCtx,
    file: PathBuf,
    settings: Settings,
    status: Mutex<Status>,
}

/// The status of a plugin.
#[derive(Clone, Debug, Default)]
pub struct Status {
    pub state: State,
    pub starts: u64,
    pub restarts: u64,
    pub reloads: u64,
    /// Why it failed last.
    pub error: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum State {
    /// It is being compiled.
    #[default]
    Loading,
    Running,
    /// It has failed and is going to be restarted.
    Waiting,
    /// It has ended without an error.
    Done,
    /// It cannot be compiled, or has failed too often.
    Failed,
}

impl Display for State {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loading => "loading",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
        })
    }
}

/// What shows that a file was replaced.
type Stamp = (SystemTime, u64);

impl Plugin {
    pub fn new(name: String, file: PathBuf, settings: Settings) -> Result<Self> {
        let mem = host::grants(&settings).with_context(|| format!("plugin {name}"))?;
        Ok(Self {
            name,
            mem,
            file,
            settings,
            status: Mutex::default(),
        })
    }

    pub fn status(&self) -> Status {
        self.lock().clone()
    }

    /// How many bytes of its mappings are in RAM. That takes many system calls,
    /// so other plugins run in the meantime.
    pub async fn resident_bytes(&self) -> Result<u64> {
        let mem = self.mem.clone();
        Ok(tokio::task::spawn_blocking(move || mem.resident_bytes()).await??)
    }

    /// Runs the plugin until it has ended for good, if `once`. Otherwise runs it
    /// forever, and replaces it when its file changes.
    pub async fn live(&self, host: &Host, screen: &Arc<Screen>, once: bool) {
        let mut stamp = stamp(&self.file);
        let mut guest = self.compile(host).await;
        loop {
            let running = async {
                match &guest {
                    Ok(guest) => self.keep_running(host, screen, guest).await,
                    Err(error) => self.failed(screen, error, State::Failed),
                }
            };
            if once {
                return running.await;
            }
            let replaced = self.replacement(host, screen, &mut stamp);
            tokio::pin!(replaced);
            let next = tokio::select! {
                next = &mut replaced => next,
                () = running => replaced.await,
            };
            guest = Ok(next);
            self.lock().reloads += 1;
        }
    }

    /// Runs it again as long as it fails and may be restarted.
    async fn keep_running(&self, host: &Host, screen: &Arc<Screen>, guest: &Component) {
        let mut backoff = self.settings.backoff;
        for restarts_left in (0..=self.settings.max_restarts).rev() {
            {
                let mut status = self.lock();
                status.state = State::Running;
                status.starts += 1;
            }
            let Err(error) = self.run(host, screen, guest).await else {
                self.lock().state = State::Done;
                return;
            };
            if restarts_left == 0 {
                self.failed(screen, &error, State::Failed);
                return;
            }
            self.failed(screen, &error, State::Waiting);
            time::sleep(backoff).await;
            backoff = LONGEST_BACKOFF.min(backoff * 2);
            self.lock().restarts += 1;
        }
    }

    /// Runs it once, in a store of its own.
    async fn run(&self, host: &Host, screen: &Arc<Screen>, guest: &Component) -> Result<()> {
        let wasi = WasiCtx::builder()
            .arg(&self.name)
            .args(&self.settings.args)
            .stdout(self.output(screen))
            .stderr(self.output(screen))
            .build();
        let mut store = host.store(self.mem.clone(), wasi, &self.settings);
        let run = async {
            let command = Command::instantiate_async(&mut store, guest, &host.linker).await?;
            command.wasi_cli_run().call_run(&mut store).await
        };
        let limit = self.settings.timeout.unwrap_or(Duration::MAX);
        let Ok(ended) = time::timeout(limit, run).await else {
            bail!("it ran longer than {limit:?}");
        };
        match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(())) => bail!("it exited with a failure"),
            Err(error) => match error.downcast_ref() {
                Some(I32Exit(0)) => Ok(()),
                Some(I32Exit(code)) => bail!("it exited with {code}"),
                None => Err(error.into()),
            },
        }
    }

    /// A stream that shows each line with the plugin's name.
    fn output(&self, screen: &Arc<Screen>) -> AsyncStdoutStream {
        let (ours, theirs) = tokio::io::duplex(4096);
        tokio::spawn(show_lines(ours, self.name.clone(), screen.clone()));
        AsyncStdoutStream::new(4096, theirs)
    }

    async fn compile(&self, host: &Host) -> Result<Component> {
        let (engine, file) = (host.engine.clone(), self.file.clone());
        let compile = move || Component::from_file(&engine, file);
        Ok(tokio::task::spawn_blocking(compile).await??)
    }

    /// Waits until the file has another content that can be compiled. Reports
    /// content that cannot be; the plugin goes on running.
    async fn replacement(
        &self,
        host: &Host,
        screen: &Arc<Screen>,
        seen: &mut Option<Stamp>,
    ) -> Component {
        let mut before = *seen;
        loop {
            time::sleep(POLL).await;
            let now = stamp(&self.file);
            // If it has just changed, somebody may still be writing it.
            if now != *seen && now == before {
                *seen = now;
                match self.compile(host).await {
                    Ok(next) => return next,
                    Err(error) => self.tell(screen, &error),
                }
            }
            before = now;
        }
    }

    fn failed(&self, screen: &Screen, error: &Error, state: State) {
        self.lock().state = state;
        self.tell(screen, error);
    }

    fn tell(&self, screen: &Screen, error: &Error) {
        // Leave out what is around it, such as the guest's stack.
        let cause = error.root_cause().to_string();
        let cause = cause.lines().next().unwrap_or_default();
        screen.line(&format!("{}: {cause}", self.name));
        self.lock().error = Some(cause.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        // Each change is one of a single field, so a panic leaves no half of one.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stamp of a file, none if it is not there.
fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

async fn show_lines(output: impl AsyncRead + Unpin, name: String, screen: Arc<Screen>) {
    let mut lines = BufReader::new(output).lines();
    // Bytes that are not UTF-8 end it.
    while let Ok(Some(line)) = lines.next_line().await {
        screen.line(&format!("{name}: {line}"));
    }
}
