//! A module between the host and modules that call it with any numbers.
//!
//! Few numbers are valid arguments, and few generated modules have eight of the
//! right types on their stack. So each function of the tamer takes one number, and
//! makes parameters from it that are often valid. The tamer has the memory, because
//! the host looks for it in the module that calls.

use std::fmt::Write as _;
use test_wit::{Parameter, Returns, Role, Type, contract};

/// The tamer's module. Its functions are called as the host calls its operations.
pub fn tamer() -> String {
    let mut text = r#"(module {imports}
        (memory (export "memory") 4 6)
        (data (i32.const 0) "/a")
        (data (i32.const 16) "ab")
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (i32.const 0x8000))
    "#
    .to_owned();
    for function in contract().core_functions() {
        let operation = &function.operation;
        let parameters = function.parameters.iter().enumerate();
        let tamed: String = parameters.map(tamed).collect();
        let call = format!("(call ${operation} {tamed})");
        let body = match function.returns {
            Returns::Number(Type::I64) => format!("(i32.wrap_i64 {call})"),
            Returns::Number(Type::I32) => call,
            _ => format!("{call} (i32.const 0)"),
        };
        writeln!(
            text,
            r#"(func (export "{operation}") (param i32) (result i32) {body})"#
        )
        .expect("a string takes all text");
    }
    text.push(')');
    contract().fill(&text)
}

/// What a module imports that calls the tamer.
pub fn tamed_imports() -> String {
    let imports = contract().core_functions().iter().map(|function| {
        let operation = &function.operation;
        format!(r#"(import "tamer" "{operation}" (func (param i32) (result i32)))"#)
    });
    imports.collect()
}

/// The parameter at this place, made from the one number.
fn tamed((at, parameter): (usize, &Parameter)) -> String {
    // How many values there are, and the number that they are multiples of.
    let (count, unit) = match &parameter.role {
        Role::Handle => (5, 1),
        Role::StringAddress => (2, 16),
        Role::StringLength => return "(i32.const 2)".to_owned(),
        // Pages for a window.
        Role::ListAddress(name) if name == "buffer" => (64, 4096),
        Role::ListLength(name) if name == "buffer" => (4, 4096),
        Role::ListAddress(_) => (0x2000, 8),
        Role::ListLength(_) => (256, 1),
        Role::Case(cases) => (*cases as u32, 1),
        Role::Flags(flags) => (1 << flags.len(), 1),
        Role::Number(name) if name == "value" => (u32::MAX, 1),
        Role::Number(_) => (0x3000, 1),
        Role::ReturnPointer => (0x1fff, 8),
    };
    // Each parameter uses another part of the number, whatever its value.
    let factor = 0x9e37_79b1_u32.wrapping_pow(at as u32);
    let part = format!("(i32.rotl (i32.mul (local.get 0) (i32.const {factor})) (i32.const 16))");
    let part = format!("(i32.mul (i32.rem_u {part} (i32.const {count})) (i32.const {unit}))");
    match (&parameter.role, parameter.ty) {
        (Role::Flags(flags), _) => format!("(i32.and {part} (i32.const {}))", files_only(flags)),
        (_, Type::I32) => part,
        (_, Type::I64) => format!("(i64.extend_i32_u {part})"),
    }
}

/// The flags without those that map no file, or that no embedder of this target
/// grants.
fn files_only(flags: &[String]) -> u32 {
    let useful = |flag: &String| flag != "anonymous" && flag != "exec";
    let bits = flags.iter().enumerate().filter(|(_, flag)| useful(flag));
    bits.map(|(bit, _)| 1 << bit).sum()
}
