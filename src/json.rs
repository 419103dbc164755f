//! The JSON kind: any event in, any value out.

use crate::builder::{Builder, Kind, Layered};
use crate::function::args::{Args, AsyncFn};
use crate::function::output::{Fallible, Output};
use crate::layer::Layers;
use lrt_core::__private::json::path::with_path;
use lrt_core::__private::json::redact::redact_values;
use lrt_core::Borrowed;
use lrt_core::{BoxError, DeadlineMargin, ErrorReport, FunctionService, Invocation, Reply, SharedService, service_fn};
use serde::de::DeserializeOwned;
use std::future::Future;

/// The kind of a function that takes JSON and returns JSON.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct JsonKind;

/// Starts the builder of a function that takes JSON and returns JSON.
///
/// Its parameters are the payload (any `Deserialize`; none is fine), [`Context`](crate::Context), and `&T`s of what
/// [`init`](Builder::init) returns. It returns `T` or `Result<T, E>`, for any `Serialize` `T` and any error.
///
/// ```no_run
/// use lrt::{Context, Error};
///
/// struct Db;
///
/// async fn connect() -> Result<Db, Error> {
///     Ok(Db)
/// }
///
/// async fn add((a, b): (i64, i64), ctx: Context, db: &Db) -> Result<i64, Error> {
///     a.checked_add(b).ok_or_else(|| Error::named("Overflow", "the sum is too large"))
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::json(add).init(connect).run()
/// }
/// ```
pub fn json<F, A>(function: F) -> Builder<JsonKind, F, A>
where
    F: AsyncFn<A>,
{
    Builder::new(JsonKind, function)
}

impl Layered for JsonKind {
    type Request = Invocation;
    type Response = Reply;
    type Between = SharedService<Invocation, Reply>;
    type Fallible = Fallible;
}

impl<F, A, K, M> Kind<F, A, K, M> for JsonKind
where
    F: AsyncFn<A>,
    A: Args<K>,
    F::Output: Output<M>,
{
    type Refs = A::Refs;

    fn name(&self) -> &'static str {
        "json"
    }

    async fn service<L: Layers<Invocation, Reply, Self::Between>>(
        &self,
        function: F,
        layers: &L,
        lent: Borrowed<A::Refs, L::Refs>,
        _: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        let refs = lent.function;
        Ok(layers.around(service_fn(move |invocation| handle(function.clone(), invocation, refs)), lent.layers))
    }
}

/// Decode → your function → reply.
fn handle<F, A, K, M>(
    function: F,
    invocation: Invocation,
    refs: A::Refs,
) -> impl Future<Output = Result<Reply, BoxError>> + Send + 'static
where
    F: AsyncFn<A>,
    A: Args<K>,
    F::Output: Output<M>,
{
    // What is decoded here, before the first poll, need not be kept across one. A panic in it is the guard's as well.
    let args = A::extract(&invocation, refs);
    // The payload ends here: its bytes are not needed while the function runs.
    let room = invocation.into_reply_buffer();
    async move {
        let output = function.call(args?).await;
        Ok(output.into_reply(room)?)
    }
}

/// Decodes a payload. The path of what is wrong with it is looked for only when there is something.
pub(crate) fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, ErrorReport> {
    serde_json::from_slice(payload).map_err(|error| unmarshal_error(payload, &error))
}

#[cold]
fn unmarshal_error(payload: &[u8], error: &serde_json::Error) -> ErrorReport {
    if payload.trim_ascii().is_empty() {
        return ErrorReport::unmarshal("the payload is empty, and the function takes one");
    }
    ErrorReport::unmarshal(redact_values(&with_path(payload, error)))
}
