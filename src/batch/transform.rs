//! Functions that transform records: each record has a result.

use super::args::{CallInput, FromRecord, RecordReply};
use super::event::RawRecord;
use super::firehose::Firehose;
use super::handle::Requirements;
use super::kind::{Form, Mode, Records, Source};
use super::payload::{DecodeError, Raw, Text, ViaBytes, ViaJson};
use super::results::TransformedRecord;
use crate::function::parameters::{Extract, Use, ViaContext};
use crate::layer::Layers;
use bytes::Bytes;
use lrt_core::{BoxError, Context, DeadlineMargin, ErrorReport, FunctionService, SharedService};
use serde::Serialize;
use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::marker::PhantomData;

/// The result of a function that transforms a record of Firehose. An error is the third result: the record has failed.
///
/// The data `T` is any `Serialize`, which becomes JSON, or [`Text`] or [`Raw`], which are delivered unchanged. Firehose joins
/// records without a delimiter: for lines, enable its processor `AppendDelimiterToRecord`, or return a [`Text`] with a line break.
///
/// ```
/// use lrt::firehose::Transform;
/// use lrt::testing::events;
/// use serde_json::Value;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Reading { sensor: String, celsius: f64 }
///
/// async fn clean(reading: Reading) -> Result<Transform<Reading>, lrt::Error> {
///     if reading.celsius < -273.15 {
///         return Ok(Transform::Dropped);
///     }
///     let sensor = reading.sensor.clone();
///     Ok(Transform::Ok(reading).partition_key("sensor", sensor))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let event = events::firehose().text(r#"{"sensor": "hall", "celsius": 21.5}"#).text("not json");
/// let reply: Value = lrt::firehose(clean).harness().invoke(event).await.reply();
/// assert_eq!(reply["records"][0]["result"], "Ok");
/// assert_eq!(reply["records"][0]["metadata"]["partitionKeys"]["sensor"], "hall");
/// assert_eq!(reply["records"][1]["result"], "ProcessingFailed");
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "Firehose keeps the record unless the function returns its result"]
pub enum Transform<T> {
    /// Firehose delivers this data in place of the record's.
    Ok(T),
    /// Firehose delivers this data, at a location that depends on the keys
    /// ([dynamic partitioning](https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html)).
    Partitioned(T, BTreeMap<String, String>),
    /// Firehose does not deliver the record, which counts as processed.
    Dropped,
}

impl<T> Transform<T> {
    /// Adds a partition key, which the prefix of the destination refers to as `!{partitionKeyFromLambda:name}`. A dropped
    /// record remains dropped.
    pub fn partition_key(self, name: impl Into<String>, value: impl ToString) -> Transform<T> {
        let (data, mut keys) = match self {
            Transform::Ok(data) => (data, BTreeMap::new()),
            Transform::Partitioned(data, keys) => (data, keys),
            Transform::Dropped => return Transform::Dropped,
        };
        keys.insert(name.into(), value.to_string());
        Transform::Partitioned(data, keys)
    }
}

/// Data of a transformed record. `M` is an inferred marker.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the data of a record: it does not implement `serde::Serialize`",
    label = "cannot be written as JSON",
    note = "add `#[derive(serde::Serialize)]` to the type, and to the types of its fields; data that is not JSON is an \
            `lrt::payload::Text` or `lrt::payload::Raw`"
)]
pub trait RecordData<M> {
    /// Returns the bytes.
    ///
    /// # Errors
    ///
    /// Returns the error of the type's `Serialize`.
    fn into_data(self) -> Result<Bytes, BoxError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> RecordData<ViaJson> for T {
    fn into_data(self) -> Result<Bytes, BoxError> {
        Ok(serde_json::to_vec(&self)?.into())
    }
}

#[diagnostic::do_not_recommend]
impl RecordData<ViaBytes> for Text {
    fn into_data(self) -> Result<Bytes, BoxError> {
        Ok(self.0.into())
    }
}

#[diagnostic::do_not_recommend]
impl RecordData<ViaBytes> for Raw {
    fn into_data(self) -> Result<Bytes, BoxError> {
        Ok(self.0)
    }
}

/// Mode of a function that transforms one record at a time. `M` is the marker of its data.
#[derive(Debug)]
pub struct Transforming<M>(PhantomData<fn() -> M>);

impl<M> Clone for Transforming<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Transforming<M> {}

impl<M> Transforming<M> {
    /// Returns the mode.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Transforming(PhantomData)
    }
}

/// A transformed record, or the error of encoding its data.
pub type Transformed = Result<TransformedRecord, BoxError>;

/// The value that a function of the kind `firehose` returns in its `Ok`. `M` is the marker of its data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from a Firehose function",
    label = "expected a `Transform`",
    note = "the function returns the result of its record: write `Result<Transform<T>, E>`, with `Transform` from `lrt::firehose`"
)]
pub trait TransformReply<M> {
    /// Encodes the value.
    fn encode(self) -> Transformed;
}

impl<T: RecordData<M>, M> TransformReply<M> for Transform<T> {
    fn encode(self) -> Transformed {
        let (result, data, partition_keys) = match self {
            Transform::Ok(data) => ("Ok", data.into_data()?, BTreeMap::new()),
            Transform::Partitioned(data, keys) => ("Ok", data.into_data()?, keys),
            Transform::Dropped => ("Dropped", Bytes::new(), BTreeMap::new()),
        };
        Ok(TransformedRecord { result, data, partition_keys })
    }
}

#[diagnostic::do_not_recommend]
impl<T: RecordData<M>, M: 'static> RecordReply<Transforming<M>> for Transform<T> {
    fn into_reply(self) -> Transformed {
        self.encode()
    }
}

/// The attribute has encoded the value.
#[diagnostic::do_not_recommend]
impl RecordReply<Transforming<()>> for Transformed {
    fn into_reply(self) -> Transformed {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromRecord<Firehose, K>, K, M: 'static> Extract<CallInput<Firehose, Transforming<M>>, (K,)> for T {
    type Ref = ();
    const USE: Use = Use::Whole;

    fn extract(
        input: &mut CallInput<Firehose, Transforming<M>>,
        (): (),
    ) -> impl Future<Output = Result<T, DecodeError>> + Send {
        let record = input.get();
        ready(T::from_record(record).map_err(|error| error.with_record(record)))
    }

    fn check_sample(first: &RawRecord) -> Result<(), ErrorReport> {
        T::check(first)
    }
}

#[diagnostic::do_not_recommend]
impl<M: 'static> Extract<CallInput<Firehose, Transforming<M>>, ViaContext> for Context {
    type Ref = ();

    fn extract(
        input: &mut CallInput<Firehose, Transforming<M>>,
        (): (),
    ) -> impl Future<Output = Result<Context, DecodeError>> + Send {
        ready(Ok(input.get().context().clone()))
    }
}

impl<M: 'static> Mode for Transforming<M> {
    type Input = RawRecord;
    type Rejection = DecodeError;
    const TAKES_BATCH: bool = false;
    type Reply = Transformed;

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
        Fut: Future<Output = Result<Transformed, BoxError>> + Send + 'static,
    {
        const { assert!(matches!(S::FORM, Form::Transformed), "only a Firehose function returns a `Transform`") };
        let transform = move |record: RawRecord| {
            let transformed = call(CallInput::new(record.clone()));
            async move {
                let transformed = transformed.await??;
                // A layer may have replaced the payload, which makes the record one of another event.
                let delivered = record.delivered();
                delivered.event.results.set(delivered.index, transformed);
                Ok(())
            }
        };
        records.one_at_a_time(transform, requirements, refs, margin)
    }
}
