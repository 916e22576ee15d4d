//! A function as core modules import it.

use crate::parameter::{Parameter, Role, Type, parameters};
use crate::result::{Returns, returns};
use wit_parser::{
    LiftLowerAbi, ManglingAndAbi, Resolve, ResourceIntrinsic, SizeAlign, TypeId, WasmImport,
    WorldKey,
};

/// The names and signatures that wasm-tools gives to modules it makes
/// components of.
const ABI: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);

/// A function that a guest imports.
#[derive(Clone, Debug)]
pub struct Function {
    /// The interface with its version, such as `mem:mmap/mapping@0.1.0`.
    pub interface: String,
    /// The name in that interface, such as `[method]mapping.read`.
    pub name: String,
    /// What the host calls the function in counts and traces: `read`, or
    /// `drop-mapping` for the drop of a handle.
    pub operation: String,
    /// The parameters of the core function.
    pub parameters: Vec<Parameter>,
    /// How the result reaches the caller.
    pub returns: Returns,
}

impl Function {
    /// The type of the core function in the text format, such as
    /// `(param i32 i64 i32)`.
    pub fn signature(&self) -> String {
        let mut signature = String::new();
        if !self.parameters.is_empty() {
            signature.push_str("(param");
            for parameter in &self.parameters {
                signature.push(' ');
                signature.push_str(parameter.ty.name());
            }
            signature.push(')');
        }
        if let Returns::Number(ty) = self.returns {
            signature.push_str(" (result ");
            signature.push_str(ty.name());
            signature.push(')');
        }
        signature
    }

    /// The import of the core function in the text format. It is called `$` and
    /// the operation there.
    pub fn import(&self) -> String {
        let Self {
            interface,
            name,
            operation,
            ..
        } = self;
        let signature = self.signature();
        format!(r#"(import "{interface}" "{name}" (func ${operation} {signature}))"#)
    }
}

/// The function of an interface.
pub(crate) fn function(
    resolve: &Resolve,
    sizes: &SizeAlign,
    interface: &WorldKey,
    wit: &wit_parser::Function,
) -> Function {
    let import = WasmImport::Func {
        interface: Some(interface),
        func: wit,
    };
    let (interface, name) = resolve.wasm_import_name(ABI, import);
    let signature = resolve.wasm_signature(ABI.import_variant(), wit);
    assert!(!signature.indirect_params, "{name} has too many parameters");
    let mut parameters = parameters(resolve, &wit.params);
    if signature.retptr {
        parameters.push(Parameter {
            ty: Type::I32,
            role: Role::ReturnPointer,
        });
    }
    let types = parameters.iter().map(|parameter| parameter.ty);
    let core = signature.params.iter().map(|&ty| Type::of(ty));
    assert!(types.eq(core), "the parameters of {name}");
    Function {
        interface,
        operation: wit.item_name().to_owned(),
        parameters,
        returns: returns(resolve, sizes, &signature, wit.result.as_ref()),
        name,
    }
}

/// The drop of a resource's handles, which WIT does not spell out.
pub(crate) fn drop_of(resolve: &Resolve, interface: &WorldKey, resource: TypeId) -> Function {
    let import = WasmImport::ResourceIntrinsic {
        interface: Some(interface),
        resource,
        intrinsic: ResourceIntrinsic::ImportedDrop,
    };
    let (interface, name) = resolve.wasm_import_name(ABI, import);
    let resource = resolve.types[resource].name.as_deref();
    Function {
        interface,
        name,
        operation: format!("drop-{}", resource.expect("resources have names")),
        parameters: vec![Parameter {
            ty: Type::I32,
            role: Role::Handle,
        }],
        returns: Returns::Nothing,
    }
}
