//! What stands for a function with mistakes, so that those who name it have nothing to add.

use lrt_core::{BoxError, ErrorReport, FunctionService, Handler, Initialized, Invocation, Reply, service_fn};

/// A function that is never run: what has mistakes does not compile.
#[derive(Clone, Copy, Debug)]
pub struct Broken;

/// The one of a function with mistakes.
pub fn broken() -> Broken {
    Broken
}

impl Handler for Broken {
    type State = ();
    type Shutdown = ();

    async fn init(&self) -> Result<Initialized<(), ()>, ErrorReport> {
        Err(ErrorReport::new("this function has mistakes"))
    }

    async fn service(&self, (): ()) -> Result<impl FunctionService, ErrorReport> {
        Ok(service_fn(async |_: Invocation| Err::<Reply, _>(BoxError::from("this function has mistakes"))))
    }
}
