//! The contract is a package that other tools can use, and what is derived from
//! it is valid.

use crate::contract::WIT;
use crate::{Place, Returns, Role, Type, Value, contract};
use anyhow::Result;
use std::path::Path;
use wit_component::WitPrinter;
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{PackageId, Resolve};

/// The package as text, with its documentation.
fn text(resolve: &Resolve, package: PackageId) -> Result<String> {
    let mut printer = WitPrinter::default();
    printer.print(resolve, package, &[])?;
    Ok(printer.output.to_string())
}

/// Registries keep a package as a WebAssembly binary, which has all of the text.
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

/// Each dependency lies where tools put what they fetch, in a folder of its name
/// and version. Nothing else is there.
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

/// A guest of the world `imports` runs on hosts without wasi:filesystem.
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

/// `wasmtime-mem new` writes this world, and puts the contract beside its folder.
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

#[test]
fn core_functions_have_the_signatures_of_the_canonical_abi() {
    let signature = |operation| contract().function(operation).signature();
    assert_eq!(
        signature("file-map"),
        "(param i32 i32 i32 i32 i64 i32 i64 i32)"
    );
    assert_eq!(signature("size"), "(param i32) (result i64)");
    assert_eq!(signature("drop-window"), "(param i32)");
    assert_eq!(
        contract().function("load-u16").import(),
        r#"(import "mem:mmap/mapping@0.1.0" "[method]mapping.load-u16" (func $load-u16 (param i32 i64 i32)))"#
    );
    let unlock = contract().function("unlock");
    assert_eq!(unlock.name, "[method]mapping.unlock");
    let roles: Vec<&Role> = unlock.parameters.iter().map(|p| &p.role).collect();
    let number = |name: &str| Role::Number(name.to_owned());
    assert_eq!(
        roles,
        [
            &Role::Handle,
            &Role::Case(2),
            &number("offset"),
            &number("length"),
            &Role::ReturnPointer
        ]
    );
}

#[test]
fn results_lie_where_the_canonical_abi_puts_them() {
    let returns = |operation| contract().function(operation).returns.clone();
    let place = |offset, value| Place { offset, value };
    for (operation, expected) in [
        ("drop-mapping", Returns::Nothing),
        ("page-size", Returns::Number(Type::I32)),
        ("flush", Returns::Result(place(1, Value::Bytes(0)))),
        ("load-u16", Returns::Result(place(2, Value::Bytes(2)))),
        ("load-u64x8", Returns::Result(place(8, Value::Bytes(64)))),
        ("read-u64x8", Returns::Result(place(4, Value::List(64)))),
        ("attach", Returns::Result(place(4, Value::Bytes(4)))),
        ("explain", Returns::Option(place(4, Value::List(1)))),
    ] {
        assert_eq!(returns(operation), expected, "{operation}");
    }
}

#[test]
fn core_modules_can_import_all_but_the_interface_of_wasi() {
    let contract = contract();
    let others = &contract.functions()[contract.core_functions().len()..];
    let others: Vec<&str> = others.iter().map(|f| f.operation.as_str()).collect();
    assert_eq!(others, ["file-map-at", "file-map-of"]);
}

/// What is derived from the contract in the text format is what wit-component
/// derives from it as a binary.
#[test]
fn templates_are_filled_as_wit_component_reads_them() -> Result<()> {
    let mut resolve = Resolve::new();
    let (package, _) = resolve.push_dir(WIT)?;
    let world = resolve.select_world(&[package], Some("imports"))?;

    // A module that imports everything becomes a component of that world.
    let mut module = wat::parse_str(contract().fill(
        r#"(module {imports} (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#,
    ))?;
    wit_component::embed_component_metadata(&mut module, &resolve, world, Default::default())?;
    wit_component::ComponentEncoder::default()
        .module(&module)?
        .validate(true)
        .encode()?;

    // A component that imports the interfaces is of that world too.
    let component = wat::parse_str(contract().fill("(component {interfaces})"))?;
    let DecodedWasm::Component(decoded, id) = decode(&component)? else {
        panic!("it is a component");
    };
    let of = |resolve: &Resolve, world| -> Vec<String> {
        let imports = resolve.worlds[world].imports.values();
        let functions = imports.filter_map(|item| match item {
            wit_parser::WorldItem::Interface { id, .. } => Some(&resolve.interfaces[*id]),
            _ => None,
        });
        functions
            .flat_map(|interface| interface.functions.keys().chain(interface.types.keys()))
            .cloned()
            .collect()
    };
    assert_eq!(of(&decoded, id), of(&resolve, world));
    Ok(())
}
