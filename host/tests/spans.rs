//! Mapping and unmapping are spans, and an asynchronous host does them where
//! they block nobody.

use anyhow::Result;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use test_host::{Host, Kind};
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

#[test]
fn map_and_unmap() -> Result<()> {
    let spans = Spans::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(spans.clone()))?;
    let here = thread::current().id();

    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut host = Host::new();
    for kind in Kind::ALL {
        host.kind = kind;
        // This guest maps one file and is unmapped with its store.
        host.run("one_fault")?;
        assert_eq!(spans.take(), [("map", here), ("unmap", here)]);

        runtime.block_on(host.run_async("map_and_unmap"))?;
        let (names, threads): (Vec<_>, Vec<_>) = spans.take().into_iter().unzip();
        assert_eq!(names, ["map", "unmap"]);
        assert!(!threads.contains(&here));
    }
    Ok(())
}
