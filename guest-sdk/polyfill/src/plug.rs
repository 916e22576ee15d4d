//! Joins a guest and the polyfill into one component.

use crate::COMPONENT;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, PackageId};

/// Why a guest and the polyfill cannot become one component.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes do not start like WebAssembly.
    #[error("it is not WebAssembly")]
    NotWebAssembly,
    /// The guest is a core module.
    #[error(
        "it is a core module, and not a component: build it for the target wasm32-wasip2, \
         or make a component of it with `wasm-tools component new`"
    )]
    CoreModule,
    /// The guest is a component, but a broken one.
    #[error("it is not a valid component")]
    Invalid(#[source] Source),
    /// The guest maps no files.
    #[error("it imports no interface of `mem:mmap`, and so needs no polyfill")]
    NothingToPlug,
    /// The guest imports an interface that the polyfill does not have, or has in
    /// another form.
    #[error("it imports `{0}`, which the polyfill does not have")]
    Lacking(String),
    /// The components do not fit together, for another reason.
    #[error("it cannot be made one component with the polyfill")]
    Compose(#[source] Source),
}

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Joins the component `guest` and the polyfill into one component.
///
/// It exports what the guest exports. It imports what the guest imports, without
/// the interfaces of `mem:mmap`, and what the polyfill needs of WASI.
///
/// # Errors
///
/// - [`Error::NotWebAssembly`], [`Error::CoreModule`] or [`Error::Invalid`] if
///   `guest` is not a component
/// - [`Error::NothingToPlug`] if it imports nothing of `mem:mmap`
/// - [`Error::Lacking`] if it imports more of `mem:mmap` than the polyfill exports
/// - [`Error::Compose`] if joining them fails for another reason
pub fn plug(guest: impl Into<Vec<u8>>) -> Result<Vec<u8>, Error> {
    let guest = guest.into();
    // The magic number, the version and, for components, the layer.
    match guest.get(..8) {
        Some(b"\0asm\x01\0\0\0") => return Err(Error::CoreModule),
        Some(header) if header.starts_with(b"\0asm") => {}
        _ => return Err(Error::NotWebAssembly),
    }
    let mut graph = CompositionGraph::new();
    let guest = register(&mut graph, "guest", guest).map_err(Error::Invalid)?;
    let is_mem = |name: &str| name.starts_with("mem:mmap/");
    let mut imports = graph.types()[graph[guest].ty()].imports.keys();
    if !imports.any(|name| is_mem(name)) {
        return Err(Error::NothingToPlug);
    }
    let polyfill = register(&mut graph, "mem:polyfill", COMPONENT).map_err(Error::Compose)?;
    match wac_graph::plug(&mut graph, vec![polyfill], guest) {
        // Below, the error names the import that is missing.
        Ok(()) | Err(wac_graph::PlugError::NoPlugHappened) => {}
        Err(error) => return Err(Error::Compose(error.into())),
    }
    if let Some((name, ..)) = graph.imports().find(|(name, ..)| is_mem(name)) {
        return Err(Error::Lacking(name.to_owned()));
    }
    let encoded = graph.encode(EncodeOptions::default());
    encoded.map_err(|error| Error::Compose(error.into()))
}

fn register(
    graph: &mut CompositionGraph,
    name: &str,
    bytes: impl Into<Vec<u8>>,
) -> Result<PackageId, Source> {
    let package = Package::from_bytes(name, None, bytes, graph.types_mut())?;
    Ok(graph.register_package(package)?)
}
