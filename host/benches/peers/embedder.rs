//! An embedder like any other, except for the interface through which the guest
//! learns its plan and reports.

use crate::bindings::{Probe, host};
use crate::core::Core;
use crate::native::{Index, Native};
use crate::rows::Measured;
use crate::speeds::Speeds;
use anyhow::{Context, Result, ensure};
use bench_sums::index_of_words;
use mem_host::{FsPerms, MemCtx, MemCtxView, MemView};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;
use wasmtime::component::{Component, HasSelf, Linker, Resource, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::sync::Command;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

const FILE: &str = "file";
const SMALL: &str = "small";
const LARGE: &str = "large";
const INDEX: &str = "index";

/// How many bytes are written at once where the file may have huge pages. All
/// sides use the same file.
const HUGE: usize = 4 << 20;

/// Runs the guest. Returns the rows whose names contain `only`, and how fast bytes
/// come through by reads of each length.
pub fn measure(engine: &Engine, rounds: u32, only: &str) -> Result<(Vec<Measured>, Vec<Speeds>)> {
    let dir = tempfile::tempdir()?;
    make_file(&dir.path().join(FILE), 256 << 20, HUGE)?;
    File::create(dir.path().join(SMALL))?.set_len(4 << 10)?;
    File::create(dir.path().join(LARGE))?.set_len(4 << 30)?;
    std::fs::write(dir.path().join(INDEX), index_of_words()?)?;

    let guest = std::fs::read(test_artifacts::BENCH_GUEST.component)?;
    let plugin = Component::new(engine, &guest)?;
    let mut state = run(engine, dir.path(), &plugin, false, rounds, only)?;
    let bundle = Component::new(engine, mem_polyfill::plug(guest)?)?;
    let bundled = run(engine, dir.path(), &bundle, true, rounds, only)?;
    state.measured.extend(bundled.measured);
    Ok((state.measured, state.speeds))
}

/// Runs the guest on the files in `dir`. The host has mem, unless the guest is
/// bundled with the polyfill.
fn run(
    engine: &Engine,
    dir: &Path,
    component: &Component,
    bundled: bool,
    rounds: u32,
    only: &str,
) -> Result<State> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    if !bundled {
        mem_host::add_to_linker_sync(&mut linker, State::mem)?;
    }
    host::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;

    let mut mem = MemCtx::builder();
    mem.preopened_dir(dir, ".", FsPerms::ReadWrite)?;
    // SAFETY: only this benchmark has the directory, and its guest writes only
    // while it has no window.
    unsafe { mem.allow_windows(true) };
    let mut wasi = WasiCtx::builder();
    wasi.inherit_stdio();
    wasi.preopened_dir(dir, ".", wasmtime_wasi::FsPerms::ReadWrite)?;
    // Faster for both sides, and what `wasmtime run` does.
    wasi.allow_blocking_current_thread(bundled);
    let state = State {
        mem: mem.build(),
        wasi: wasi.build(),
        table: ResourceTable::new(),
        native: Native::open(&dir.join(FILE))?,
        index: Index::open(&dir.join(INDEX))?,
        core: Core::start(engine, dir)?,
        rounds,
        only: only.into(),
        bundled,
        measured: Vec::new(),
        speeds: Vec::new(),
    };
    let mut store = Store::new(engine, state);
    let command = Command::instantiate(&mut store, component, &linker)?;
    let result = command.wasi_cli_run().call_run(&mut store)?;
    ensure!(result.is_ok(), "the guest exits with a failure");
    Ok(store.into_data())
}

/// Makes a file in the page cache whose `u64`s all differ.
///
/// `write_length` bytes are written at once. File systems that can keep them in
/// one page of that length, so it says how large the file's pages are.
pub fn make_file(path: &Path, length: u64, write_length: usize) -> Result<()> {
    let mut file = BufWriter::with_capacity(write_length, File::create(path)?);
    for number in 0..length / 8 {
        let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        file.write_all(&scattered.to_le_bytes())?;
    }
    Ok(file.flush()?)
}

struct State {
    mem: MemCtx,
    wasi: WasiCtx,
    table: ResourceTable,
    native: Native,
    index: Index,
    core: Core,
    rounds: u32,
    only: String,
    bundled: bool,
    measured: Vec<Measured>,
    speeds: Vec<Speeds>,
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

impl host::HostProbe for State {
    fn new(&mut self) -> wasmtime::Result<Resource<Probe>> {
        Ok(self.table.push(Probe)?)
    }

    fn empty(&mut self, _this: Resource<Probe>) -> wasmtime::Result<()> {
        Ok(())
    }

    fn drop(&mut self, this: Resource<Probe>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl host::Host for State {
    fn get_plan(&mut self) -> wasmtime::Result<host::Plan> {
        Ok(host::Plan {
            rounds: self.rounds,
            only: self.only.clone(),
            file: FILE.into(),
            small: SMALL.into(),
            large: LARGE.into(),
            index: INDEX.into(),
            bundled: self.bundled,
        })
    }

    fn native_copy(
        &mut self,
        offset: u64,
        length: u32,
        count: u32,
        whole: bool,
    ) -> wasmtime::Result<host::Sample> {
        sample(self.native.copy(
            usize::try_from(offset)?,
            length as usize,
            count as usize,
            whole,
        ))
    }

    fn native_sum(&mut self) -> wasmtime::Result<host::Sample> {
        sample(self.native.sum())
    }

    fn native_load(&mut self, seed: u32, count: u32) -> wasmtime::Result<host::Sample> {
        sample(self.native.load(seed, count))
    }

    fn native_look_up(&mut self, seed: u32, count: u32) -> wasmtime::Result<host::Sample> {
        sample(self.index.look_up(seed, count))
    }

    fn core_load(&mut self, offset: u64, calls: u32) -> wasmtime::Result<host::Sample> {
        sample(self.core.load(offset, calls)?)
    }

    fn core_empty(&mut self, calls: u32) -> wasmtime::Result<host::Sample> {
        sample(self.core.empty(calls)?)
    }

    fn core_read(&mut self, seed: u32, calls: u32, whole: bool) -> wasmtime::Result<host::Sample> {
        sample(self.core.read(seed, calls, whole)?)
    }

    fn report(
        &mut self,
        name: String,
        calls: u32,
        rounds: Vec<host::Round>,
    ) -> wasmtime::Result<()> {
        let rounds: Vec<_> = rounds
            .iter()
            .map(|round| (round.mem_nanoseconds, round.peer_nanoseconds))
            .collect();
        let measured = Measured::new(&name, calls, &rounds);
        let measured = measured.with_context(|| format!("there is no row {name}"));
        self.measured
            .push(measured.map_err(wasmtime::Error::from_anyhow)?);
        Ok(())
    }

    fn report_speed(
        &mut self,
        length: u32,
        calls: u32,
        rounds: Vec<host::Speed>,
    ) -> wasmtime::Result<()> {
        let rounds: Vec<_> = rounds
            .iter()
            .map(|round| [round.mapping, round.window, round.file, round.native])
            .collect();
        let speeds = Speeds::new(length, calls, &rounds);
        self.speeds.extend(speeds);
        Ok(())
    }
}

fn sample((time, sum): (Duration, u64)) -> wasmtime::Result<host::Sample> {
    Ok(host::Sample {
        nanoseconds: u64::try_from(time.as_nanos())?,
        sum,
    })
}
