//! Rounds of everything that a mapping can do, on several threads at once.
//! Tools that watch a process run this; `host/TESTING.md` says how.
//! `MEM_TEST_ROUNDS` is how many rounds each thread makes.

use anyhow::{Result, bail, ensure};
use mem_mapping::{
    Access, Advice, ByteRange, Error, FlushMode, MapOptions, Mapping, Policy, Protection, Quota,
    Quotas, StoreId,
};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, thread};

const THREADS: usize = 4;
const MAPPED: u64 = 1 << 24;
const LOCKED: u64 = 1 << 22;
const MAPPINGS: u64 = 100;
/// What each file has.
const BYTE: u8 = 7;

fn policy() -> Policy {
    Policy {
        allow_exec: false,
        allow_windows: true,
        handle_bus_errors: true,
        quotas: Quotas {
            mapped: Quota::new(MAPPED),
            private: Quota::new(MAPPED),
            mappings: Quota::new(MAPPINGS),
            locked: Quota::new(LOCKED),
            windows: Quota::new(0),
        },
    }
}

fn options(access: Access, anonymous: bool) -> MapOptions {
    MapOptions {
        access,
        length: anonymous.then_some(page()),
        ..MapOptions::default()
    }
}

fn page() -> u64 {
    mem_mapping::page_size() as u64
}

fn first(pages: u64) -> Option<ByteRange> {
    let length = pages * page();
    Some(ByteRange { offset: 0, length })
}

/// Maps a file of three pages, uses it, and takes two of the pages away.
fn file_round(policy: &Policy, store: StoreId, access: Access) -> Result<()> {
    let file = tempfile::tempfile()?;
    file.write_all_at(&vec![BYTE; 3 * page() as usize], 0)?;
    let open = file.try_clone()?;
    let mapping = policy.map_file(store, options(access, false), |_| Ok(open))?;
    use_all(&mapping, store, access)?;

    file.set_len(page())?;
    let lost = mapping.load::<8>(2 * page());
    ensure!(lost == Err(Error::Truncated), "{lost:?}");
    let mut bytes = vec![0; page() as usize];
    mapping.copy_out(&mapping.readable(0, page())?, &mut bytes)?;
    ensure!(bytes[8..].iter().all(|&byte| byte == BYTE));
    let flushed = mapping.flush(None, FlushMode::Synchronous);
    let expected = match access {
        Access::ReadWrite => Err(Error::Truncated),
        Access::ReadOnly | Access::CopyOnWrite => Ok(()),
    };
    ensure!(flushed == expected, "{access:?}: {flushed:?}");
    Ok(())
}

fn use_all(mapping: &Mapping, store: StoreId, access: Access) -> Result<()> {
    let before = mapping.load::<8>(8)?;
    let stored = mapping.store(store, 0, [1; 8]);
    if access == Access::ReadOnly {
        ensure!(stored == Err(Error::ReadOnly));
    } else {
        ensure!(mapping.load::<8>(0)? == [1; 8]);
        mapping.write(store, page() - 4, &before)?;
    }
    mapping.flush(first(1), FlushMode::Synchronous)?;
    mapping.lock(first(1))?;
    // The first page's protection, locks and advice make it a run of its own.
    mapping.protect(first(1), Protection::Read)?;
    ensure!(mapping.store(store, 0, [2; 8]) == Err(Error::ReadOnly));
    mapping.advise(first(1), Advice::Sequential)?;
    mapping.unlock(first(1))?;
    ensure!(mapping.unlock(first(1)) == Err(Error::NotLocked));
    // What stays locked goes with the mapping.
    Ok(mapping.lock(first(1))?)
}

/// Adds to a word of a file that all threads have mapped.
fn count(policy: &Policy, shared: &File, thread: usize, round: u64) -> Result<()> {
    let store = StoreId::new(thread);
    let open = shared.try_clone()?;
    let mapping = policy.map_file(store, options(Access::ReadWrite, false), |_| Ok(open))?;
    let offset = 8 * thread as u64;
    let before = u64::from_le_bytes(mapping.load(offset)?);
    ensure!(before == round, "{before} in round {round}");
    Ok(mapping.store(store, offset, (before + 1).to_le_bytes())?)
}

#[test]
fn all_is_given_back() -> Result<()> {
    let rounds = rounds();
    let policy = policy();
    let shared = tempfile::tempfile()?;
    shared.set_len(8 * THREADS as u64)?;
    let work = |thread: usize| {
        let store = StoreId::new(thread);
        for round in 0..rounds {
            for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
                file_round(&policy, store, access)?;
            }
            let anonymous = policy.map_anonymous(options(Access::ReadWrite, true))?;
            ensure!(anonymous.load::<8>(0)? == [0; 8]);
            anonymous.store(store, page() - 8, [3; 8])?;
            count(&policy, &shared, thread, round)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap())
    })?;
    let free = |quota: &Arc<Quota>, all| quota.charge(all).is_ok();
    let quotas = &policy.quotas;
    assert!(free(&quotas.mapped, MAPPED) && free(&quotas.private, MAPPED));
    assert!(free(&quotas.mappings, MAPPINGS) && free(&quotas.locked, LOCKED));
    Ok(())
}

/// A lock fails as if at a limit when the file is short, and the file can be
/// whole again when somebody looks. That is no limit.
#[test]
fn a_lock_of_a_file_that_shrinks_and_grows() -> Result<()> {
    let rounds = rounds() * 10;
    let policy = policy();
    let file = tempfile::tempfile()?;
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                // The end is lost, and there again.
                file.set_len(LOCKED - page()).unwrap();
                file.set_len(LOCKED).unwrap();
            }
        });
        let (mut locked, mut lost) = (0, 0);
        let result = (0..rounds).try_for_each(|_| {
            let open = file.try_clone()?;
            let mapping =
                policy.map_file(StoreId::new(0), options(Access::ReadOnly, false), |_| {
                    Ok(open)
                })?;
            match mapping.lock(None) {
                Ok(()) => locked += 1,
                Err(Error::Truncated) => lost += 1,
                Err(error) => bail!("{error} after {locked} locks, {lost} losses"),
            }
            Ok(())
        });
        is_done.store(true, Ordering::Relaxed);
        println!("{locked} locked, {lost} lost");
        result
    })
}

fn rounds() -> u64 {
    env::var("MEM_TEST_ROUNDS").map_or(50, |rounds| rounds.parse().unwrap())
}
