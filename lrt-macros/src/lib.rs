//! `#[lambda]` and `#[handler]`, the attributes that make an AWS Lambda function of an `async fn`, and the macros around
//! them. Use them through the crate `lrt`.
//!
//! # The story
//!
//! 1. `options` (with `value`) and `parse` read the attribute and the function's signature; the body stays raw tokens.
//! 2. `model` checks what was read, `kind` the kind, `parameter` (with `payload`) the parameters, `output` what it returns.
//!    A `model::Lambda` can only be valid.
//! 3. `expand` writes the builder call, a type of the function's name, and `main` (`#[lambda]` alone), beside the untouched
//!    function;
//!    `checks` what the compiler is to say about the types in it.
//!
//! Every mistake on the way goes into `errors`, so that all are reported at once, and `fallback` writes what keeps
//! the compiler from adding errors of its own.
//!
//! `several` is `main!`, the `main` of several functions.
//!
//! `snapshots` is `snapshot_tests!`, from its arguments to its tests; `pattern` finds the files.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod checks;
mod errors;
mod expand;
mod fallback;
mod kind;
mod layer;
mod model;
mod options;
mod output;
mod parameter;
mod parse;
mod pattern;
mod payload;
mod route;
mod several;
mod snapshots;
mod value;

#[cfg(test)]
mod tests;

use errors::Errors;
use fallback::Fallback;
use model::Lambda;
use parse::Written;
use proc_macro2::TokenStream;

/// Makes an AWS Lambda function of an `async fn`, and writes its `main`. Without a kind it takes and returns JSON.
///
/// ```ignore
/// use lrt::prelude::*;
///
/// #[lambda(init = connect)]
/// async fn process(order: Order, ctx: Context, db: &Db) -> Result<Receipt, OrderError> {
///     db.save(order, ctx.request_id()).await
/// }
///
/// async fn connect() -> Result<Db, Error> {
///     Db::connect("…").await
/// }
/// ```
///
/// With `sqs`, `dynamodb`, `kinesis` or `kafka` it handles one record, and the answer is the partial batch failure:
///
/// ```ignore
/// #[lambda(sqs, init = connect, concurrency = 8)]
/// async fn process(order: Order, db: &Db) -> Result<(), OrderError> {
///     db.save(order).await
/// }
/// ```
///
/// # Parameters
///
/// Any of these, in any order, or none:
///
/// - one payload, taken by value: any type that implements `Deserialize`; of records also a `Message`, a `Change`, a `Record`,
///   a `Result<_, DecodeError>` or the whole `Batch`;
/// - one `Context`, known by that name (where `anyhow::Context` is in scope, write `lrt::Context`);
/// - `&T`, borrowed from what `init` returned.
///
/// The function stays as it is written: it can be called, tested and documented under its own name.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `init = path` | `async fn() -> S` or `-> Result<S, E>`, run once before the first event; `&T` parameters borrow from it |
/// | `shutdown = path` | `async fn(&S)`, run before the process ends; without `init`, `async fn(_: &())` |
/// | `deadline_margin = Duration` or `off` | how long before the deadline an unfinished invocation is answered with an error |
/// | `layer = expr` | a tower layer around the function; repeatable, outermost first. A closure `\|db: &Db\| …` makes it of what `init` returned |
/// | `record_layer = expr` | for records: a tower layer around the handling of one |
/// | `concurrency = N` | for records: how many are in flight at once |
/// | `on_failure = continue` or `stop` | for records: what becomes of the others when one has failed |
/// | `on_all_failed = error` or `report` | for records: what is answered when none was done |
/// | `name = "…"` | the name that `_HANDLER` and the local tools use; default: the function's name |
/// | `crate = path` | where `lrt` is found, for a renamed dependency |
///
/// # Mistakes
///
/// Each is one error at its place; [the guide] shows those that are made most. A build with `panic = "abort"` gets a
/// warning, since a panic would end the process: write `panic = "unwind"` below `[profile.release]` in Cargo.toml, or
/// `#[allow(deprecated)]` below the attribute to accept it.
///
/// [the guide]: https://github.com/lrt-rs/lrt/blob/main/docs/mistakes.md
///
/// A type of the function's name is written beside it, so a module or a crate of that name clashes: a package `orders`
/// does not call its function `orders`.
#[proc_macro_attribute]
pub fn lambda(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(Written::Lambda, args.into(), item.into()).into()
}

/// Makes one of several AWS Lambda functions of an `async fn`: `#[lambda]` without its `main`, which [`main!`](crate::main!)
/// writes for all of them.
///
/// ```ignore
/// use lrt::prelude::*;
///
/// #[handler(sqs, init = connect)]
/// async fn process(order: Order, db: &Db) -> Result<(), Error> {
///     db.save(order).await
/// }
///
/// lrt::main!(process, orders::get);
/// ```
///
/// It takes what [`#[lambda]`](macro@lambda) takes, and stands anywhere in the crate, or in a library: the type that is
/// written beside the function is as visible as the function is. What it borrows may be private, as in any function.
#[proc_macro_attribute]
pub fn handler(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(Written::Handler, args.into(), item.into()).into()
}

/// Writes the `main` of a binary with several functions: each is one of `#[handler]`, here or elsewhere.
///
/// ```ignore
/// lrt::main!(process, orders::get, my_library::clean_up);
/// ```
///
/// In Lambda one of them runs: that which has the name of the function's handler (`_HANDLER`; `Handler` in a template),
/// letter by letter. A function's name is that of its option `name = "…"`, or its own, without modules; two functions of
/// one name do not compile. Where no function has the handler's name, or it is empty, that is an error of the init phase,
/// which lists the names. The init of no other function runs.
///
/// `crate = path` among the functions says where `lrt` is found, for a renamed dependency.
#[proc_macro]
pub fn main(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    several::expand(input.into()).into()
}

/// Writes a test for each sample event in a folder: the function handles it, and the outcome is compared with the snapshot
/// beside it.
///
/// ```ignore
/// #[cfg(test)]
/// mod tests {
///     use super::*;
///
///     lrt::snapshot_tests!(process, "events/*.json", state = Db::fake());
/// }
/// ```
///
/// The function is one of `#[lambda]` or `#[handler]`. `events/ada.json` becomes the test `process_snapshots::ada`, its snapshot is
/// `events/ada.process.snap`; [insta](https://insta.rs) reports what differs. `INSTA_UPDATE=always cargo test` takes
/// what there is as right, and `cargo insta review` asks.
///
/// Files are found at compile time, from the folder of the crate on: `*` stands for any part of a name, `**` for any
/// folders. One more test, `files_added_since`, runs those that were added later, for which nothing is compiled again.
///
/// | option | meaning |
/// |---|---|
/// | `state = expr` | what the function borrows from, in place of what `init` returns; made anew for each test, may `.await` |
/// | `crate = path` | where `lrt` is found, for a renamed dependency |
#[proc_macro]
pub fn snapshot_tests(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    // Where something else than cargo runs the compiler, it runs it in the crate's folder.
    let home = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    snapshots::expand(input.into(), home.as_ref()).into()
}

fn expand(written: Written, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = options::parse(args, &mut errors);
    let function = match parse::function(written, item.clone()) {
        Ok(function) => function,
        Err(error) => {
            errors.push(error);
            return fallback::without_function(written, &item, errors);
        }
    };
    let fallback = Fallback::of(written, &options, &function);
    match Lambda::new(written, options, function, errors) {
        Ok(lambda) => expand::lambda(&lambda, &item),
        Err(errors) => fallback.write(item, errors),
    }
}
