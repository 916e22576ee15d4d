//! Mapping and unmapping are spans. An asynchronous host does them where they
//! block nobody.

use crate::guests::*;
use anyhow::Result;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use test_host::{Host, Surface, tests_on};
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// The name of each new span, and the thread that made it.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<(&'static str, ThreadId)>>>);

impl Spans {
    fn take(&self) -> Vec<(&'static str, ThreadId)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: tracing::Subscriber> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.target().starts_with("mem_host") {
            let span = (metadata.name(), thread::current().id());
            self.0.lock().unwrap().push(span);
        }
    }
}

tests_on! { in a child;
    map_and_unmap: [component core_module];
}

fn map_and_unmap(surface: Surface) -> Result<()> {
    let spans = Spans::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(spans.clone()))?;
    let here = thread::current().id();

    let mut host = Host::new();
    host.surface = surface;
    // This guest maps one file and is unmapped with its store.
    host.run(ONE_FAULT)?;
    assert_eq!(spans.take(), [("map", here), ("unmap", here)]);

    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(host.run_async(MAP_AND_UNMAP))?;
    let (names, threads): (Vec<_>, Vec<_>) = spans.take().into_iter().unzip();
    assert_eq!(names, ["map", "unmap"]);
    assert!(!threads.contains(&here));
    Ok(())
}
