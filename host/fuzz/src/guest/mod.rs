//! A guest that calls what the host asks it to call.

mod text;

use self::text::{PARAMETERS, export_name, text};
use crate::argument::{Argument, Lowered};
use crate::outcome::{Failure::*, Outcome};
use crate::state::State;
use mem_contract::ErrorCode;
use mem_host::{MemCtx, MemView};
use std::borrow::BorrowMut;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use test_wit::{Function, Place, Returns, Role, Value, contract};
use wasmtime::{
    AsContextMut, Engine, Instance, InstancePre, Linker, Memory, Module, Store, TypedFunc,
    WasmParams, WasmResults,
};

/// The size of a page of WebAssembly. The guest has results and arguments in its
/// first page, lists that the host returns in the second, and room for windows
/// from there on.
pub const WASM_PAGE: usize = 1 << 16;
const RESULT: usize = 64;
/// More than any result has.
const RESULT_BYTES: usize = 80;
const ARGUMENTS: usize = 1024;

type Parameters = (u64, u64, u64, u64, u64, u64, u64, u64);

/// The guest, compiled and linked.
pub struct Guest {
    linked: InstancePre<State>,
}

impl Guest {
    /// With a memory of so many pages of 64 KiB.
    pub fn new(engine: &Engine, pages: u32) -> Self {
        let mut linker = Linker::new(engine);
        mem_host::core::add_to_linker_sync(&mut linker, State::mem).unwrap();
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

    /// The guest in `store`, with handles in the store's table.
    pub fn instantiate(&self, store: &mut Store<State>) -> Exports {
        let instance = self.linked.instantiate(&mut *store).unwrap();
        Exports::of(store, instance)
    }

    /// The guest in `store`, with handles of its own.
    pub fn instantiate_alone(&self, store: &mut Store<State>) -> Exports {
        let linker = Linker::new(store.engine());
        let instance =
            mem_host::core::instantiate(&mut *store, &linker, self.linked.module(), State::mem);
        Exports::of(store, instance.unwrap())
    }
}

/// What an instance of the guest exports.
pub struct Exports {
    instance: Instance,
    memory: Memory,
    /// In the order of the contract. Looked up at the first call.
    functions: Vec<Option<TypedFunc<Parameters, u64>>>,
}

impl Exports {
    fn of(store: &mut Store<State>, instance: Instance) -> Self {
        Self {
            instance,
            memory: instance.get_memory(store, "memory").unwrap(),
            functions: vec![None; contract().core_functions().len()],
        }
    }
}

/// A guest that runs, alone in its store or not.
pub struct Running<S = Store<State>, E = Exports> {
    pub store: S,
    pub exports: E,
}

impl<S: AsContextMut<Data = State>, E: BorrowMut<Exports>> Running<S, E> {
    /// Calls a function that returns a number itself.
    pub fn number(&mut self, operation: &str, arguments: &[&dyn Argument]) -> Outcome<u64> {
        let (index, function) = numbered(operation);
        assert!(
            matches!(function.returns, Returns::Number(_)),
            "{operation}"
        );
        self.call(index, function, arguments)
    }

    /// Calls a function whose result has no value.
    pub fn done(&mut self, operation: &str, arguments: &[&dyn Argument]) -> Outcome<()> {
        let value = self.bytes(operation, arguments)?;
        assert_eq!(value, [0; 0], "{operation}");
        Ok(())
    }

    /// Calls a function that gives a handle.
    pub fn handle(&mut self, operation: &str, arguments: &[&dyn Argument]) -> Outcome<u32> {
        let value = self.bytes(operation, arguments)?;
        Ok(u32::from_le_bytes(value.try_into().unwrap()))
    }

    /// Calls a function, and returns the bytes of the value or the list that it
    /// gives.
    pub fn bytes(&mut self, operation: &str, arguments: &[&dyn Argument]) -> Outcome<Vec<u8>> {
        let (index, function) = numbered(operation);
        self.call(index, function, arguments)?;
        let place = match function.returns {
            Returns::Nothing => return Ok(Vec::new()),
            Returns::Result(place) => place,
            _ => panic!("{operation} gives no result"),
        };
        match self.memory()[RESULT] {
            0 => Ok(self.value(place)),
            1 => {
                let error = self.memory()[RESULT + place.offset];
                let error = ErrorCode::from_number(error.into());
                Err(Error(error.expect("the host returns errors of the WIT")))
            }
            case => panic!("{operation}: a result of case {case}"),
        }
    }

    /// What the host says about the last call that failed with this error.
    pub fn explain(&mut self, error: ErrorCode) -> Option<String> {
        let (index, function) = numbered("explain");
        self.call(index, function, &[&error]).unwrap();
        let Returns::Option(place) = function.returns else {
            panic!("it gives an option");
        };
        match self.memory()[RESULT] {
            0 => None,
            1 => Some(String::from_utf8(self.value(place)).unwrap()),
            case => panic!("an explanation of case {case}"),
        }
    }

    fn call(
        &mut self,
        index: usize,
        function: &Function,
        arguments: &[&dyn Argument],
    ) -> Outcome<u64> {
        let mut lowered = Lowered::new(arguments, ARGUMENTS);
        let memory = self.memory_mut();
        memory[ARGUMENTS..][..lowered.bytes.len()].copy_from_slice(&lowered.bytes);
        // Bytes that the host does not write show.
        memory[RESULT..][..RESULT_BYTES].fill(0xee);
        let parameters = &function.parameters;
        if parameters.last().map(|last| &last.role) == Some(&Role::ReturnPointer) {
            lowered.numbers.push(RESULT as u64);
        }
        CALLED[index].store(true, Ordering::Relaxed);
        let operation = &function.operation;
        assert_eq!(lowered.numbers.len(), parameters.len(), "{operation}");

        let exports = self.exports.borrow_mut();
        let callee = match &exports.functions[index] {
            Some(known) => known.clone(),
            None => {
                let name = export_name(function);
                let found = exports.instance.get_typed_func(&mut self.store, &name);
                exports.functions[index].insert(found.unwrap()).clone()
            }
        };
        lowered.numbers.resize(PARAMETERS, 0);
        let [a, b, c, d, e, f, g, h] = lowered.numbers[..] else {
            unreachable!("it has that many numbers");
        };
        let called = callee.call(&mut self.store, (a, b, c, d, e, f, g, h));
        called.map_err(|_| Trap)
    }

    /// The value, or the elements of the list, of the last call.
    fn value(&self, Place { offset, value }: Place) -> Vec<u8> {
        let place = &self.memory()[RESULT + offset..];
        let (address, length) = match value {
            Value::Bytes(length) => (RESULT + offset, length),
            Value::List(size) => {
                let word = |at: usize| {
                    let bytes = place[at..][..4].try_into().unwrap();
                    u32::from_le_bytes(bytes) as usize
                };
                (word(0), word(4) * size)
            }
        };
        self.memory()[address..][..length].to_vec()
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

    /// Makes the guest's realloc return this address.
    pub fn set_list(&mut self, address: u32) {
        let set = self.exported::<u32, ()>("set-list");
        set.call(&mut self.store, address).unwrap();
    }

    /// Grows the guest's memory; returns whether that worked.
    pub fn grow(&mut self, pages: u32) -> bool {
        let grow = self.exported::<u32, i32>("grow");
        grow.call(&mut self.store, pages).unwrap() >= 0
    }

    /// Makes the guest store 8 bytes; fails if it traps.
    pub fn store(&mut self, address: u32, value: u64) -> Outcome<()> {
        let store = self.exported::<(u32, u64), ()>("store");
        let stored = store.call(&mut self.store, (address, value));
        stored.map_err(|_| Trap)
    }

    /// Makes the guest load 8 bytes; fails if it traps.
    pub fn load(&mut self, address: u32) -> Outcome<u64> {
        let load = self.exported::<u32, u64>("load");
        load.call(&mut self.store, address).map_err(|_| Trap)
    }
}

/// Which functions a target with a model has called, in the order of the contract.
static CALLED: LazyLock<Vec<AtomicBool>> = LazyLock::new(|| {
    let functions = contract().core_functions().iter();
    functions.map(|_| AtomicBool::new(false)).collect()
});

/// The functions of the contract that no target with a model has called yet in
/// this process.
pub fn uncalled() -> Vec<&'static str> {
    let functions = contract().core_functions().iter().zip(CALLED.iter());
    let uncalled = functions.filter(|(_, called)| !called.load(Ordering::Relaxed));
    uncalled.map(|(f, _)| f.operation.as_str()).collect()
}

/// A function, and its number among those of the contract.
fn numbered(operation: &str) -> (usize, &'static Function) {
    let functions = contract().core_functions();
    let index = functions.iter().position(|f| f.operation == operation);
    let index = index.unwrap_or_else(|| panic!("wit/ has no function `{operation}`"));
    (index, &functions[index])
}
