//! The plugins as metrics for Prometheus, over HTTP on this machine only.

use crate::plugin::{Plugin, State};
use anyhow::{Context, Result};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::net::TcpListener;

/// A listener on 127.0.0.1; on any free port if `port` is 0.
pub async fn listen(port: u16) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.with_context(|| format!("port {port} of 127.0.0.1"))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Answers `GET /metrics`, forever.
pub async fn serve(listener: TcpListener, plugins: Arc<[Arc<Plugin>]>) {
    loop {
        // A failure concerns one connection.
        let Ok((connection, _)) = listener.accept().await else {
            // Perhaps no descriptor is free.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let plugins = plugins.clone();
        tokio::spawn(async move {
            let answer = service_fn(|request| answer(request, &plugins));
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new());
            // The connection itself reports a failure to its client.
            let _ = http
                .serve_connection(TokioIo::new(connection), answer)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    plugins: &[Arc<Plugin>],
) -> Result<Response<Full<Bytes>>> {
    let mut response = Response::default();
    if request.uri().path() != "/metrics" {
        *response.status_mut() = StatusCode::NOT_FOUND;
    } else if request.method() != Method::GET {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    } else {
        *response.body_mut() = text(plugins).await?.into();
        let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, format.parse()?);
    }
    Ok(response)
}

type Labels = Vec<(&'static str, String)>;
type Numbers = Family<Labels, Gauge<u64, AtomicU64>>;
type Counts = Family<Labels, Counter>;

/// The text of a registry, which is made anew for each answer from what the
/// contexts of the plugins have counted.
async fn text(plugins: &[Arc<Plugin>]) -> Result<String> {
    let mut registry = Registry::default();
    let mut numbers = |name: &str, help: &str| {
        let family = Numbers::default();
        registry.register(name, help, family.clone());
        family
    };
    let running = numbers("plugin_running", "Whether the plugin runs");
    let mappings = numbers("mem_mappings", "Mappings that exist");
    let mapped = numbers("mem_mapped_bytes", "Mapped bytes");
    let private = numbers("mem_private_bytes", "Private mapped bytes");
    let locked = numbers("mem_locked_bytes", "Locked bytes");
    let resident = numbers("mem_resident_bytes", "Mapped bytes that are in RAM");
    let windows = numbers("mem_windows", "Windows that are attached");
    let mut counts = |name: &str, help: &str| {
        let family = Counts::default();
        registry.register(name, help, family.clone());
        family
    };
    let starts = counts("plugin_starts", "Runs of the plugin");
    let restarts = counts("plugin_restarts", "Runs after a failure");
    let reloads = counts("plugin_reloads", "Replacements of the plugin's file");
    let calls = counts("mem_calls", "Calls of mem, by operation");
    let bytes = counts(
        "mem_call_bytes",
        "Bytes of calls that succeeded, by operation",
    );
    let errors = counts("mem_call_errors", "Calls that failed, by error");

    for plugin in plugins {
        let of = vec![("plugin", plugin.name.clone())];
        let status = plugin.status();
        let runs = status.state == State::Running;
        running.get_or_create(&of).set(runs.into());
        starts.get_or_create(&of).inc_by(status.starts);
        restarts.get_or_create(&of).inc_by(status.restarts);
        reloads.get_or_create(&of).inc_by(status.reloads);
        let in_ram = plugin.resident_bytes().await?;
        let usage = plugin.mem.usage();
        mappings.get_or_create(&of).set(usage.handles);
        mapped.get_or_create(&of).set(usage.mapped_bytes.now);
        private.get_or_create(&of).set(usage.private_bytes.now);
        locked.get_or_create(&of).set(usage.locked_bytes.now);
        windows.get_or_create(&of).set(usage.windows.now);
        resident.get_or_create(&of).set(in_ram);
        for (operation, of_operation) in &usage.calls {
            let mut of = of.clone();
            of.push(("operation", operation.to_string()));
            calls.get_or_create(&of).inc_by(of_operation.calls);
            bytes.get_or_create(&of).inc_by(of_operation.bytes);
        }
        for (error, count) in &usage.errors {
            let mut of = of.clone();
            of.push(("error", (*error).to_owned()));
            errors.get_or_create(&of).inc_by(*count);
        }
    }
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}
