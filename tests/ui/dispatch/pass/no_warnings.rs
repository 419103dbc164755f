//! The code that `main!` writes passes all lints that a crate may deny.
#![deny(
    warnings,
    missing_docs,
    nonstandard_style,
    trivial_casts,
    unreachable_pub,
    unused,
    unused_qualifications,
    unused_results
)]

use lrt::prelude::*;

#[handler]
async fn process(_: String) {}

#[handler]
async fn cancel(_: String) {}

lrt::main!(process, cancel);
