//! Handler of a function with mistakes, so that code that names the function does not cause further errors.

use lrt_core::{BoxError, ErrorReport, FunctionService, Handler, Initialized, Invocation, Reply, service_fn};

/// A handler that never runs: the function does not compile.
#[derive(Clone, Copy, Debug)]
pub struct CompileErrorStub;

/// Returns the handler of a function with mistakes.
pub fn compile_error_stub() -> CompileErrorStub {
    CompileErrorStub
}

impl Handler for CompileErrorStub {
    type State = ();
    type Shutdown = ();

    async fn init(&self) -> Result<Initialized<(), ()>, ErrorReport> {
        Err(ErrorReport::new("the function did not compile"))
    }

    async fn service(&self, (): ()) -> Result<impl FunctionService, ErrorReport> {
        Ok(service_fn(async |_: Invocation| Err::<Reply, _>(BoxError::from("the function did not compile"))))
    }
}
