//! JSON functions with `streaming`: any event in, bytes out as they are produced.

use crate::builder::{Builder, FunctionKind, OfKind};
use crate::function::output::ErrorReply;
use crate::function::parameters::{Args, AsyncFn};
use crate::function::rejected::{NoImpl, Rejected};
use crate::json::JsonKind;
use crate::layer::{BoxLayer, BoxedService, Layers, LazyLayer, MakeLayer, StaticLayer};
use bytes::Bytes;
use futures_core::Stream;
use lrt_core::__private::StateRefs;
use lrt_core::{
    BoxError, Chunks, DeadlineMargin, ErrorReport, FunctionService, Invocation, Reply, SharedService, Streamed,
    service_fn,
};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Kind of functions that take JSON and return a stream of bytes.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct JsonStream {
    has_schedule: bool,
}

impl<F, A, N, D, L> Builder<JsonKind, F, A, N, D, L> {
    /// Streams the reply: the function returns a `Result` of a `Stream` of bytes, and each chunk is sent when it is
    /// produced. Callers invoke the function with `InvokeWithResponseStream`.
    ///
    /// An item is a `Bytes`, a `Vec<u8>`, a `String`, a `&'static str`, or a `Result` of one of these. An error ends the
    /// stream and is reported to the caller after the chunks that were sent.
    ///
    /// ```no_run
    /// use futures_util::stream::{self, Stream};
    /// use lrt::Error;
    ///
    /// async fn count(to: u32) -> Result<impl Stream<Item = String>, Error> {
    ///     Ok(stream::iter(1..=to).map(|n| format!("{n}\n")))
    /// }
    /// # use futures_util::StreamExt;
    ///
    /// fn main() -> std::process::ExitCode {
    ///     lrt::json(count).streaming().run()
    /// }
    /// ```
    pub fn streaming(self) -> Builder<JsonStream, F, A, N, D, L> {
        self.map_kind(|kind| JsonStream { has_schedule: kind.schedule.is_some() })
    }
}

/// Marker of items that are bytes.
#[derive(Debug)]
pub struct ViaValue;

/// Marker of items that are a `Result`.
#[derive(Debug)]
pub struct ViaResult;

/// Item of a stream: bytes, or a `Result` of bytes. `C` is an inferred marker of these.
pub trait Chunk<C> {
    /// Returns the bytes.
    ///
    /// # Errors
    ///
    /// Returns the stream's own error.
    fn into_chunk(self) -> Result<Bytes, BoxError>;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Bytes>> Chunk<ViaValue> for T {
    fn into_chunk(self) -> Result<Bytes, BoxError> {
        Ok(self.into())
    }
}

#[diagnostic::do_not_recommend]
impl<T: NoImpl> Chunk<Rejected> for T {
    fn into_chunk(self) -> Result<Bytes, BoxError> {
        unreachable!("no type implements `NoImpl`")
    }
}

#[diagnostic::do_not_recommend]
impl<T: Into<Bytes>, E: Into<BoxError>> Chunk<ViaResult> for Result<T, E> {
    fn into_chunk(self) -> Result<Bytes, BoxError> {
        match self {
            Ok(bytes) => Ok(bytes.into()),
            // The report keeps the name of the error's type.
            Err(error) => Err(ErrorReport::new(error).into()),
        }
    }
}

/// The reply of a function with the option `streaming`: a stream whose items are [`Chunk`]s.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be streamed: it is not a `Stream` of bytes",
    label = "cannot be returned from a function with `streaming`",
    note = "return an `impl Stream<Item = Bytes>`, or a `Result` of one; `String`, `Vec<u8>`, `&'static str` and a `Result` \
            of any of them are items as well",
    note = "the stream is `Send` and `'static`"
)]
pub trait StreamReply<C>: Stream<Item: Chunk<C>> + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<S: Stream<Item: Chunk<C>> + Send + 'static, C> StreamReply<C> for S {}

/// The chunks of a stream.
struct StreamChunks<S, C> {
    stream: Pin<Box<S>>,
    chunk: PhantomData<fn(C)>,
}

impl<S: StreamReply<C>, C> Chunks for StreamChunks<S, C> {
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        self.stream.as_mut().poll_next(cx).map(|item| item.map(Chunk::into_chunk))
    }
}

impl FunctionKind for JsonStream {
    type Request = Invocation;
    type Response = Reply;
    type Boxed = StreamService;

    const STREAMING: bool = true;

    fn name(&self) -> &'static str {
        "json"
    }
}

impl<F, A, K, C, S, E> OfKind<JsonStream, A, (K, C)> for F
where
    F: AsyncFn<A, Output = Result<S, E>>,
    A: Args<Invocation, K>,
    S: StreamReply<C>,
    C: 'static,
    E: ErrorReply,
{
    type Refs = A::Refs;

    async fn service<L: Layers<Invocation, Reply, StreamService>>(
        &self,
        kind: &JsonStream,
        layers: &L,
        refs: StateRefs<A::Refs, L::Refs>,
        _: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        if kind.has_schedule {
            let message = "`schedule` cannot be combined with `streaming`: a schedule does not read the stream";
            return Err(lrt_core::Error::msg(message).into());
        }
        let (function, borrowed) = (self.clone(), refs.function);
        // Decode → your function → the stream.
        let handle = service_fn(move |mut invocation: Invocation| {
            let function = function.clone();
            async move {
                let args = A::extract(&mut invocation, borrowed).await?;
                drop(invocation);
                let stream = function.call(args).await.map_err(ErrorReport::new)?;
                Ok(Streamed::new(StreamChunks { stream: Box::pin(stream), chunk: PhantomData }).into())
            }
        });
        Ok(layers.around(handle, refs.layers))
    }
}

/// Service that a layer of a streaming function wraps. Layers that need complete replies do not fit around it.
#[derive(Clone, Debug)]
pub struct StreamService(SharedService<Invocation, Reply>);

impl Service<Invocation> for StreamService {
    type Response = Reply;
    type Error = BoxError;
    type Future = <SharedService<Invocation, Reply> as Service<Invocation>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        self.0.call(invocation)
    }
}

impl BoxedService<Invocation, Reply> for StreamService {
    fn boxed<S>(service: S) -> Self
    where
        S: Service<Invocation, Response = Reply, Error = BoxError, Future: Send + 'static> + Send + 'static,
    {
        StreamService(SharedService::new(service))
    }

    fn map_errors(
        self,
    ) -> impl Service<Invocation, Response = Reply, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static
    {
        self.0.map_errors()
    }
}

#[diagnostic::do_not_recommend]
impl<L> BoxLayer<StreamService> for L
where
    L: Layer<StreamService> + Send + Sync + 'static,
    L::Service: Service<Invocation, Response = Reply, Error: Into<BoxError>, Future: Send + 'static> + Send + 'static,
{
    fn wrap(&self, inner: StreamService) -> StreamService {
        StreamService(SharedService::new(self.layer(inner)))
    }
}

/// A layer that was added before the option `streaming`.
impl<New: BoxLayer<StreamService>> MakeLayer<StreamService> for StaticLayer<SharedService<Invocation, Reply>, New> {
    type Ref = ();

    fn wrap(&self, StreamService(inner): StreamService, (): ()) -> StreamService {
        StreamService(MakeLayer::<SharedService<Invocation, Reply>>::wrap(self, inner, ()))
    }
}

/// A layer that was added before the option `streaming`.
impl<T, New> MakeLayer<StreamService> for LazyLayer<SharedService<Invocation, Reply>, T, New>
where
    T: Sync + 'static,
    New: BoxLayer<StreamService>,
{
    type Ref = &'static T;

    fn wrap(&self, StreamService(inner): StreamService, state: &'static T) -> StreamService {
        StreamService(MakeLayer::<SharedService<Invocation, Reply>>::wrap(self, inner, state))
    }
}
