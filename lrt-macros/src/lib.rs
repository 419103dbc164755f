//! Macros of the crate `lrt`: the attributes `#[lambda]` and `#[handler]`, which turn an `async fn` into an AWS Lambda
//! function, `main!` and `snapshot_tests!`.
//!
//! # Layout
//!
//! 1. `options` (with `option_value`, `route`, `event_pattern`, `schedule`, `layer`) and `parse` parse the attribute and the
//!    function's signature; the body stays raw tokens.
//! 2. `validate` checks them: `kind` the kind, `parameter` (with `payload_type`) the parameters, `output` the return type. A
//!    `validate::Lambda` is always valid.
//! 3. `expand` writes the builder call, a type with the function's name, and `main` (`#[lambda]` only), next to the unchanged
//!    function. `adapt` writes the closures that the builder gets, `checks` the checks of types that the compiler makes.
//!
//! `errors` collects every mistake, so that all of them are reported at once; `fallback` then writes the items that keep the
//! compiler from reporting further errors.
//!
//! `defaults` is `#[defaults]`, which hands options on to `#[handler]`. `main_macro` is `main!`; `snapshots` is
//! `snapshot_tests!`, with `pattern` to find its files.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod adapt;
mod checks;
mod defaults;
mod errors;
mod event_pattern;
mod expand;
mod fallback;
mod kind;
mod layer;
mod main_macro;
mod option_value;
mod options;
mod output;
mod parameter;
mod parse;
mod pattern;
mod payload_type;
mod route;
mod schedule;
mod site;
mod snapshots;
mod validate;

#[cfg(test)]
mod tests;

use errors::Errors;
use fallback::Fallback;
use parse::MacroAttribute;
use proc_macro2::TokenStream;
use validate::Lambda;

/// Turns an `async fn` into an AWS Lambda function, and writes its `main`. Without a kind, it takes and returns JSON.
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
/// With `sqs`, `dynamodb`, `kinesis` or `kafka` it handles one record at a time, and the reply is the partial batch response:
///
/// ```ignore
/// #[lambda(sqs, init = connect, concurrency = 8)]
/// async fn process(order: Order, db: &Db) -> Result<(), OrderError> {
///     db.save(order).await
/// }
/// ```
///
/// With `http`, or one of the kinds for a single HTTP service, parameters are axum's extractors and the return value is a
/// response:
///
/// ```ignore
/// #[lambda(http, route = "GET /orders/{id}", init = connect)]
/// async fn get(Path(id): Path<u64>, db: &Db) -> Result<Json<Order>, StatusCode> {
///     db.order(id).await.map(Json).ok_or(StatusCode::NOT_FOUND)
/// }
/// ```
///
/// # Kinds
///
/// | kind | events |
/// |---|---|
/// | none | JSON, from any caller |
/// | `http` | HTTP requests, from any of the services below |
/// | `api_gateway` | HTTP requests of API Gateway: from a REST API or an HTTP API |
/// | `rest_api` | HTTP requests of a REST API |
/// | `http_api` | HTTP requests of an HTTP API |
/// | `function_url` | HTTP requests of a function URL |
/// | `alb` | HTTP requests of an Application Load Balancer |
/// | `lattice` | HTTP requests of VPC Lattice |
/// | `websocket` | messages of a WebSocket API, as HTTP requests |
/// | `authorizer` | requests that an authorizer of API Gateway decides about |
/// | `sqs` | messages of an SQS queue |
/// | `dynamodb` | changes of a DynamoDB table |
/// | `kinesis` | records of a Kinesis data stream |
/// | `kafka` | records of Kafka topics |
/// | `s3` | objects of an S3 bucket |
/// | `firehose` | records of a Firehose stream, which the function transforms |
/// | `eventbridge` | events of an EventBridge rule or schedule |
///
/// # Parameters
///
/// Any of these, in any order, or none:
///
/// - one payload, taken by value: any type that implements `Deserialize`; in batch functions also a `Message`, a `Change`, a
///   `Record`, an `S3Object`, a `Result<_, DecodeError>` or a `Batch` of these;
/// - in functions of `dynamodb` and `kinesis`: a `Window`, the state of a tumbling window;
/// - one `Context`, recognized by its name (if `anyhow::Context` is in scope, write `lrt::Context`);
/// - `&T`s, borrowed from what `init` returned. In a future that outlives the call, as that of `Context::wait_until`, use a
///   `&'static T`;
/// - HTTP functions: extractors instead of the payload, of which only the last one can take the body.
///
/// The function itself is unchanged: it can be called, tested and documented under its own name.
///
/// # Options
///
/// | option | kinds | meaning |
/// |---|---|---|
/// | `init = path` | all | `async fn() -> S` or `-> Result<S, E>`, run once before the first event; `&T` parameters borrow from it |
/// | `shutdown = path` | all | `async fn(&S)`, run before the process ends; without `init`, `async fn(_: &())` |
/// | `layer = expr` | all | a tower layer around the function; repeatable, outermost first. A closure `\|db: &Db\| …` builds it from the value of `init` |
/// | `metrics = "Shop"` | all | namespace of CloudWatch metrics, with lrt's feature `metrics` |
/// | `deadline_margin = Duration` or `off` | all | time before the deadline at which lrt answers for an unfinished invocation |
/// | `name = "…"` | all | the name that `_HANDLER` and the local tools use; default: the function's name |
/// | `crate = path` | all | path to the `lrt` crate, for a renamed dependency |
/// | `record_layer = expr` | batch | a tower layer around each record |
/// | `concurrency = N` | batch | number of records in flight |
/// | `on_failure = continue` or `stop` | `sqs`, `dynamodb`, `kinesis`, `kafka` | continue with other records after a failure, or stop |
/// | `on_all_failed = error` or `report` | `sqs`, `dynamodb`, `kinesis`, `kafka` | the reply if no record succeeded |
/// | `window_end = path` | `dynamodb`, `kinesis` | the function that is called at the end of a tumbling window |
/// | `route = "GET /orders/{id}"` | HTTP | method and path; `ANY` matches all methods, a last segment `{rest+}` the rest of the path |
/// | `base_path = "/v1"` | HTTP | the base path of a custom domain, which is removed from the path |
/// | `authorizer = path` | `api_gateway`, `rest_api`, `http_api`, `websocket` | the `#[handler(authorizer)]` in front of the function, for the template and the local Lambda |
/// | `identity_sources = ["header.Authorization"]` | `authorizer` | the parts of a request that identify the caller: `header.NAME`, `query.NAME`, `stage.NAME`, `context.NAME` |
/// | `cache = Duration` | `authorizer` | the time for which API Gateway caches a decision; default: not at all |
/// | `iam_policy` | `authorizer` | answers HTTP APIs with an IAM policy instead of a simple response |
/// | `other = path` | HTTP | `async fn(T) -> U` or `-> Result<U, E>` for events that are not HTTP requests, such as pings |
/// | `pattern = "{…}"` | `eventbridge` | the event pattern of the rule, as JSON, for the template |
/// | `schedule = "rate(5 minutes)"` | JSON, `eventbridge` | a schedule that invokes the function: `rate(…)` or `cron(…)` |
/// | `service` | HTTP | the function builds a tower service once, such as an axum `Router` |
/// | `streaming` | JSON, `http`, `rest_api`, `function_url` | replies are streamed |
///
/// [`#[defaults]`](macro@defaults) sets options for all functions of a module.
///
/// # Mistakes
///
/// Each mistake is one error at its own span; [the guide] shows the most common ones. A build with `panic = "abort"` gets a
/// warning, because a panic would end the process: write `panic = "unwind"` below `[profile.release]` in Cargo.toml, or
/// `#[allow(deprecated)]` below the attribute to accept it.
///
/// [the guide]: https://github.com/lrt-rs/lrt/blob/main/docs/mistakes.md
///
/// The attribute defines a type with the function's name, which clashes with a module or crate with that name: a package
/// `orders` cannot have a function `orders` in its `main.rs`.
#[proc_macro_attribute]
pub fn lambda(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(MacroAttribute::Lambda, args.into(), item.into()).into()
}

/// Turns an `async fn` into one of several AWS Lambda functions: `#[lambda]` without `main`, which [`main!`](crate::main!)
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
/// It has the options of [`#[lambda]`](macro@lambda), and can be used anywhere in the crate or in a library: the type that it
/// defines is as visible as the function, at least in its crate. The types that the function borrows may be private.
#[proc_macro_attribute]
pub fn handler(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(MacroAttribute::Handler, args.into(), item.into()).into()
}

/// Gives all functions of a module the same options, so that each is written once.
///
/// ```ignore
/// use lrt::prelude::*;
///
/// #[lrt::defaults(http_api, init = connect, layer = TimeoutLayer::new(Duration::from_secs(3)))]
/// mod orders {
///     use super::*;
///
///     #[handler(route = "GET /orders/{id}")]
///     pub(crate) async fn get(Path(id): Path<u64>, db: &Db) -> Result<Json<Order>, Error> {
///         db.order(id).await.map(Json)
///     }
///
///     #[handler(route = "POST /orders", layer = CorsLayer::permissive())]
///     pub(crate) async fn create(Json(order): Json<Order>, db: &Db) -> Result<StatusCode, Error> {
///         db.save(order).await?;
///         Ok(StatusCode::CREATED)
///     }
/// }
///
/// lrt::main!(orders::get, orders::create);
/// ```
///
/// It accepts the kind and the options of [`#[handler]`](macro@handler), except `name`, `route`, `pattern` and `schedule`. A
/// kind or an option of a function replaces that of the module; layers of a function are inside those of the module. Paths are
/// resolved inside the module, and only functions directly inside it get the options. Each of its options must be one of the
/// function's kind.
#[proc_macro_attribute]
pub fn defaults(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    defaults::expand(&args.into(), item.into()).into()
}

/// Writes the `main` of a binary with several functions, each with `#[handler]`.
///
/// ```ignore
/// lrt::main!(process, orders::get, my_library::clean_up);
/// ```
///
/// In Lambda, `_HANDLER` (`Handler` in a template) names the function that runs; no other function is initialized. The
/// name of a function is its option `name = "…"`, or the name of the Rust function without its modules. Two functions
/// with one name do not compile. If no function has that name, the init phase fails with an error that lists the names.
///
/// `crate = path` among the functions is the path to the `lrt` crate, for a renamed dependency.
#[proc_macro]
pub fn main(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    main_macro::expand(input.into()).into()
}

/// Writes a test for each sample event in a folder: the function handles the event, and the outcome is compared with the
/// snapshot next to it.
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
/// The function has `#[lambda]` or `#[handler]`. `events/ada.json` becomes the test `process_snapshots::ada`, its
/// snapshot is `events/ada.process.snap`; [insta](https://insta.rs) reports what differs. `INSTA_UPDATE=always cargo
/// test` accepts the current outcomes as snapshots, and `cargo insta review` reviews them one by one.
///
/// Files are found at compile time, relative to the folder of the crate: `*` matches any part of a name, `**` any folders.
/// Another test, `files_added_since`, runs the files that were added after the last compilation.
///
/// | option | meaning |
/// |---|---|
/// | `state = expr` | the state of the function, instead of what `init` returns; evaluated for each test, may `.await` |
/// | `crate = path` | path to the `lrt` crate, for a renamed dependency |
#[proc_macro]
pub fn snapshot_tests(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    // Build systems other than cargo run the compiler in the crate's folder.
    let home = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    snapshots::expand(input.into(), home.as_ref()).into()
}

fn expand(written: MacroAttribute, args: TokenStream, item: TokenStream) -> TokenStream {
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
