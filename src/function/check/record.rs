//! Checks of functions that handle records.

use super::{Impossible, Never, Pass, Type};
use crate::batch::dynamodb::Image;
use crate::batch::{Batch, BatchFailures, FromRecord, RawRecord, ViaBatch, ViaRecord};
use crate::function::args::ContextArg;
use crate::layer::LayerAround;
use lrt_core::{Context, SharedService};
use std::marker::PhantomData;
use std::ops::Deref;

/// A payload of a function that handles records of the source `S`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from a record: it does not implement `serde::Deserialize`",
    label = "not what a record is taken as",
    note = "add `#[derive(serde::Deserialize)]` to the type, and to the types of its fields",
    note = "a record with its envelope is a `Message<T>` for `sqs`, a `Change<T>` for `dynamodb`, a `Record<T>` for `kinesis`, an `lrt::kafka::Record<T>` for `kafka`",
    note = "all records at once are a `Batch` of these: `Batch<Message<T>>`",
    note = "if it is what `init` returns, borrow it: `&{Self}`"
)]
pub trait RecordPayload<S, P>: Sized {
    /// It is one.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl<T: FromRecord<S, M>, S, M> RecordPayload<S, Pass<ViaRecord<M>>> for T {
    fn check(_: &Type<Self>) -> Pass<ViaRecord<M>> {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromRecord<S, M>, S, M> RecordPayload<S, Pass<ViaBatch<M>>> for Batch<T> {
    fn check(_: &Type<Self>) -> Pass<ViaBatch<M>> {
        Pass::NEW
    }
}

/// A `Context` under another name.
#[diagnostic::do_not_recommend]
impl<S> RecordPayload<S, Pass<ContextArg>> for Context {
    fn check(_: &Type<Self>) -> Pass<ContextArg> {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<T: Impossible, S> RecordPayload<S, Never> for T {
    fn check(_: &Type<Self>) -> Never {
        Never
    }
}

/// A record of the source `S` with its envelope, whose payload is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a record of this function's source",
    label = "another type of that name",
    note = "a record is an `lrt::sqs::Message<T>` for `sqs`, an `lrt::dynamodb::Change<T>` for `dynamodb`, an `lrt::kinesis::Record<T>` for `kinesis`, an `lrt::kafka::Record<T>` for `kafka`",
    note = "`lrt::prelude` has all of them but Kafka's: its `Record` is that of Kinesis"
)]
pub trait RecordEnvelope<S, P>: Sized {
    /// It is one.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl<T: FromRecord<S, M>, S, M> RecordEnvelope<S, Pass<M>> for T {
    fn check(_: &Type<Self>) -> Pass<M> {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<T: Impossible, S> RecordEnvelope<S, Never> for T {
    fn check(_: &Type<Self>) -> Never {
        Never
    }
}

/// The image of an item in a `Change`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from an item: it does not implement `serde::Deserialize`",
    label = "not what an item is taken as",
    note = "add `#[derive(serde::Deserialize)]` to the type, and to the types of its fields",
    note = "for the keys alone, write `Change<Keys<{Self}>>`"
)]
pub trait ChangeImage<P>: Sized {
    /// It is one.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl<T: Image<M>, M> ChangeImage<Pass<M>> for T {
    fn check(_: &Type<Self>) -> Pass<M> {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<T: Impossible> ChangeImage<Never> for T {
    fn check(_: &Type<Self>) -> Never {
        Never
    }
}

/// What a function that handles records returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a function of records returns",
    label = "neither `()` nor `BatchFailures`",
    note = "a record is done when its function returns `Ok(())`: write `Result<(), E>`",
    note = "a function of a whole `Batch` names what failed: write `Result<BatchFailures, E>`"
)]
pub trait RecordReply<P>: Sized {
    /// It is one of the two.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl RecordReply<Pass> for () {
    fn check(_: &Type<()>) -> Pass {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl RecordReply<Pass<BatchFailures>> for BatchFailures {
    fn check(_: &Type<BatchFailures>) -> Pass<BatchFailures> {
        Pass::NEW
    }
}

/// What a function of records that takes an `A` is to answer: a whole `Batch` is the one that is told apart.
pub struct Answer<A>(AnswerOfOne, PhantomData<fn() -> A>);

/// The answer to one record.
pub struct AnswerOfOne;

impl<A> Answer<A> {
    /// That to this.
    pub fn to(_: &Type<A>) -> Self {
        Answer(AnswerOfOne, PhantomData)
    }
}

impl<R> Answer<Batch<R>> {
    /// What the function returns.
    pub fn with<T>(&self, _: &Type<T>) -> BatchAnswer<T> {
        BatchAnswer(PhantomData)
    }

    /// An option of functions of one record is not one of this.
    pub fn is_of_one<P>(&self) -> P
    where
        Batch<R>: OneByOne,
    {
        unreachable!("what is no option of a batch has failed to compile")
    }
}

impl AnswerOfOne {
    /// What the function returns.
    pub fn with<T>(&self, _: &Type<T>) -> RecordAnswer<T> {
        RecordAnswer(PhantomData)
    }

    /// It is one of this.
    pub fn is_of_one(&self) -> Pass {
        Pass::NEW
    }
}

impl<A> Deref for Answer<A> {
    type Target = AnswerOfOne;

    fn deref(&self) -> &AnswerOfOne {
        &self.0
    }
}

/// What a function of a whole batch returns.
pub struct BatchAnswer<T>(PhantomData<fn() -> T>);

impl<T> BatchAnswer<T> {
    /// It names what failed.
    pub fn fits<P>(&self) -> P
    where
        T: NamesFailures<P>,
    {
        T::check()
    }
}

/// What a function of one record returns.
pub struct RecordAnswer<T>(PhantomData<fn() -> T>);

impl<T> RecordAnswer<T> {
    /// There is nothing to name.
    pub fn fits<P>(&self) -> P
    where
        T: NamesNothing<P>,
    {
        T::check()
    }
}

/// The value that answers a whole batch.
#[diagnostic::on_unimplemented(
    message = "a function of a whole `Batch` returns `BatchFailures`, not `{Self}`",
    label = "does not say which records failed",
    note = "write `Result<BatchFailures, E>`: `Ok(BatchFailures::new())` where none failed",
    note = "or take one record at a time, without the `Batch<…>` around it: then `Result<(), E>` says whether it failed"
)]
pub trait NamesFailures<P> {
    /// It does.
    fn check() -> P;
}

#[diagnostic::do_not_recommend]
impl NamesFailures<Pass> for BatchFailures {
    fn check() -> Pass {
        Pass::NEW
    }
}

/// The value that answers one record.
#[diagnostic::on_unimplemented(
    message = "a function of one record returns `()`, not `{Self}`",
    label = "there is one record, so none is to be named",
    note = "write `Result<(), E>`: an `Err` is a record that failed",
    note = "or take all records at once, with a `Batch<…>` around what is taken"
)]
pub trait NamesNothing<P> {
    /// It does.
    fn check() -> P;
}

#[diagnostic::do_not_recommend]
impl NamesNothing<Pass> for () {
    fn check() -> Pass {
        Pass::NEW
    }
}

/// What is handled one by one, for the options that say how.
#[diagnostic::on_unimplemented(
    message = "this is an option of functions that take one record at a time",
    label = "a `Batch` is taken as a whole",
    note = "remove it, or take the record without the `Batch<…>` around it"
)]
pub trait OneByOne {}

/// A layer around one record.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no layer that fits around one record",
    label = "not a tower `Layer` here",
    note = "its service has to be a `Service<lrt::batch::RawRecord, Response = ()>`, with an error that is `Into<lrt::BoxError>`",
    note = "the layer, its service and that service's future are `Send` and `'static`, the layer is `Sync` as well"
)]
pub trait RecordLayer<P> {
    /// The layer itself.
    fn layer(self) -> P;
}

#[diagnostic::do_not_recommend]
impl<L: LayerAround<SharedService<RawRecord, ()>>> RecordLayer<L> for L {
    fn layer(self) -> L {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<L: Impossible> RecordLayer<Never> for L {
    fn layer(self) -> Never {
        Never
    }
}
