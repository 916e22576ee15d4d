//! The parameters of core functions.

use wasmtime::{Caller, Linker, Result, WasmTy};

/// The parameters of a function but for the last, which points to where its
/// result goes.
pub(super) trait Params<T: 'static>: Copy + Send + 'static {
    /// Adds a function to the linker.
    fn add(
        linker: &mut Linker<T>,
        module: &str,
        name: &str,
        call: impl Fn(Caller<'_, T>, Self, u32) -> Result<()> + Send + Sync + 'static,
    ) -> Result<()>;

    /// Adds an asynchronous function to the linker.
    fn add_async(
        linker: &mut Linker<T>,
        module: &str,
        name: &str,
        call: impl for<'a> Fn(Caller<'a, T>, Self, u32) -> Pending<'a> + Send + Sync + 'static,
    ) -> Result<()>
    where
        T: Send;
}

/// An asynchronous call.
pub(super) type Pending<'a> = Box<dyn Future<Output = Result<()>> + Send + 'a>;

macro_rules! params {
    ($(($($name:ident)*))*) => {$(
        #[allow(non_snake_case, reason = "a parameter is named as its type")]
        impl<T: 'static, $($name: WasmTy + Copy + 'static),*> Params<T> for ($($name,)*) {
            fn add(
                linker: &mut Linker<T>,
                module: &str,
                name: &str,
                call: impl Fn(Caller<'_, T>, Self, u32) -> Result<()> + Send + Sync + 'static,
            ) -> Result<()> {
                let call = move |caller: Caller<'_, T>, $($name: $name,)* to: u32| {
                    call(caller, ($($name,)*), to)
                };
                linker.func_wrap(module, name, call).map(|_| ())
            }

            fn add_async(
                linker: &mut Linker<T>,
                module: &str,
                name: &str,
                call: impl for<'a> Fn(Caller<'a, T>, Self, u32) -> Pending<'a>
                + Send
                + Sync
                + 'static,
            ) -> Result<()>
            where
                T: Send,
            {
                let linked = linker.func_wrap_async(
                    module,
                    name,
                    move |caller, ($($name,)* to): ($($name,)* u32)| {
                        call(caller, ($($name,)*), to)
                    },
                );
                linked.map(|_| ())
            }
        }
    )*};
}

params! {
    (A)
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E F G)
}
