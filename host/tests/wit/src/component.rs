//! What a component in the text format imports.

use crate::Contract;
use std::fmt::Write as _;
use wit_parser::{Handle, InterfaceId, Resolve, Type, TypeDefKind, TypeOwner};

impl Contract {
    /// The imports of a component that uses the interfaces of the world
    /// `imports`: an instance for each, called `$mapping` and `$window`.
    ///
    /// # Panics
    ///
    /// If an interface uses a type that this function does not know yet.
    pub fn interfaces(&self) -> String {
        let mut text = String::new();
        for &interface in &self.core_interfaces {
            let instance = self.instance(interface);
            writeln!(text, "{instance}").expect("a string takes all text");
        }
        text
    }

    fn instance(&self, id: InterfaceId) -> String {
        let resolve = &self.resolve;
        let interface = &resolve.interfaces[id];
        let name = interface.name.as_deref().expect("interfaces have names");
        let full_name = resolve.id_of(id).expect("interfaces have names");
        let mut text = format!("(import \"{full_name}\" (instance ${name}\n");
        let mut aliases = String::new();
        for (ty, &id) in &interface.types {
            text.push_str(&definition(resolve, ty, &resolve.types[id].kind));
            text.push('\n');
            // A later interface finds the type by this name.
            aliases.push_str(&format!(
                "(alias export ${name} \"{ty}\" (type ${name}/{ty}))\n"
            ));
        }
        for (function, of) in &interface.functions {
            let mut ty = String::new();
            for parameter in &of.params {
                let of = type_name(resolve, &parameter.ty);
                ty.push_str(&format!(" (param \"{}\" {of})", parameter.name));
            }
            if let Some(result) = &of.result {
                ty.push_str(&format!(" (result {})", type_name(resolve, result)));
            }
            text.push_str(&format!("  (export \"{function}\" (func{ty}))\n"));
        }
        text + "))\n" + &aliases
    }
}

/// The definition of a named type in its interface, which calls it `$` and its
/// name.
fn definition(resolve: &Resolve, name: &str, kind: &TypeDefKind) -> String {
    let quoted = |names: &mut dyn Iterator<Item = &str>| {
        let quoted = names.map(|name| format!(" \"{name}\""));
        quoted.collect::<String>()
    };
    let definition = match kind {
        TypeDefKind::Resource => {
            return format!("  (export \"{name}\" (type ${name} (sub resource)))");
        }
        TypeDefKind::Type(Type::Id(id)) => {
            let other = &resolve.types[*id];
            let TypeOwner::Interface(interface) = other.owner else {
                panic!("`{name}` is of an interface");
            };
            let interface = resolve.interfaces[interface].name.as_deref();
            let interface = interface.expect("interfaces have names");
            let other = other.name.as_deref().expect("it has a name");
            format!("(alias outer 1 ${interface}/{other} (type $as-{name}))")
        }
        TypeDefKind::Enum(of) => {
            let cases = quoted(&mut of.cases.iter().map(|case| &*case.name));
            format!("(type $as-{name} (enum{cases}))")
        }
        TypeDefKind::Flags(of) => {
            let flags = quoted(&mut of.flags.iter().map(|flag| &*flag.name));
            format!("(type $as-{name} (flags{flags}))")
        }
        TypeDefKind::Record(of) => {
            let fields = of.fields.iter();
            let fields: String = fields
                .map(|field| {
                    format!(
                        " (field \"{}\" {})",
                        field.name,
                        type_name(resolve, &field.ty)
                    )
                })
                .collect();
            format!("(type $as-{name} (record{fields}))")
        }
        other => panic!(
            "`{name}` is a {}, which the tests do not know yet",
            other.as_str()
        ),
    };
    format!("  {definition} (export \"{name}\" (type ${name} (eq $as-{name})))")
}

/// How a field, a parameter or a result names its type.
fn type_name(resolve: &Resolve, ty: &Type) -> String {
    let id = match ty {
        Type::Bool => return "bool".to_owned(),
        Type::U8 => return "u8".to_owned(),
        Type::U16 => return "u16".to_owned(),
        Type::U32 => return "u32".to_owned(),
        Type::U64 => return "u64".to_owned(),
        Type::String => return "string".to_owned(),
        Type::Id(id) => *id,
        other => panic!("{other:?} is not known to the tests yet"),
    };
    let name = |id| resolve.types[id].name.as_deref().expect("it has a name");
    let ty = &resolve.types[id];
    if let Some(name) = &ty.name {
        return format!("${name}");
    }
    let part = |of: &Type| type_name(resolve, of);
    match &ty.kind {
        TypeDefKind::Handle(Handle::Own(id)) => format!("(own ${})", name(*id)),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("(borrow ${})", name(*id)),
        TypeDefKind::Option(of) => format!("(option {})", part(of)),
        TypeDefKind::List(of) => format!("(list {})", part(of)),
        TypeDefKind::Result(of) => {
            let ok = of.ok.as_ref().map(|ok| format!(" {}", part(ok)));
            let err = of.err.as_ref().map(|err| format!(" (error {})", part(err)));
            format!(
                "(result{}{})",
                ok.unwrap_or_default(),
                err.unwrap_or_default()
            )
        }
        other => panic!("a {} is not known to the tests yet", other.as_str()),
    }
}
