extern crate lrt as other;

mod my {
    pub use lrt as lambda_runtime;
}

use other::prelude::*;

#[lambda(crate = my::lambda_runtime)]
async fn process(_: u64, _: Context) -> Result<(), Error> {
    Ok(())
}
