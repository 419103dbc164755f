//! The JSON kind with `streaming`: any event in, bytes out as they are made.

use crate::builder::{Builder, Kind, Layered};
use crate::function::args::{Args, AsyncFn};
use crate::function::output::{Fallible, Plain};
use crate::json::JsonKind;
use crate::layer::Layers;
use bytes::Bytes;
use futures_core::Stream;
use lrt_core::Borrowed;
use lrt_core::{
    BoxError, Chunks, DeadlineMargin, ErrorReport, FunctionService, Invocation, Reply, SharedService, Streamed,
    service_fn,
};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The kind of a function that takes JSON and returns a stream of bytes.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct JsonStream;

impl<F, A, N, D, L> Builder<JsonKind, F, A, N, D, L> {
    /// The function returns a `Stream` of bytes, or a `Result` of one, and each chunk is sent when it is made. Its caller
    /// invokes it with `InvokeWithResponseStream`.
    ///
    /// An item is a `Bytes`, a `Vec<u8>`, a `String`, a `&'static str`, or a `Result` of such. One that is an error ends
    /// the stream, and the caller is told of it behind what was sent.
    ///
    /// ```no_run
    /// use futures_util::stream::{self, Stream};
    ///
    /// async fn count(to: u32) -> impl Stream<Item = String> {
    ///     stream::iter(1..=to).map(|n| format!("{n}\n"))
    /// }
    /// # use futures_util::StreamExt;
    ///
    /// fn main() -> std::process::ExitCode {
    ///     lrt::json(count).streaming().run()
    /// }
    /// ```
    pub fn streaming(self) -> Builder<JsonStream, F, A, N, D, L> {
        self.map_kind(|_| JsonStream)
    }
}

/// What a stream may yield: bytes, or a `Result` of them. `C` says which.
pub trait Chunk<C> {
    /// The bytes.
    ///
    /// # Errors
    ///
    /// The stream's own error.
    fn into_chunk(self) -> Result<Bytes, BoxError>;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Bytes>> Chunk<Plain> for T {
    fn into_chunk(self) -> Result<Bytes, BoxError> {
        Ok(self.into())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Into<Bytes>, E: Into<BoxError>> Chunk<Fallible> for Result<T, E> {
    fn into_chunk(self) -> Result<Bytes, BoxError> {
        match self {
            Ok(bytes) => Ok(bytes.into()),
            // The name of its type goes along.
            Err(error) => Err(ErrorReport::new(error).into()),
        }
    }
}

/// What a function of the option `streaming` returns: a stream, or a `Result` of one. `M` says which, and `C` what the
/// stream yields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no stream of bytes",
    label = "not what a function of `streaming` returns",
    note = "return an `impl Stream<Item = Bytes>` or `impl Stream<Item = Result<Bytes, E>>`, or a `Result` of such; \
            the stream is `Send` and `'static`"
)]
pub trait StreamOutput<M, C> {
    /// The reply.
    ///
    /// # Errors
    ///
    /// The function's own error.
    fn into_streamed(self) -> Result<Streamed, ErrorReport>;
}

#[diagnostic::do_not_recommend]
impl<S, E, C> StreamOutput<Fallible, C> for Result<S, E>
where
    S: Stream<Item: Chunk<C>> + Send + 'static,
    E: Into<BoxError>,
    C: 'static,
{
    fn into_streamed(self) -> Result<Streamed, ErrorReport> {
        Ok(streamed(self.map_err(ErrorReport::new)?))
    }
}

#[diagnostic::do_not_recommend]
impl<S, C> StreamOutput<Plain, C> for S
where
    S: Stream<Item: Chunk<C>> + Send + 'static,
    C: 'static,
{
    fn into_streamed(self) -> Result<Streamed, ErrorReport> {
        Ok(streamed(self))
    }
}

fn streamed<S, C: 'static>(stream: S) -> Streamed
where
    S: Stream<Item: Chunk<C>> + Send + 'static,
{
    Streamed::new(Items { stream: Box::pin(stream), chunk: PhantomData })
}

/// The chunks of a stream.
struct Items<S, C> {
    stream: Pin<Box<S>>,
    chunk: PhantomData<fn(C)>,
}

impl<S: Stream<Item: Chunk<C>> + Send, C> Chunks for Items<S, C> {
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        self.stream.as_mut().poll_next(cx).map(|item| item.map(Chunk::into_chunk))
    }
}

impl Layered for JsonStream {
    type Request = Invocation;
    type Response = Reply;
    type Between = SharedService<Invocation, Reply>;
    type Fallible = Fallible;
}

impl<F, A, K, M, C> Kind<F, A, (K, C), M> for JsonStream
where
    F: AsyncFn<A>,
    A: Args<K>,
    F::Output: StreamOutput<M, C>,
{
    type Refs = A::Refs;

    const STREAMING: bool = true;

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

/// Decode → your function → the stream.
fn handle<F, A, K, M, C>(
    function: F,
    invocation: Invocation,
    refs: A::Refs,
) -> impl Future<Output = Result<Reply, BoxError>> + Send + 'static
where
    F: AsyncFn<A>,
    A: Args<K>,
    F::Output: StreamOutput<M, C>,
{
    let args = A::extract(&invocation, refs);
    drop(invocation);
    async move {
        let output = function.call(args?).await;
        Ok(output.into_streamed()?.into())
    }
}
