//! Two threads of one engine, each with a store and a file of its own, against
//! one thread.

use crate::embedder::make_file;
use crate::native::Native;
use crate::rows::Measured;
use anyhow::{Context, Result, ensure};
use mem_host::{FsPerms, MemCtx, MemCtxView, MemView};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::Instant;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::sync::Command;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use self::bindings::mem::bench::jobs::{self, Job, Work};

mod bindings {
    wasmtime::component::bindgen!({
        path: "benches/guest/wit",
        world: "worker",
        imports: { default: trappable },
    });
}

/// The rows: a name, what a thread does, and how often.
const ROWS: &[(&str, Work, u32)] = &[
    ("two-threads-loads", Work::Load, 256 << 10),
    ("two-threads-reads", Work::Read, 128 << 10),
    ("two-threads-attaches", Work::Attach, 128),
    (SUMS, Work::Sum, 4),
];

const SUMS: &str = "two-threads-sums";

/// The rows of what threads of the host do with memmap2. Each thread has one of
/// the files.
const NATIVE_ROWS: &[(&str, NativeWork, u32)] = &[
    ("two-threads-native-attaches", Native::attach, 128),
    ("two-threads-native-sums", Native::sum_up, 4),
];

/// Does something so many times, and returns the sum of what it read.
type NativeWork = fn(&Native, u32) -> u64;

/// The length of each thread's file.
const LENGTH: u64 = 128 << 20;

/// How many bytes are written at once. A window of 4 MiB then takes 64 page
/// faults, which two threads can have at the same time. On huge pages it would
/// take two faults. Most of the time would go into unmapping, which interrupts
/// the other thread.
const WRITE_LENGTH: usize = 64 << 10;

/// Runs the guests. Returns the rows whose names contain `only`.
pub fn measure(engine: &Engine, rounds: u32, only: &str) -> Result<Vec<Measured>> {
    let mut measured = Vec::new();
    let rows: Vec<_> = ROWS.iter().filter(|row| row.0.contains(only)).collect();
    let native_rows = NATIVE_ROWS.iter().filter(|row| row.0.contains(only));
    let native_rows: Vec<_> = native_rows.collect();
    if rows.is_empty() && native_rows.is_empty() {
        return Ok(measured);
    }
    let component = Component::from_file(engine, test_artifacts::BENCH_WORKER.component)?;
    let dirs = [tempfile::tempdir()?, tempfile::tempdir()?];
    let mut workers = Vec::new();
    let mut natives = Vec::new();
    for dir in &dirs {
        let file = dir.path().join("file");
        make_file(&file, LENGTH, WRITE_LENGTH)?;
        natives.push(Native::open(&file)?);
        workers.push(Worker::start(engine, &component, dir.path())?);
    }
    for &&(name, work, times) in &rows {
        let run = |threads: &[usize]| {
            let workers = threads.iter().map(|&thread| &workers[thread]);
            run(workers.collect(), Job { work, times })
        };
        measured.push(one_and_two(name, times, rounds, run)?);
    }
    for &&(name, work, times) in &native_rows {
        let run = |threads: &[usize]| {
            let natives = threads.iter().map(|&thread| &natives[thread]);
            Ok(run_natively(natives.collect(), |native| {
                work(native, times)
            }))
        };
        measured.push(one_and_two(name, times, rounds, run)?);
    }
    for worker in workers {
        worker.finish();
    }
    Ok(measured)
}

/// When a thread ran, and the sum of what it read.
struct Run {
    start: Instant,
    end: Instant,
    sum: u64,
}

/// Measures one thread, each of the two by turns, and both at once.
fn one_and_two(
    name: &str,
    times: u32,
    rounds: u32,
    run: impl Fn(&[usize]) -> Result<Vec<Run>>,
) -> Result<Measured> {
    let mut measured = Vec::new();
    for round in 0..=rounds {
        let thread = round as usize % 2;
        let one = run(&[thread])?;
        let two = run(&[0, 1])?;
        ensure!(
            one[0].sum == two[thread].sum,
            "{name}: a thread reads the same alone and beside the other"
        );
        // Two threads do twice the work of one. The first round warms up.
        if round > 0 {
            measured.push((nanoseconds(&two)? / 2, nanoseconds(&one)?));
        }
    }
    let measured = Measured::new(name, times, &measured);
    measured.with_context(|| format!("there is no row {name}"))
}

/// From the first start to the last end.
fn nanoseconds(runs: &[Run]) -> Result<u64> {
    let start = runs.iter().map(|run| run.start).min();
    let end = runs.iter().map(|run| run.end).max();
    let time = end.zip(start).context("threads ran")?;
    Ok(u64::try_from((time.0 - time.1).as_nanos())?)
}

/// Does `work` with all `natives` at once, each on a thread of its own.
fn run_natively(natives: Vec<&Native>, work: impl Fn(&Native) -> u64 + Sync) -> Vec<Run> {
    let barrier = Barrier::new(natives.len());
    let run = |native: &Native| {
        barrier.wait();
        let start = Instant::now();
        let sum = work(native);
        let end = Instant::now();
        Run { start, end, sum }
    };
    thread::scope(|scope| {
        let run = &run;
        let threads: Vec<_> = natives
            .iter()
            .map(|native| scope.spawn(move || run(native)))
            .collect();
        let runs = threads.into_iter().map(|thread| thread.join());
        runs.map(|run| run.expect("no thread panics")).collect()
    })
}

/// A job, and the barrier at which all its threads start.
type Task = (Job, Arc<Barrier>);

/// A guest on a thread of its own.
struct Worker {
    tasks: Sender<Task>,
    runs: Receiver<Result<Run>>,
    thread: JoinHandle<()>,
}

/// Runs the job on all workers at once.
fn run(workers: Vec<&Worker>, job: Job) -> Result<Vec<Run>> {
    let barrier = Arc::new(Barrier::new(workers.len()));
    for worker in &workers {
        worker.tasks.send((job, barrier.clone()))?;
    }
    workers.iter().map(|worker| worker.runs.recv()?).collect()
}

impl Worker {
    fn start(engine: &Engine, component: &Component, dir: &Path) -> Result<Self> {
        let (tasks, task_receiver) = channel();
        let (run_sender, runs) = channel();
        let failed = run_sender.clone();
        let mut mem = MemCtx::builder();
        mem.preopened_dir(dir, ".", FsPerms::ReadOnly)?;
        // SAFETY: only this benchmark has the directory, and nobody writes there.
        unsafe { mem.allow_windows(true) };
        let mut wasi = WasiCtx::builder();
        let state = State {
            mem: mem.build(),
            wasi: wasi.inherit_stdio().build(),
            table: ResourceTable::new(),
            tasks: task_receiver,
            runs: run_sender,
            start: None,
        };
        let (engine, component) = (engine.clone(), component.clone());
        Ok(Self {
            tasks,
            runs,
            thread: thread::spawn(move || {
                if let Err(error) = state.run(&engine, &component) {
                    // Nobody receives this if another thread failed first.
                    let _ = failed.send(Err(error));
                }
            }),
        })
    }

    fn finish(self) {
        drop(self.tasks);
        self.thread.join().expect("no thread panics");
    }
}

struct State {
    mem: MemCtx,
    wasi: WasiCtx,
    table: ResourceTable,
    tasks: Receiver<Task>,
    runs: Sender<Result<Run>>,
    /// When the guest started its job.
    start: Option<Instant>,
}

impl State {
    fn run(self, engine: &Engine, component: &Component) -> Result<()> {
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        mem_host::add_to_linker_sync(&mut linker, State::mem)?;
        jobs::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        let mut store = Store::new(engine, self);
        let command = Command::instantiate(&mut store, component, &linker)?;
        let result = command.wasi_cli_run().call_run(&mut store)?;
        ensure!(result.is_ok(), "the guest exits with a failure");
        Ok(())
    }
}

impl jobs::Host for State {
    fn next(&mut self, sum: u64) -> wasmtime::Result<Option<Job>> {
        let end = Instant::now();
        if let Some(start) = self.start.take() {
            self.runs.send(Ok(Run { start, end, sum }))?;
        }
        let Ok((job, barrier)) = self.tasks.recv() else {
            return Ok(None);
        };
        barrier.wait();
        self.start = Some(Instant::now());
        Ok(Some(job))
    }
}

impl MemView for State {
    fn mem(&mut self) -> MemCtxView<'_> {
        MemCtxView {
            ctx: &self.mem,
            table: &mut self.table,
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}
