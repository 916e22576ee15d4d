//! A guest that does what it is told.

use mem_host::{MemCtx, MemCtxView, MemView};
use std::borrow::BorrowMut;
use std::fmt::Write as _;
use wasmtime::component::ResourceTable;
use wasmtime::{
    AsContextMut, Config, Engine, Instance, InstancePre, Linker, Memory, Module, Store, TypedFunc,
    WasmParams, WasmResults,
};

/// What a store of a guest holds.
pub struct State {
    pub mem: MemCtx,
    pub table: ResourceTable,
}

impl MemView for State {
    fn mem(&mut self) -> MemCtxView<'_> {
        MemCtxView {
            ctx: &self.mem,
            table: &mut self.table,
        }
    }
}

impl State {
    pub fn new(mem: MemCtx) -> Self {
        let table = ResourceTable::new();
        Self { mem, table }
    }
}

macro_rules! functions {
    ($($function:ident $interface:literal $name:literal $parameters:literal $result:literal;)*) => {
        /// A function that the guest imports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function { $($function),* }

        /// Interface, name, parameters and result of each. The letters of
        /// parameters are those of `tamed`.
        const FUNCTIONS: &[(&str, &str, &str, &str)] = &[
            $(($interface, $name, $parameters, $result)),*
        ];
    };
}

functions! {
    FileMap "mapping" "file-map" "nmafIoIr" "";
    Size "mapping" "[method]mapping.size" "h" "I";
    Read "mapping" "[method]mapping.read" "hIIr" "";
    ReadU64x8 "mapping" "[method]mapping.read-u64x8" "hIIr" "";
    ReadMany "mapping" "[method]mapping.read-many" "hplr" "";
    Write "mapping" "[method]mapping.write" "hIplr" "";
    LoadU8 "mapping" "[method]mapping.load-u8" "hIr" "";
    LoadU16 "mapping" "[method]mapping.load-u16" "hIr" "";
    LoadU32 "mapping" "[method]mapping.load-u32" "hIr" "";
    LoadU64 "mapping" "[method]mapping.load-u64" "hIr" "";
    LoadU64x8 "mapping" "[method]mapping.load-u64x8" "hIr" "";
    StoreU8 "mapping" "[method]mapping.store-u8" "hIir" "";
    StoreU16 "mapping" "[method]mapping.store-u16" "hIir" "";
    StoreU32 "mapping" "[method]mapping.store-u32" "hIir" "";
    StoreU64 "mapping" "[method]mapping.store-u64" "hIJr" "";
    Flush "mapping" "[method]mapping.flush" "hoIIer" "";
    Lock "mapping" "[method]mapping.lock" "hoIIr" "";
    Unlock "mapping" "[method]mapping.unlock" "hoIIr" "";
    Advise "mapping" "[method]mapping.advise" "hoIIdr" "";
    Protect "mapping" "[method]mapping.protect" "hoIIqr" "";
    Unmap "mapping" "[static]mapping.unmap" "hr" "";
    Drop "mapping" "[resource-drop]mapping" "h" "";
    PageSize "window" "page-size" "" "i";
    Attach "window" "attach" "hIbcr" "";
    Check "window" "[method]window.check" "hr" "";
    Detach "window" "[static]window.detach" "hr" "";
    DropWindow "window" "[resource-drop]window" "h" "";
    Explain "mapping" "explain" "xr" "";
}

/// The guest's pages of 64 KiB: results and arguments in the first, lists that
/// it reads in the second, and room for windows.
pub const WASM_PAGE: usize = 1 << 16;
const RESULT: usize = 64;
const ARGUMENTS: usize = 1024;
const LIST: usize = WASM_PAGE;

/// What a module can import, in the text format.
pub fn imports() -> String {
    let mut text = String::new();
    for (index, (interface, name, parameters, result)) in FUNCTIONS.iter().enumerate() {
        let parameters: String = parameters.chars().map(ty).collect();
        let result: String = result.chars().map(ty).collect();
        writeln!(
            text,
            r#"(import "mem:mmap/{interface}@0.1.0" "{name}"
                (func $f{index} (param {parameters}) (result {result})))"#
        )
        .unwrap();
    }
    text
}

/// What a module imports that calls the tamer.
pub fn tamed_imports() -> String {
    let imports = FUNCTIONS.iter().map(|(interface, name, ..)| {
        format!(r#"(import "tamer" "{interface} {name}" (func (param i32) (result i32)))"#)
    });
    imports.collect()
}

/// The type of a parameter or a result.
fn ty(letter: char) -> &'static str {
    match letter {
        'I' | 'J' => " i64",
        _ => " i32",
    }
}

/// A module that stands between the host and one that calls it with any
/// numbers. Few of those would be valid, and few generated modules have eight
/// of the right types on their stack: so each function takes a single number,
/// of which the tamer makes parameters that are often valid. It has the memory,
/// so that the host finds it.
pub fn tamer() -> String {
    let mut text = format!(
        r#"(module {}
            (memory (export "memory") 4 6)
            (data (i32.const 0) "/a")
            (data (i32.const 16) "ab")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (i32.const 0x8000))
        "#,
        imports()
    );
    for (index, (interface, name, parameters, result)) in FUNCTIONS.iter().enumerate() {
        let tamed: String = parameters.chars().enumerate().map(tamed).collect();
        let call = format!("(call $f{index} {tamed})");
        let body = match *result {
            "" => format!("{call} (i32.const 0)"),
            "I" => format!("(i32.wrap_i64 {call})"),
            _ => call,
        };
        writeln!(
            text,
            r#"(func (export "{interface} {name}") (param i32) (result i32) {body})"#
        )
        .unwrap();
    }
    text.push(')');
    text
}

/// The parameter at this place, made of the one number there is.
fn tamed((at, letter): (usize, char)) -> String {
    // How many numbers there are, and what they are multiples of.
    let (count, unit) = match letter {
        // A handle.
        'h' => (5, 1),
        // The address of a path, and its length.
        'n' => (2, 16),
        'm' => return "(i32.const 2)".to_owned(),
        // A list and its length.
        'p' => (0x2000, 8),
        'l' => (256, 1),
        // A buffer for a window and its length.
        'b' => (64, 4096),
        'c' => (4, 4096),
        // Where the result goes.
        'r' => (0x1fff, 8),
        // An option, and the enums.
        'o' | 'e' => (2, 1),
        'a' => (3, 1),
        'd' => (10, 1),
        'q' => (4, 1),
        'x' => (14, 1),
        // Flags: `create` and `populate`.
        'f' => (4, 4),
        'I' => (0x3000, 1),
        _ => (u32::MAX, 1),
    };
    // Another part of the number for each, whatever its value.
    let factor = 0x9e37_79b1_u32.wrapping_pow(at as u32);
    let part = format!("(i32.rotl (i32.mul (local.get 0) (i32.const {factor})) (i32.const 16))");
    let part = format!("(i32.mul (i32.rem_u {part} (i32.const {count})) (i32.const {unit}))");
    match letter {
        'I' | 'J' => format!("(i64.extend_i32_u {part})"),
        _ => part,
    }
}

/// The module of the guest. It exports each function with eight parameters and
/// a result of 64 bits, so that all can be called in one way. Its memory has so
/// many pages of 64 KiB.
fn text(pages: u32) -> String {
    let mut text = format!(
        r#"(module {}
            (memory (export "memory") {pages} 32)
            (global $list (mut i32) (i32.const {LIST}))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.get $list))
            (func (export "set-list") (param i32) (global.set $list (local.get 0)))
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "store") (param i32 i64)
                (i64.store (local.get 0) (local.get 1)))
            (func (export "load") (param i32) (result i64)
                (i64.load (local.get 0)))
        "#,
        imports()
    );
    for (index, (_, _, parameters, result)) in FUNCTIONS.iter().enumerate() {
        write!(
            text,
            r#"(func (export "{index}") (param i64 i64 i64 i64 i64 i64 i64 i64) (result i64)"#
        )
        .unwrap();
        let mut call = format!("(call $f{index}");
        for (at, parameter) in parameters.chars().enumerate() {
            match ty(parameter) {
                " i32" => write!(call, " (i32.wrap_i64 (local.get {at}))"),
                _ => write!(call, " (local.get {at})"),
            }
            .unwrap();
        }
        call.push(')');
        match *result {
            "" => write!(text, "{call} (i64.const 0))"),
            "i" => write!(text, "(i64.extend_i32_u {call}))"),
            _ => write!(text, "{call})"),
        }
        .unwrap();
    }
    text.push(')');
    text
}

/// A configuration for guests that trap all the time: nobody asks where.
pub fn config() -> Config {
    let mut config = Config::new();
    config.wasm_backtrace_max_frames(None);
    config
}

/// The guest, compiled and linked.
pub struct Guest {
    linked: InstancePre<State>,
}

impl Guest {
    /// With a memory of so many pages of 64 KiB.
    pub fn new(engine: &Engine, pages: u32) -> Self {
        let mut linker = Linker::new(engine);
        mem_host::core::add_to_linker(&mut linker).unwrap();
        let module = Module::new(engine, wat::parse_str(text(pages)).unwrap()).unwrap();
        let linked = linker.instantiate_pre(&module).unwrap();
        Self { linked }
    }

    /// The guest in a store of its own.
    pub fn start(&self, mem: MemCtx) -> Running {
        let mut store = self.store(mem);
        let exports = self.instantiate(&mut store);
        Running { store, exports }
    }

    /// A store without a guest.
    pub fn store(&self, mem: MemCtx) -> Store<State> {
        Store::new(self.linked.module().engine(), State::new(mem))
    }

    /// The guest in `store`, with handles in its table.
    pub fn instantiate(&self, store: &mut Store<State>) -> Exports {
        let instance = self.linked.instantiate(&mut *store).unwrap();
        Exports::of(store, instance)
    }

    /// The guest in `store`, with handles of its own.
    pub fn instantiate_alone(&self, store: &mut Store<State>) -> Exports {
        let linker = Linker::new(store.engine());
        let instance = mem_host::core::instantiate(&mut *store, &linker, self.linked.module());
        Exports::of(store, instance.unwrap())
    }
}

type Eight = (u64, u64, u64, u64, u64, u64, u64, u64);

/// What an instance of the guest has.
pub struct Exports {
    instance: Instance,
    memory: Memory,
    functions: Vec<Option<TypedFunc<Eight, u64>>>,
}

impl Exports {
    fn of(store: &mut Store<State>, instance: Instance) -> Self {
        Self {
            instance,
            memory: instance.get_memory(store, "memory").unwrap(),
            functions: vec![None; FUNCTIONS.len()],
        }
    }
}

/// A guest that runs, alone in its store or not.
pub struct Running<S = Store<State>, E = Exports> {
    pub store: S,
    pub exports: E,
}

/// Why a call has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    AccessDenied,
    NotFound,
    NotAFile,
    InvalidArgument,
    OutOfBounds,
    ReadOnly,
    Truncated,
    NotLocked,
    LockLimit,
    QuotaExceeded,
    Busy,
    NoSpace,
    Unsupported,
    Io,
    Trap,
}

use Failure::*;

/// In the order of the WIT.
pub const CODES: [Failure; 14] = [
    AccessDenied,
    NotFound,
    NotAFile,
    InvalidArgument,
    OutOfBounds,
    ReadOnly,
    Truncated,
    NotLocked,
    LockLimit,
    QuotaExceeded,
    Busy,
    NoSpace,
    Unsupported,
    Io,
];

pub type Outcome<V> = Result<V, Failure>;

impl<S: AsContextMut<Data = State>, E: BorrowMut<Exports>> Running<S, E> {
    /// Calls a function that returns its result.
    pub fn call(&mut self, function: Function, arguments: &[u64]) -> Outcome<u64> {
        let index = function as usize;
        let exports = self.exports.borrow_mut();
        let callee = match &exports.functions[index] {
            Some(known) => known.clone(),
            None => {
                let name = index.to_string();
                let found = exports.instance.get_typed_func(&mut self.store, &name);
                exports.functions[index].insert(found.unwrap()).clone()
            }
        };
        let a = |at: usize| arguments.get(at).copied().unwrap_or(0);
        let eight = (a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7));
        callee.call(&mut self.store, eight).map_err(|_| Trap)
    }

    /// Calls a function that stores a result of `N` bytes where its last
    /// parameter points.
    pub fn outcome<const N: usize>(
        &mut self,
        function: Function,
        arguments: &[u64],
    ) -> Outcome<[u8; N]> {
        let alignment = N.min(8);
        // What is not written is seen.
        self.memory_mut()[RESULT..][..80].fill(0xee);
        self.call(function, &[arguments, &[RESULT as u64]].concat())?;
        let result = &self.memory()[RESULT..];
        let (case, value) = (result[0], &result[alignment..]);
        match case {
            0 => Ok(value[..N].try_into().unwrap()),
            1 => Err(CODES[usize::from(value[0])]),
            _ => panic!("{function:?} {arguments:?}: a result of case {case}"),
        }
    }

    /// Calls a function whose result has no value.
    pub fn done(&mut self, function: Function, arguments: &[u64]) -> Outcome<()> {
        self.outcome::<1>(function, arguments).map(|_| ())
    }

    /// Calls a function that gives a handle.
    pub fn handle(&mut self, function: Function, arguments: &[u64]) -> Outcome<u32> {
        let handle = self.outcome(function, arguments);
        handle.map(u32::from_le_bytes)
    }

    /// Calls a function that gives a list.
    pub fn list(&mut self, function: Function, arguments: &[u64]) -> Outcome<Vec<u8>> {
        self.call(function, &[arguments, &[RESULT as u64]].concat())?;
        let size = if let Function::ReadU64x8 = function {
            64
        } else {
            1
        };
        let word = |at: usize| {
            let bytes = &self.memory()[RESULT + at..][..4];
            u32::from_le_bytes(bytes.try_into().unwrap()) as usize
        };
        match self.memory()[RESULT] {
            0 => Ok(self.memory()[word(4)..][..word(8) * size].to_vec()),
            1 => Err(CODES[word(4) & 0xff]),
            case => panic!("{function:?} {arguments:?}: a result of case {case}"),
        }
    }

    /// What the host says of the last call that failed with the error of this
    /// number.
    pub fn explain(&mut self, error: u64) -> Option<String> {
        self.call(Function::Explain, &[error, RESULT as u64])
            .unwrap();
        let word = |at: usize| {
            let bytes = &self.memory()[RESULT + at..][..4];
            u32::from_le_bytes(bytes.try_into().unwrap()) as usize
        };
        match self.memory()[RESULT] {
            0 => None,
            1 => {
                let text = self.memory()[word(4)..][..word(8)].to_vec();
                Some(String::from_utf8(text).unwrap())
            }
            case => panic!("an explanation of case {case}"),
        }
    }

    /// Puts an argument where the guest keeps them: its address and length.
    pub fn argument(&mut self, bytes: &[u8]) -> (u64, u64) {
        let room = &mut self.memory_mut()[ARGUMENTS..];
        room[..bytes.len()].copy_from_slice(bytes);
        (ARGUMENTS as u64, bytes.len() as u64)
    }

    pub fn memory(&self) -> &[u8] {
        self.exports.borrow().memory.data(&self.store)
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        self.exports.borrow().memory.data_mut(&mut self.store)
    }

    fn exported<P: WasmParams, R: WasmResults>(&mut self, name: &str) -> TypedFunc<P, R> {
        let instance = self.exports.borrow().instance;
        let function = instance.get_typed_func(&mut self.store, name);
        function.unwrap()
    }

    /// Has the guest's realloc return this address.
    pub fn set_list(&mut self, address: u32) {
        let set = self.exported::<u32, ()>("set-list");
        set.call(&mut self.store, address).unwrap();
    }

    /// Grows the guest's memory; returns whether that worked.
    pub fn grow(&mut self, pages: u32) -> bool {
        let grow = self.exported::<u32, i32>("grow");
        grow.call(&mut self.store, pages).unwrap() >= 0
    }

    /// Has the guest store 8 bytes; fails if it traps.
    pub fn store(&mut self, address: u32, value: u64) -> Outcome<()> {
        let store = self.exported::<(u32, u64), ()>("store");
        let stored = store.call(&mut self.store, (address, value));
        stored.map_err(|_| Trap)
    }

    /// Has the guest load 8 bytes; fails if it traps.
    pub fn load(&mut self, address: u32) -> Outcome<u64> {
        let load = self.exported::<u32, u64>("load");
        load.call(&mut self.store, address).map_err(|_| Trap)
    }
}
