//! How results reach core modules.

use crate::Type;
use wit_parser::abi::WasmSignature;
use wit_parser::{Resolve, SizeAlign, TypeDefKind};

/// What a core function returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returns {
    /// Nothing.
    Nothing,
    /// A number, as its own result.
    Number(Type),
    /// Through the return pointer: a byte that is 0 and the value, or a byte
    /// that is 1 and the number of the error in one byte at the same place.
    Result(Place),
    /// Through the return pointer: a byte that is 0, or a byte that is 1 and
    /// the value.
    Option(Place),
}

/// The place of a value behind a return pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// How far behind the return pointer.
    pub offset: usize,
    /// What is there.
    pub value: Value,
}

/// A value that a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// So many bytes.
    Bytes(usize),
    /// The address and the length of a list whose elements have so many bytes,
    /// or of a string.
    List(usize),
}

/// What a function with such a result returns.
///
/// # Panics
///
/// If the result has a type that this function does not know yet.
pub(crate) fn returns(
    resolve: &Resolve,
    sizes: &SizeAlign,
    signature: &WasmSignature,
    result: Option<&wit_parser::Type>,
) -> Returns {
    let Some(result) = result else {
        return Returns::Nothing;
    };
    if let [number] = signature.results[..] {
        return Returns::Number(Type::of(number));
    }
    let wit_parser::Type::Id(id) = result else {
        panic!("a {result:?} as the result is not known to the tests yet");
    };
    let place = |alternatives: [Option<&wit_parser::Type>; 2], value| Place {
        offset: sizes
            .payload_offset(wit_parser::Int::U8, alternatives)
            .size_wasm32(),
        value,
    };
    match &resolve.types[*id].kind {
        TypeDefKind::Result(of) => {
            let error = of.err.map(|ty| sizes.size(&ty).size_wasm32());
            assert_eq!(error, Some(1), "errors are the enum `error-code`");
            let value = value(resolve, sizes, of.ok.as_ref());
            Returns::Result(place([of.ok.as_ref(), of.err.as_ref()], value))
        }
        TypeDefKind::Option(ty) => {
            let value = value(resolve, sizes, Some(ty));
            Returns::Option(place([None, Some(ty)], value))
        }
        other => panic!(
            "a {} as the result is not known to the tests yet",
            other.as_str()
        ),
    }
}

fn value(resolve: &Resolve, sizes: &SizeAlign, ty: Option<&wit_parser::Type>) -> Value {
    let Some(ty) = ty else {
        return Value::Bytes(0);
    };
    let kind = match ty {
        wit_parser::Type::String => return Value::List(1),
        wit_parser::Type::Id(id) => &resolve.types[*id].kind,
        _ => return Value::Bytes(sizes.size(ty).size_wasm32()),
    };
    match kind {
        TypeDefKind::List(element) => Value::List(sizes.size(element).size_wasm32()),
        _ => Value::Bytes(sizes.size(ty).size_wasm32()),
    }
}
