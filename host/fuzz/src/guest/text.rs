//! The module of the guest.

use std::fmt::Write as _;
use test_wit::{Function, Returns, Type, contract};

/// The most parameters of a core function.
pub const PARAMETERS: usize = 8;

/// The guest's module, whose memory has so many pages of 64 KiB. It exports each
/// function of the contract with eight parameters and a result of 64 bits, so
/// that the host calls all of them in one way.
pub fn text(pages: u32) -> String {
    let mut text = format!(
        r#"(module {{imports}}
            (memory (export "memory") {pages} 32)
            (global $list (mut i32) (i32.const 0x10000))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.get $list))
            (func (export "set-list") (param i32) (global.set $list (local.get 0)))
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "store") (param i32 i64)
                (i64.store (local.get 0) (local.get 1)))
            (func (export "load") (param i32) (result i64)
                (i64.load (local.get 0)))
        "#
    );
    for function in contract().core_functions() {
        writeln!(text, "{}", wrapper(function)).expect("a string takes all text");
    }
    text.push(')');
    contract().fill(&text)
}

/// What the guest exports to call a function.
pub fn export_name(function: &Function) -> String {
    format!("call {}", function.operation)
}

fn wrapper(function: &Function) -> String {
    let name = export_name(function);
    assert!(function.parameters.len() <= PARAMETERS, "{name}");
    let parameters = " i64".repeat(PARAMETERS);
    let mut call = format!("(call ${}", function.operation);
    for (at, parameter) in function.parameters.iter().enumerate() {
        call.push_str(&match parameter.ty {
            Type::I32 => format!(" (i32.wrap_i64 (local.get {at}))"),
            Type::I64 => format!(" (local.get {at})"),
        });
    }
    call.push(')');
    let body = match function.returns {
        Returns::Number(Type::I32) => format!("(i64.extend_i32_u {call})"),
        Returns::Number(Type::I64) => call,
        _ => format!("{call} (i64.const 0)"),
    };
    format!(r#"(func (export "{name}") (param{parameters}) (result i64) {body})"#)
}
