//! The code that the attribute writes passes all lints that a crate may deny.
#![deny(
    warnings,
    future_incompatible,
    let_underscore,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    nonstandard_style,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unused,
    unused_crate_dependencies,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![allow(unused_crate_dependencies, reason = "the cases share their dependencies")]

use lrt::prelude::*;
use std::time::Duration;

struct Db;

#[deprecated]
struct Old;

#[allow(deprecated)]
#[derive(serde::Deserialize)]
#[deprecated]
struct Order {}

#[allow(deprecated)]
async fn connect() -> Result<(Db, Old), Error> {
    Ok((Db, Old))
}

async fn close(_: &Db) {}

/// Adds an order.
///
/// # Errors
///
/// Never.
#[allow(deprecated)]
#[lambda(init = connect, shutdown = close, deadline_margin = Duration::from_millis(500), name = "orders")]
async fn process(_: Order, _: Context, _: &Db, _: &Old) -> Result<(), Error> {
    Ok(())
}
