//! The kind of batch functions, which handle one record or the full batch.

use super::args::{BatchArgs, BatchOutput, RecordArgs, RecordOutput};
use super::event::{RawRecord, SourceSchema};
use super::full_batch::BatchState;
use super::handle::{DEFAULT_MARGIN, SourcePolicy, handle_batch, handle_records};
use super::options::Options;
use crate::builder::{Builder, Kind, Layered};
use crate::function::args::AsyncFn;
use crate::function::output::Fallible;
use crate::layer::{Inside, Layers, NoLayer};
use lrt_core::Borrowed;
use lrt_core::{
    DeadlineMargin, Deployment, ErrorReport, FunctionService, Invocation, Reply, SharedService, service_fn,
};
use std::marker::PhantomData;

/// A source of batches: SQS, DynamoDB streams, Kinesis, Kafka. It cannot be implemented outside of lrt.
#[allow(private_bounds)]
pub trait Source: SourceSchema + SourcePolicy + Send + Sync + 'static {
    /// The name of the kind in `#[lambda(…)]`.
    const NAME: &'static str;
}

/// The kind of a function that handles records of the source `S`, with record layers `R`.
pub struct Records<S, R = NoLayer> {
    pub(crate) options: Options,
    layers: R,
    source: PhantomData<fn(S)>,
}

impl<S, R: Clone> Clone for Records<S, R> {
    fn clone(&self) -> Self {
        Records { options: self.options, layers: self.layers.clone(), source: PhantomData }
    }
}

impl<S, R> Records<S, R> {
    pub(crate) fn inside<M>(self, layer: M) -> Records<S, Inside<R, M>> {
        Records { options: self.options, layers: Inside::new(self.layers, layer), source: PhantomData }
    }
}

/// Starts the builder of a function that handles records of a source.
pub(crate) fn records<S: Source, F: AsyncFn<A>, A>(function: F) -> Builder<Records<S>, F, A> {
    Builder::new(Records { options: Options::default(), layers: NoLayer, source: PhantomData }, function)
}

/// The function handles one record; `K` are the kinds of its parameters.
#[derive(Debug)]
pub struct OneRecord<K>(PhantomData<K>);

/// The function handles the whole batch.
#[derive(Debug)]
pub struct FullBatch<K>(PhantomData<K>);

impl<S: Source, R: Clone + Send + Sync + 'static> Layered for Records<S, R> {
    type Request = Invocation;
    type Response = Reply;
    type Between = SharedService<Invocation, Reply>;
    type Fallible = Fallible;
}

impl<S, R, F, A, K, M> Kind<F, A, OneRecord<K>, M> for Records<S, R>
where
    S: Source,
    R: Layers<RawRecord, (), SharedService<RawRecord, ()>>,
    F: AsyncFn<A>,
    A: RecordArgs<S, K>,
    F::Output: RecordOutput<M>,
{
    type Refs = Borrowed<A::Refs, R::Refs>;

    fn name(&self) -> &'static str {
        S::NAME
    }

    fn deployment(&self) -> Deployment<'_> {
        self.options.deployment()
    }

    fn guard(&self, margin: DeadlineMargin) -> DeadlineMargin {
        // For layers that do not let the answer through.
        margin.inner(DEFAULT_MARGIN)
    }

    async fn service<L: Layers<Invocation, Reply, <Self as Layered>::Between>>(
        &self,
        function: F,
        layers: &L,
        lent: Borrowed<Self::Refs, L::Refs>,
        margin: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        let refs = lent.function.function;
        // Decode → your function. What is decoded here, before the first poll, need not be kept across one.
        let record = service_fn(move |record: RawRecord| {
            let called = A::extract(&record, refs).map(|args| function.call(args));
            async move { called.map_err(lrt_core::Error::new)?.await.into_result() }
        });
        let record = self.layers.around(record, lent.function.layers);
        let options = self.options;
        let batch =
            service_fn(move |invocation| handle_records::<S, _>(record.clone(), A::check, invocation, options, margin));
        Ok(layers.around(batch, lent.layers))
    }
}

impl<S, F, A, K, M> Kind<F, A, FullBatch<K>, M> for Records<S, NoLayer>
where
    S: Source,
    F: AsyncFn<A>,
    A: BatchArgs<S, K>,
    F::Output: BatchOutput<M>,
{
    type Refs = Borrowed<A::Refs>;

    fn name(&self) -> &'static str {
        S::NAME
    }

    fn deployment(&self) -> Deployment<'_> {
        self.options.deployment()
    }

    fn guard(&self, margin: DeadlineMargin) -> DeadlineMargin {
        // For layers that do not let the answer through.
        margin.inner(DEFAULT_MARGIN)
    }

    async fn service<L: Layers<Invocation, Reply, <Self as Layered>::Between>>(
        &self,
        function: F,
        layers: &L,
        lent: Borrowed<Self::Refs, L::Refs>,
        margin: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        let refs = lent.function.function;
        let options = self.options;
        let batch = service_fn(move |invocation| {
            let function = function.clone();
            let call = move |whole: &BatchState| {
                let returned = function.call(A::extract(whole, refs));
                async move { returned.await.into_failures() }
            };
            handle_batch::<S, _, _>(call, A::check, invocation, options, margin)
        });
        Ok(layers.around(batch, lent.layers))
    }
}
