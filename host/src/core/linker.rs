//! How functions get onto a linker of core modules.

use crate::abi::FromCoreList;
use crate::abi::flat::Flat;
use crate::surface::Waiting;
use std::mem::MaybeUninit;
use wasmtime::{AsContextMut, Caller, FuncType, Linker, Result, Val, ValRaw, ValType};

/// A module of the linker while functions are added to it.
pub(super) struct CoreModules<'a, T: 'static, V, F> {
    pub(super) linker: &'a mut Linker<T>,
    pub(super) module: &'static str,
    pub(super) view: V,
    pub(super) exports: F,
    pub(super) waiting: Waiting,
}

/// An asynchronous call.
type Pending<'a> = Box<dyn Future<Output = Result<()>> + Send + 'a>;

/// The numbers of a call: its parameters, then its result.
type Numbers<'a> = &'a mut [MaybeUninit<ValRaw>];

impl<T: Send + 'static, V, F> CoreModules<'_, T, V, F> {
    /// Adds a function whose result goes where its last parameter points.
    pub(super) fn add_with_pointer(
        &mut self,
        name: &str,
        parameters: Vec<ValType>,
        call: impl Fn(Caller<'_, T>, Flat<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Result<()> {
        self.add(name, with_pointer(parameters), None, move |caller, flat| {
            call(caller, flat).map(|()| None)
        })
    }

    /// Adds a function that returns a number of the type `result`, or nothing.
    pub(super) fn add(
        &mut self,
        name: &str,
        parameters: Vec<ValType>,
        result: Option<ValType>,
        call: impl Fn(Caller<'_, T>, Flat<'_>) -> Result<Option<ValRaw>> + Send + Sync + 'static,
    ) -> Result<()> {
        let count = parameters.len();
        let ty = FuncType::new(self.linker.engine(), parameters, result);
        let call = move |caller: Caller<'_, T>, numbers: Numbers<'_>| {
            // SAFETY: wasmtime 48 passes the parameters at the start of the slice
            // (`Func::new_unchecked`), and the `count` of them that `ty` has.
            let parameters = unsafe { numbers[..count].assume_init_ref() };
            if let Some(result) = call(caller, Flat::new(parameters))? {
                numbers[0].write(result);
            }
            Ok(())
        };
        // SAFETY: the parameters are numbers, which are valid whatever their bits
        // are. `number` is the only caller with a result, and returns one of that
        // type.
        unsafe {
            self.linker
                .func_new_unchecked(self.module, name, ty, call)?;
        }
        Ok(())
    }

    /// Adds an asynchronous function whose result goes where its last parameter
    /// points.
    pub(super) fn add_async(
        &mut self,
        name: &str,
        parameters: Vec<ValType>,
        call: impl for<'a> Fn(Caller<'a, T>, Flat<'_>) -> Pending<'a> + Send + Sync + 'static,
    ) -> Result<()> {
        let ty = FuncType::new(self.linker.engine(), with_pointer(parameters), []);
        self.linker
            .func_new_async(self.module, name, ty, move |caller, parameters, _| {
                let number = |parameter: &Val| match *parameter {
                    Val::I32(number) => ValRaw::i32(number),
                    Val::I64(number) => ValRaw::i64(number),
                    _ => unreachable!("the types are those of integers"),
                };
                let numbers: Vec<ValRaw> = parameters.iter().map(number).collect();
                call(caller, Flat::new(&numbers))
            })?;
        Ok(())
    }
}

pub(super) fn parameters<A: FromCoreList>() -> Vec<ValType> {
    let mut types = Vec::new();
    A::add_types(&mut types);
    types
}

fn with_pointer(mut parameters: Vec<ValType>) -> Vec<ValType> {
    parameters.push(ValType::I32);
    parameters
}

/// How many bytes of the guest the host copies at most for the arguments `A`.
#[inline]
pub(super) fn limit<A: FromCoreList>(caller: &mut impl AsContextMut) -> usize {
    if A::COPIES {
        caller.as_context_mut().hostcall_fuel()
    } else {
        0
    }
}
