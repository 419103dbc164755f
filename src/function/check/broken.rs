//! What stands for a function with mistakes, so that those who name it have nothing to add.

use lrt_core::{Boot, BoxError, FunctionService, Handler, Invocation, Reply, Report, service_fn};

/// A function that is never run: what has mistakes does not compile.
#[derive(Clone, Copy, Debug)]
pub struct Broken;

/// The one of a function with mistakes.
pub fn broken() -> Broken {
    Broken
}

impl Handler for Broken {
    type Refs = ();
    type End = ();

    async fn boot(&self) -> Result<Boot<(), ()>, Report> {
        Err(Report::new("this function has mistakes"))
    }

    async fn service(&self, (): ()) -> Result<impl FunctionService, Report> {
        Ok(service_fn(async |_: Invocation| Err::<Reply, _>(BoxError::from("this function has mistakes"))))
    }
}
