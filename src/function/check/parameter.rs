//! Checks of by-value parameters, and of options' values.

use super::{Impossible, Never, Pass, Type};
#[cfg(feature = "batch")]
use crate::batch::{Batch, Payload, ViaEnvelope, dynamodb, kafka, kinesis, sqs};
use crate::function::args::{ContextArg, PayloadArg};
#[cfg(feature = "batch")]
use crate::payload::{EventBridge, Sns};
use lrt_core::{Context, DeadlineMargin};
use serde::de::DeserializeOwned;
#[cfg(feature = "batch")]
use std::marker::PhantomData;
use std::time::Duration;

/// A payload of a JSON function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the payload: it does not implement `serde::Deserialize`",
    label = "cannot be decoded from JSON",
    note = "add `#[derive(serde::Deserialize)]` to the type, and to the types of its fields",
    note = "if it is what `init` returns, borrow it: `&{Self}`"
)]
pub trait JsonPayload<P>: Sized {
    /// It is one.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> JsonPayload<Pass<PayloadArg>> for T {
    fn check(_: &Type<Self>) -> Pass<PayloadArg> {
        Pass::NEW
    }
}

/// An SNS notification.
#[cfg(feature = "batch")]
#[diagnostic::do_not_recommend]
impl<T: Payload<M>, M> JsonPayload<Pass<ViaEnvelope<M>>> for Sns<T> {
    fn check(_: &Type<Self>) -> Pass<ViaEnvelope<M>> {
        Pass::NEW
    }
}

/// An EventBridge event.
#[cfg(feature = "batch")]
#[diagnostic::do_not_recommend]
impl<T: Payload<M>, M> JsonPayload<Pass<ViaEnvelope<M>>> for EventBridge<T> {
    fn check(_: &Type<Self>) -> Pass<ViaEnvelope<M>> {
        Pass::NEW
    }
}

/// What a function of records takes, in one that lacks its kind.
#[cfg(feature = "batch")]
pub struct OfRecords<T>(PhantomData<fn() -> T>);

#[cfg(feature = "batch")]
impl<T> OfRecords<T> {
    /// It is of none.
    pub fn of_json<P>(self) -> P
    where
        T: JsonEvent,
    {
        unreachable!("what is a record has failed to compile")
    }
}

/// What a whole event is taken as.
#[cfg(feature = "batch")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is of a batch of records: the function has no kind",
    label = "not taken from a whole event of JSON",
    note = "write `#[lambda(sqs)]` for a `Message<T>`, `#[lambda(dynamodb)]` for a `Change<T>`, `#[lambda(kinesis)]` or `#[lambda(kafka)]` for a `Record<T>`, any of these for a `Batch`"
)]
pub trait JsonEvent {}

#[cfg(feature = "batch")]
macro_rules! of_records {
    ($($taken:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T> JsonPayload<OfRecords<Self>> for $taken {
            fn check(_: &Type<Self>) -> OfRecords<Self> {
                OfRecords(PhantomData)
            }
        }
    )*};
}

#[cfg(feature = "batch")]
of_records!(Batch<T>, sqs::Message<T>, dynamodb::Change<T>, kinesis::Record<T>, kafka::Record<T>);

/// A `Context` under another name.
#[diagnostic::do_not_recommend]
impl JsonPayload<Pass<ContextArg>> for Context {
    fn check(_: &Type<Self>) -> Pass<ContextArg> {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<T: Impossible> JsonPayload<Never> for T {
    fn check(_: &Type<Self>) -> Never {
        Never
    }
}

/// A parameter whose type is called `Context`, beside a payload.
#[diagnostic::on_unimplemented(
    message = "this `Context` is not the context of an invocation",
    label = "another type of that name",
    note = "write `lrt::Context`"
)]
pub trait ThisContext<P>: Sized {
    /// It is the context of an invocation.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl ThisContext<Pass> for Context {
    fn check(_: &Type<Self>) -> Pass {
        Pass::NEW
    }
}

/// What `deadline_margin` takes.
#[diagnostic::on_unimplemented(
    message = "`deadline_margin` takes a `Duration` or `off`, not a `{Self}`",
    label = "a `{Self}`",
    note = "write `deadline_margin = std::time::Duration::from_millis(500)`"
)]
pub trait IntoDeadlineMargin {
    /// It as the builder takes it.
    fn margin(self) -> DeadlineMargin;
}

#[diagnostic::do_not_recommend]
impl IntoDeadlineMargin for Duration {
    fn margin(self) -> DeadlineMargin {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl IntoDeadlineMargin for DeadlineMargin {
    fn margin(self) -> DeadlineMargin {
        self
    }
}
