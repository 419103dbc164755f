//! Kind of batch functions, which handle one record at a time or the full batch.

use super::args::{CallInput, FullBatch, OneRecord, RecordReply};
use super::event::{RawRecord, SourceSchema};
use super::full_batch::{BatchFailures, BatchState};
use super::handle::{DEFAULT_MARGIN, Requirements, SourcePolicy, handle_batch, handle_records};
use super::options::{Options, check_idempotency};
use super::payload::DecodeError;
use super::window::WindowEnd;
use crate::builder::{Builder, FunctionKind, OfKind};
use crate::function::output::ErrorReply;
use crate::function::parameters::{Args, AsyncFn};
use crate::layer::{Layers, NoLayer, Stack};
use lrt_core::__private::StateRefs;
use lrt_core::{
    BoxError, DeadlineMargin, Deployment, ErrorReport, FunctionService, Invocation, Reply, SharedService, service_fn,
};
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

/// A source of batches: SQS, DynamoDB streams, Kinesis, Kafka, S3, Firehose.
#[allow(private_bounds)]
pub trait Source: SourceSchema + SourcePolicy + Send + Sync + 'static {
    /// Name in `#[lambda(…)]`.
    const NAME: &'static str;

    /// Form of its functions.
    const FORM: Form = Form::Reported;
}

/// Form of the functions that handle the records of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A record or a [`Batch`](super::Batch), with a partial batch response.
    Reported,
    /// A record. The service retries the entire event.
    Retried,
    /// A record, for which the function returns a [`Transform`](crate::firehose::Transform).
    Transformed,
}

/// A source whose event source mapping accepts a partial batch response.
#[diagnostic::on_unimplemented(
    message = "functions of this kind do not report the failures of single records",
    label = "an option of `sqs`, `dynamodb`, `kinesis` and `kafka`"
)]
pub trait ReportsFailures: Source {}

/// Kind of functions that handle records of the source `S`, with the record layers `R`.
pub struct Records<S, R = NoLayer> {
    pub(crate) options: Options,
    /// The function that is called at the end of a tumbling window.
    pub(super) window_end: Option<Arc<dyn WindowEnd>>,
    layers: R,
    source: PhantomData<fn(S)>,
}

impl<S, R> Records<S, R> {
    /// Returns the service that handles invocations with `call`, which handles one record.
    pub(super) fn one_at_a_time<C, Fut>(
        &self,
        call: C,
        requirements: Requirements,
        refs: R::Refs,
        margin: DeadlineMargin,
    ) -> impl FunctionService
    where
        S: Source,
        R: Layers<RawRecord, (), SharedService<RawRecord, ()>>,
        C: Fn(RawRecord) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let record = self.layers.around(service_fn(call), refs);
        let options = self.options;
        service_fn(move |invocation| {
            handle_records::<S, _>(record.clone(), requirements.clone(), invocation, options, margin)
        })
    }

    pub(crate) fn add_layer<M>(self, layer: M) -> Records<S, Stack<R, M>> {
        let Records { options, window_end, layers, source } = self;
        Records { options, window_end, layers: Stack::new(layers, layer), source }
    }
}

/// Starts the builder of a function that handles records of a source.
pub(crate) fn records<S: Source, F: AsyncFn<A>, A>(function: F) -> Builder<Records<S>, F, A> {
    let kind = Records { options: Options::default(), window_end: None, layers: NoLayer, source: PhantomData };
    Builder::new(kind, function)
}

impl<S: Source, R: Send + Sync + 'static> FunctionKind for Records<S, R> {
    type Request = Invocation;
    type Response = Reply;
    type Boxed = SharedService<Invocation, Reply>;

    fn name(&self) -> &'static str {
        S::NAME
    }

    fn deployment(&self) -> Deployment<'_> {
        let mut deployment = self.options.deployment();
        deployment.record_layers = std::any::type_name::<R>();
        deployment
    }

    fn guard(&self, margin: DeadlineMargin) -> DeadlineMargin {
        // For layers that do not pass the answer on.
        margin.inner(DEFAULT_MARGIN)
    }
}

impl<S, R, F, A, K, M, V, E> OfKind<Records<S, R>, A, (M, K)> for F
where
    S: Source,
    R: Layers<RawRecord, (), SharedService<RawRecord, ()>>,
    F: AsyncFn<A, Output = Result<V, E>>,
    A: Args<CallInput<S, M>, K>,
    V: RecordReply<M>,
    E: ErrorReply,
    M: Mode,
{
    type Refs = StateRefs<A::Refs, R::Refs>;

    async fn service<L: Layers<Invocation, Reply, SharedService<Invocation, Reply>>>(
        &self,
        kind: &Records<S, R>,
        layers: &L,
        refs: StateRefs<Self::Refs, L::Refs>,
        margin: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        let (function, borrowed) = (self.clone(), refs.function.function);
        // Decode → your function.
        let call = move |mut input: CallInput<S, M>| {
            let function = function.clone();
            async move {
                let args = A::extract(&mut input, borrowed).await.map_err(lrt_core::Error::new)?;
                // A boxed error has no type name, so the report keeps it.
                Ok(function
                    .call(args)
                    .await
                    .map_err(|error| Box::new(ErrorReport::new(error)) as BoxError)?
                    .into_reply())
            }
        };
        if A::NEEDS.window {
            kind.options.check_window()?;
        }
        check_idempotency::<L, R>(S::FORM)?;
        let window_end = kind.window_end.clone();
        let requirements = Requirements { check: A::check_sample, needs: A::NEEDS, window_end };
        let batch = M::service(kind, call, requirements, refs.function.layers, margin);
        Ok(layers.around(batch, refs.layers))
    }
}

/// How a function handles the records of a batch.
pub trait Mode: Sized + Send + Sync + 'static {
    /// Input of one call of the function: a record, or all of them.
    type Input: Send + 'static;
    /// Error of a parameter that cannot be extracted from it.
    type Rejection: Into<BoxError> + Send;
    /// True if the function has to take a [`Batch`](super::Batch).
    const TAKES_BATCH: bool;
    /// Value that the function returns.
    type Reply;

    /// Turns the function, `call`, into a service that handles invocations.
    fn service<S, R, C, Fut>(
        records: &Records<S, R>,
        call: C,
        requirements: Requirements,
        refs: R::Refs,
        margin: DeadlineMargin,
    ) -> impl FunctionService
    where
        S: Source,
        R: Layers<RawRecord, (), SharedService<RawRecord, ()>>,
        C: Fn(CallInput<S, Self>) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<Self::Reply, BoxError>> + Send + 'static;
}

impl Mode for OneRecord {
    type Input = RawRecord;
    type Rejection = DecodeError;
    const TAKES_BATCH: bool = false;
    type Reply = ();

    fn service<S, R, C, Fut>(
        records: &Records<S, R>,
        call: C,
        requirements: Requirements,
        refs: R::Refs,
        margin: DeadlineMargin,
    ) -> impl FunctionService
    where
        S: Source,
        R: Layers<RawRecord, (), SharedService<RawRecord, ()>>,
        C: Fn(CallInput<S, OneRecord>) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        const {
            assert!(
                !matches!(S::FORM, Form::Transformed),
                "a Firehose function returns a `Transform<T>` for each record"
            )
        };
        records.one_at_a_time(move |record| call(CallInput::new(record)), requirements, refs, margin)
    }
}

impl Mode for FullBatch {
    type Input = BatchState;
    type Rejection = DecodeError;
    const TAKES_BATCH: bool = true;
    type Reply = BatchFailures;

    fn service<S, R, C, Fut>(
        records: &Records<S, R>,
        call: C,
        requirements: Requirements,
        _: R::Refs,
        margin: DeadlineMargin,
    ) -> impl FunctionService
    where
        S: Source,
        R: Layers<RawRecord, (), SharedService<RawRecord, ()>>,
        C: Fn(CallInput<S, FullBatch>) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<BatchFailures, BoxError>> + Send + 'static,
    {
        const { assert!(matches!(S::FORM, Form::Reported), "this kind has no `Batch`: take one record at a time") };
        const { assert!(R::IS_EMPTY, "`record_layer` is only for functions that take one record at a time") };
        let options = records.options;
        service_fn(move |invocation| {
            handle_batch::<S, _, _>(call.clone(), requirements.clone(), invocation, options, margin)
        })
    }
}
