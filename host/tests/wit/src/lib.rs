//! The contract is a package that other tools take.

#![cfg(test)]

use anyhow::Result;
use std::path::Path;
use wit_component::WitPrinter;
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{PackageId, Resolve};

const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../wit");

/// The package as text, with its documentation.
fn text(resolve: &Resolve, package: PackageId) -> Result<String> {
    let mut printer = WitPrinter::default();
    printer.print(resolve, package, &[])?;
    Ok(printer.output.to_string())
}

/// As registries keep it: as a WebAssembly binary, which has all of the text.
#[test]
fn it_can_be_encoded() -> Result<()> {
    let mut resolve = Resolve::new();
    let (package, _) = resolve.push_dir(WIT)?;
    let binary = wit_component::encode(&resolve, package)?;
    let DecodedWasm::WitPackage(decoded, id) = decode(&binary)? else {
        panic!("it is decoded as a component");
    };
    assert_eq!(decoded.packages[id].name.to_string(), "mem:mmap@0.1.0");
    assert_eq!(text(&decoded, id)?, text(&resolve, package)?);
    Ok(())
}

/// Where tools put what they fetch: each dependency in a folder of its name and
/// version, and nothing else.
#[test]
fn its_dependencies_are_where_tools_put_them() -> Result<()> {
    let mut resolve = Resolve::new();
    let (package, _) = resolve.push_dir(WIT)?;
    let mut needed = Vec::new();
    for (id, other) in &resolve.packages {
        if id != package {
            let name = &other.name;
            let version = name.version.as_ref().expect("a version");
            needed.push(format!("{}-{}-{version}", name.namespace, name.name));
        }
    }
    let mut there = Vec::new();
    for folder in Path::new(WIT).join("deps").read_dir()? {
        let folder = folder?;
        assert!(folder.path().join("package.wit").is_file());
        there.push(folder.file_name().into_string().expect("UTF-8"));
    }
    needed.sort();
    there.sort();
    assert_eq!(there, needed);
    Ok(())
}

/// A guest of the world `imports` runs where nobody knows of wasi:filesystem.
#[test]
fn only_the_larger_world_needs_wasi() -> Result<()> {
    let mut resolve = Resolve::new();
    let (package, _) = resolve.push_dir(WIT)?;
    let imports = |world| -> Result<Vec<String>> {
        let world = resolve.select_world(&[package], Some(world))?;
        let keys = resolve.worlds[world].imports.keys();
        Ok(keys.map(|key| resolve.name_world_key(key)).collect())
    };
    assert_eq!(
        imports("imports")?,
        ["mem:mmap/mapping@0.1.0", "mem:mmap/window@0.1.0"]
    );
    let larger = imports("imports-with-wasi")?;
    for interface in ["mem:mmap/directory@0.1.0", "wasi:filesystem/types@0.2.0"] {
        assert!(larger.iter().any(|name| name == interface), "{larger:?}");
    }
    Ok(())
}

/// The world of a guest that `wasmtime-mem new` makes, beside whose folder the
/// contract lies.
#[test]
fn the_world_of_a_new_guest_includes_it() -> Result<()> {
    let mut resolve = Resolve::new();
    resolve.push_dir(WIT)?;
    let template = include_str!("../../../cli/template/world.wit");
    let package = resolve.push_str("world.wit", template)?;
    let world = resolve.select_world(&[package], Some("guest"))?;
    let imports = resolve.worlds[world].imports.keys();
    let names: Vec<String> = imports.map(|key| resolve.name_world_key(key)).collect();
    assert_eq!(names, ["mem:mmap/mapping@0.1.0", "mem:mmap/window@0.1.0"]);
    Ok(())
}
