//! The package, and the functions it has.

use crate::Function;
use crate::function::{drop_of, function};
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;
use wit_parser::{InterfaceId, Resolve, SizeAlign, TypeDefKind, WorldItem, WorldKey};

/// The folder `wit/`.
pub(crate) const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../wit");

/// The contract that `wit/` holds.
///
/// # Panics
///
/// If `wit/` cannot be read, or uses a type that this crate does not know yet.
pub fn contract() -> &'static Contract {
    static CONTRACT: LazyLock<Contract> =
        LazyLock::new(|| Contract::read(WIT.as_ref()).expect("wit/ can be read"));
    &CONTRACT
}

/// The package `mem:mmap`.
pub struct Contract {
    pub(crate) resolve: Resolve,
    /// The interfaces of the world `imports`, which core modules can import too.
    pub(crate) core_interfaces: Vec<InterfaceId>,
    functions: Vec<Function>,
    core_functions: usize,
}

impl Contract {
    /// Reads the package in the folder `wit`.
    ///
    /// # Errors
    ///
    /// If it cannot be parsed, has no world `imports`, or has two functions of
    /// one name.
    ///
    /// # Panics
    ///
    /// If a function uses a type that this crate does not know yet.
    pub fn read(wit: &Path) -> Result<Self> {
        let mut resolve = Resolve::new();
        let (package, _) = resolve.push_dir(wit)?;
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve);
        let world = resolve.select_world(&[package], Some("imports"))?;
        let imports = resolve.worlds[world].imports.values();
        let core_interfaces: Vec<InterfaceId> = imports
            .filter_map(|item| match item {
                WorldItem::Interface { id, .. } => Some(*id),
                _ => None,
            })
            .collect();
        let others = resolve.packages[package].interfaces.values().copied();
        let others: Vec<InterfaceId> = others
            .filter(|interface| !core_interfaces.contains(interface))
            .collect();

        let read = |interface: &InterfaceId| {
            let key = WorldKey::Interface(*interface);
            let types = resolve.interfaces[*interface].types.values();
            let resources = types.filter(|&&id| resolve.types[id].kind == TypeDefKind::Resource);
            let functions = resolve.interfaces[*interface].functions.values();
            let functions = functions.map(|wit| function(&resolve, &sizes, &key, wit));
            let drops = resources.map(|&resource| drop_of(&resolve, &key, resource));
            functions.chain(drops).collect::<Vec<_>>()
        };
        let mut functions: Vec<Function> = core_interfaces.iter().flat_map(read).collect();
        let core_functions = functions.len();
        functions.extend(others.iter().flat_map(read));
        let mut names = BTreeSet::new();
        for function in &functions {
            let is_new = names.insert(&function.operation);
            ensure!(is_new, "two functions are named `{}`", function.operation);
        }
        Ok(Self {
            resolve,
            core_interfaces,
            functions,
            core_functions,
        })
    }

    /// Every function, and the drop of each resource. Those that core modules
    /// can import come first.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The functions that core modules can import.
    pub fn core_functions(&self) -> &[Function] {
        &self.functions[..self.core_functions]
    }

    /// The function whose [`Function::operation`] this is.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn function(&self, operation: &str) -> &Function {
        let mut functions = self.functions.iter();
        functions
            .find(|function| function.operation == operation)
            .with_context(|| format!("wit/ has a function `{operation}`"))
            .unwrap()
    }
}
