//! The types of the crate are those of the WIT, and C has the same error codes.

use mem_contract::*;
use std::fs;
use wit_parser::{Resolve, Type, TypeDefKind, TypeId};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The types that the interface `mapping` declares, each with its name.
fn declared(resolve: &mut Resolve) -> Vec<(String, TypeId)> {
    let file = format!("{ROOT}/wit/mapping.wit");
    let text = fs::read_to_string(&file).unwrap();
    let package = resolve.push_source(&file, &text).unwrap();
    let mapping = resolve.packages[package].interfaces["mapping"];
    let types = &resolve.interfaces[mapping].types;
    types.iter().map(|(name, &id)| (name.clone(), id)).collect()
}

/// The names that a type of the crate has, and by number.
macro_rules! cases {
    ($name:ident) => {{
        for (number, &case) in $name::ALL.iter().enumerate() {
            assert_eq!(case as usize, number);
            assert_eq!($name::from_number(number as u32), Some(case));
        }
        assert_eq!($name::from_number($name::ALL.len() as u32), None);
        $name::ALL
            .iter()
            .map(|case| case.name().to_owned())
            .collect()
    }};
}

/// The fields of a record, which compile only if there are no others.
macro_rules! fields {
    ($name:ident { $($field:ident),* }) => {{
        let _ = |$name { $($field: _),* }| ();
        vec![$(stringify!($field).to_owned()),*]
    }};
}

fn flags() -> Vec<String> {
    let flags = MapFlags::all().iter_names();
    let names = flags.enumerate().map(|(bit, (name, flag))| {
        assert_eq!(flag.bits(), 1 << bit);
        name.to_lowercase().replace('_', "-")
    });
    names.collect()
}

#[test]
fn every_type_has_what_the_wit_has() {
    let mut resolve = Resolve::new();
    for (name, id) in declared(&mut resolve) {
        let (in_wit, here): (Vec<String>, Vec<String>) = match &resolve.types[id].kind {
            TypeDefKind::Enum(declared) => {
                let cases = declared.cases.iter().map(|case| case.name.clone());
                let here = match &*name {
                    "error-code" => cases!(ErrorCode),
                    "access" => cases!(Access),
                    "flush-mode" => cases!(FlushMode),
                    "protection" => cases!(Protection),
                    "advice" => cases!(Advice),
                    _ => panic!("`{name}` is not in the crate"),
                };
                (cases.collect(), here)
            }
            TypeDefKind::Flags(declared) => {
                assert_eq!(name, "map-flags");
                let names = declared.flags.iter().map(|flag| flag.name.clone());
                (names.collect(), flags())
            }
            TypeDefKind::Record(declared) => {
                let names = declared.fields.iter().map(|field| field.name.clone());
                let here = match &*name {
                    "map-options" => fields!(MapOptions {
                        access,
                        flags,
                        offset,
                        length
                    }),
                    "range" => fields!(ByteRange { offset, length }),
                    "u64x8" => {
                        assert!(declared.fields.iter().all(|field| field.ty == Type::U64));
                        let words = U64x8::default().len();
                        (0..words).map(|word| format!("w{word}")).collect()
                    }
                    _ => panic!("`{name}` is not in the crate"),
                };
                (names.collect(), here)
            }
            TypeDefKind::Resource => continue,
            other => panic!("`{name}` is of another kind: {other:?}"),
        };
        assert_eq!(here, in_wit, "{name}");
    }
}

/// The words of `text` that start with `prefix`, without it.
fn words_with<'t>(text: &'t str, prefix: &str) -> Vec<&'t str> {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !is_of_word(c));
    words.filter_map(|word| word.strip_prefix(prefix)).collect()
}

/// `mem_mman_errno` of the library for C names every error code once.
#[test]
fn c_has_the_same_error_codes() {
    let text = fs::read_to_string(format!("{ROOT}/guest-sdk/c/error.c")).unwrap();
    let (errno, _) = text.split_once("int mem_mman_attach_errno").unwrap();
    let mut in_c = words_with(errno, "MEM_MMAP_MAPPING_ERROR_CODE_");
    in_c.sort_unstable();
    let names = ErrorCode::ALL.iter().map(|code| code.name());
    let mut names: Vec<_> = names
        .map(|name| name.to_uppercase().replace('-', "_"))
        .collect();
    names.sort_unstable();
    assert_eq!(in_c, names);
}

/// `madvise` of the library for C knows every advice.
#[test]
fn c_has_the_same_advice() {
    let text = fs::read_to_string(format!("{ROOT}/guest-sdk/c/mem_mman.c")).unwrap();
    let in_c = words_with(&text, "MEM_MMAP_MAPPING_ADVICE_");
    for advice in Advice::ALL {
        let name = advice.name().to_uppercase().replace('-', "_");
        assert!(in_c.contains(&&*name), "{name}");
    }
    for name in in_c {
        let name = name.to_lowercase().replace('_', "-");
        assert!(
            Advice::ALL.iter().any(|advice| advice.name() == name),
            "{name}"
        );
    }
}

/// The example in C prints the names, which it has by number.
#[test]
fn the_example_in_c_has_the_names_of_the_error_codes() {
    let text = fs::read_to_string(format!("{ROOT}/examples/c/notes.c")).unwrap();
    let (_, list) = text.split_once("ERRORS[] = {").unwrap();
    let (list, _) = list.split_once('}').unwrap();
    let in_c: Vec<_> = list.split('"').skip(1).step_by(2).collect();
    let names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(in_c, names);
}
