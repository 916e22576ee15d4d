//! The parameters of core functions, and what the contract means by each.

use wit_parser::abi::WasmType;
use wit_parser::{Param, Resolve, TypeDefKind};

/// The type of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// 32 bits.
    I32,
    /// 64 bits.
    I64,
}

impl Type {
    /// The type in the text format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
        }
    }

    /// # Panics
    ///
    /// If the contract has numbers that are not integers.
    pub(crate) fn of(ty: WasmType) -> Self {
        match ty {
            WasmType::I32 | WasmType::Pointer | WasmType::Length => Self::I32,
            WasmType::I64 | WasmType::PointerOrI64 => Self::I64,
            WasmType::F32 | WasmType::F64 => panic!("{ty:?} is not known to the tests yet"),
        }
    }
}

/// A parameter of a core function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its type.
    pub ty: Type,
    /// What it stands for.
    pub role: Role,
}

/// What a parameter stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The handle of a resource.
    Handle,
    /// A number, by its name in the WIT.
    Number(String),
    /// One of so many cases of an enum. An option has two.
    Case(usize),
    /// Flags, the lowest bit first.
    Flags(Vec<String>),
    /// The address of a string.
    StringAddress,
    /// The length of that string.
    StringLength,
    /// The address of a list, by its name in the WIT.
    ListAddress(String),
    /// The length of the list of this name.
    ListLength(String),
    /// Where the function puts its result.
    ReturnPointer,
}

/// The parameters of a function without its return pointer.
///
/// # Panics
///
/// If one has a type that this function does not know yet.
pub(crate) fn parameters(resolve: &Resolve, of: &[Param]) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for parameter in of {
        flatten(resolve, &parameter.name, &parameter.ty, &mut parameters);
    }
    parameters
}

/// Appends the parameters that a value becomes.
fn flatten(resolve: &Resolve, name: &str, ty: &wit_parser::Type, to: &mut Vec<Parameter>) {
    use wit_parser::Type as Wit;
    let mut push = |ty, role| to.push(Parameter { ty, role });
    let id = match ty {
        Wit::U64 | Wit::S64 => return push(Type::I64, Role::Number(name.to_owned())),
        Wit::String => {
            push(Type::I32, Role::StringAddress);
            return push(Type::I32, Role::StringLength);
        }
        Wit::Id(id) => *id,
        _ => return push(Type::I32, Role::Number(name.to_owned())),
    };
    match &resolve.types[id].kind {
        TypeDefKind::Type(ty) => flatten(resolve, name, ty, to),
        TypeDefKind::Handle(_) => push(Type::I32, Role::Handle),
        TypeDefKind::Enum(ty) => push(Type::I32, Role::Case(ty.cases.len())),
        TypeDefKind::Flags(ty) => {
            let names = ty.flags.iter().map(|flag| flag.name.clone());
            push(Type::I32, Role::Flags(names.collect()));
        }
        TypeDefKind::Record(record) => {
            for field in &record.fields {
                flatten(resolve, &field.name, &field.ty, to);
            }
        }
        TypeDefKind::Option(ty) => {
            push(Type::I32, Role::Case(2));
            flatten(resolve, name, ty, to);
        }
        TypeDefKind::List(_) => {
            push(Type::I32, Role::ListAddress(name.to_owned()));
            push(Type::I32, Role::ListLength(name.to_owned()));
        }
        other => panic!(
            "`{name}` is a {}, which the tests do not know yet",
            other.as_str()
        ),
    }
}
