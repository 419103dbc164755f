//! Checks of a function's parts, each in a call that has the span of that part.
//!
//! The calls have the real traits as bounds, so the message is the trait's own. A check that fails leaves its return
//! type unknown. A method call on an unknown type is an error, but the compiler does not report it after another error.
//! [`Then::then`] is such a method: it returns the function that is passed to the builder, so the builder does not
//! report the mistake again. None of this code runs: the macro writes the checks inside `if false`.
//!
//! There are two ways to make the type unknown:
//!
//! - It is the marker of a trait such as `FromPayload<M>`. The trait needs a second impl that could match, since the
//!   compiler would infer the marker of a single impl: see `function::rejected`.
//! - For bounds without a marker, method resolution prefers a method whose bounds hold. Otherwise it finds, through
//!   `Deref`, a method that is generic over its return type and repeats the bound.

use crate::function::output::{ErrorReply, JsonReply};
use crate::function::payload::FromPayload;
use crate::function::signature::{Signature, Type, Unchecked};
#[cfg(feature = "http")]
use crate::http::{BuildService, HttpReply};
use lrt_core::__private::HasRef;
use lrt_core::Context;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;

/// Passes the builder's function on after a check.
pub trait Then {
    /// Returns `next`.
    fn then<T>(self, next: T) -> T;

    /// Returns the type of the result.
    fn ty(&self) -> Type<Self>
    where
        Self: Sized;
}

impl<Checked> Then for Checked {
    fn then<T>(self, next: T) -> T {
        next
    }

    fn ty(&self) -> Type<Checked> {
        Type::new()
    }
}

/// Returns its argument, so that the expression has the span of the call.
pub fn same<T>(expression: T) -> T {
    expression
}

impl<T: Send> Type<T> {
    /// Checks the state and by-value parameters.
    pub fn is_send(&self) {}
}

impl<T: Sync> Type<T> {
    /// Checks the state.
    pub fn is_sync(&self) {}
}

impl<T: JsonReply> Type<T> {
    /// Checks the value of a JSON function.
    pub fn is_json_reply(&self) {}
}

impl<T: ErrorReply> Type<T> {
    /// Checks the error of a function that is not an HTTP function, or of `init`.
    pub fn is_error(&self) {}
}

impl<T> Unchecked<T> {
    /// Reports a type that is not `Send`.
    pub fn is_send<Unknown>(&self) -> Unknown
    where
        T: Send,
    {
        only_type_checked()
    }

    /// Reports a type that is not `Sync`.
    pub fn is_sync<Unknown>(&self) -> Unknown
    where
        T: Sync,
    {
        only_type_checked()
    }

    /// Reports a value that is not `Serialize`.
    pub fn is_json_reply<Unknown>(&self) -> Unknown
    where
        T: JsonReply,
    {
        only_type_checked()
    }

    /// Reports an error type that cannot be the error.
    pub fn is_error<Unknown>(&self) -> Unknown
    where
        T: ErrorReply,
    {
        only_type_checked()
    }
}

#[cfg(feature = "http")]
impl<T: HttpReply> Type<T> {
    /// Checks the value of an HTTP function.
    pub fn is_http_reply(&self) {}
}

#[cfg(feature = "http")]
impl<T: BuildService> Type<T> {
    /// Checks the value of a function with the option `service`.
    pub fn is_service(&self) {}
}

#[cfg(feature = "http")]
impl<T> Unchecked<T> {
    /// Reports a value that is not a response.
    pub fn is_http_reply<Unknown>(&self) -> Unknown
    where
        T: HttpReply,
    {
        only_type_checked()
    }

    /// Reports a value that is not a service.
    pub fn is_service<Unknown>(&self) -> Unknown
    where
        T: BuildService,
    {
        only_type_checked()
    }
}

/// Returns the types of the value and the error of an adapted function.
pub fn output<F, A, T, E>(_: &F) -> (Type<T>, Type<E>)
where
    F: Signature<A, Future: Future<Output = Result<T, E>>>,
{
    (Type::new(), Type::new())
}

/// Returns the value that `shutdown` borrows.
pub fn shutdown<F: Fn(&'static T) -> Fut, T: 'static, Fut>(_: &F) -> T {
    only_type_checked()
}

impl<S> Type<S> {
    /// Looks for the `T` that is borrowed from this state.
    ///
    /// The place is a literal, whose type is inferred if there is exactly one impl of [`HasRef`]. If there are several,
    /// it falls back to `i32`, which is not a place, so the compiler shows the message of [`HasRef`] instead of "type
    /// annotations needed".
    pub fn member<T, Place>(&self, _: &Type<T>, _: Place) -> Member<S, T, Place> {
        Member(LongTuple(NoMember(PhantomData)), PhantomData)
    }
}

/// A `T` that is borrowed from an `S`.
pub struct Member<S, T, Place>(LongTuple<S, T>, PhantomData<fn() -> Place>);

/// Receiver of the method that is called if `S` is a tuple of too many members.
pub struct LongTuple<S, T>(NoMember<S, T>);

/// Receiver of the method that is called if the member does not exist.
pub struct NoMember<S, T>(PhantomData<fn() -> (S, T)>);

impl<S: HasRef<T, Place>, T, Place> Member<S, T, Place> {
    /// Checks that the member exists.
    pub fn is_borrowed(&self) {}
}

impl<S, T> NoMember<S, T> {
    /// Reports the missing member.
    pub fn is_borrowed<Unknown>(&self) -> Unknown
    where
        S: HasRef<T, Unknown>,
    {
        only_type_checked()
    }
}

/// A tuple whose members can be borrowed. No [`TooLong`] tuple is one.
#[diagnostic::on_unimplemented(
    message = "`init` returns a tuple of more than six members",
    label = "cannot be borrowed from a tuple of this length",
    note = "combine members in a struct, and borrow the struct: `&Clients`"
)]
pub trait ShortTuple {}

/// A tuple whose members cannot be borrowed.
pub trait TooLong {}

macro_rules! long_tuples {
    ($([$($M:ident)*])*) => {$(
        impl<$($M),*> TooLong for ($($M,)*) {}
    )*};
}

long_tuples! {
    [A B C D E F G]
    [A B C D E F G H]
    [A B C D E F G H I]
    [A B C D E F G H I J]
    [A B C D E F G H I J K]
    [A B C D E F G H I J K L]
}

impl<S: TooLong, T> LongTuple<S, T> {
    /// Reports the number of members.
    pub fn is_borrowed<Unknown>(&self) -> Unknown
    where
        S: ShortTuple,
    {
        only_type_checked()
    }
}

impl<S, T, Place> Deref for Member<S, T, Place> {
    type Target = LongTuple<S, T>;

    fn deref(&self) -> &LongTuple<S, T> {
        &self.0
    }
}

impl<S, T> Deref for LongTuple<S, T> {
    type Target = NoMember<S, T>;

    fn deref(&self) -> &NoMember<S, T> {
        &self.0
    }
}

/// Checks the payload of a JSON function.
pub fn payload<T: FromPayload<M>, M>(_: &Type<T>) -> M {
    only_type_checked()
}

/// Checks a parameter that is written as `Context`.
pub fn context<T: ThisContext<M>, M>(_: &Type<T>) -> M {
    only_type_checked()
}

/// The context of an invocation. `M` is unknown for other types.
#[diagnostic::on_unimplemented(
    message = "this `Context` is not the context of an invocation",
    label = "another type of that name",
    note = "write `lrt::Context`"
)]
pub trait ThisContext<M> {}

#[diagnostic::do_not_recommend]
impl ThisContext<()> for Context {}

/// A parameter that is not written as one of lrt's types. It may still be one, through an alias.
pub trait EventPayload<T> {
    /// Returns the type that is decoded from the event of a JSON function.
    fn event(&self) -> Type<T>;

    /// Returns the type that is decoded from a record of a batch function.
    fn record_payload(&self) -> Type<T>;
}

impl<T> EventPayload<T> for Type<T> {
    fn event(&self) -> Type<T> {
        Type::new()
    }

    fn record_payload(&self) -> Type<T> {
        Type::new()
    }
}

impl Type<Context> {
    /// Returns a type that counts as a payload.
    pub fn event(&self) -> Type<()> {
        Type::new()
    }

    /// Returns a type that counts as a payload.
    pub fn record_payload(&self) -> Type<()> {
        Type::new()
    }

    /// Returns a type that counts as a payload.
    pub fn without_context(&self) -> Type<()> {
        Type::new()
    }
}

/// A parameter that is written as `Context`. It is the payload if it is another type with that name.
pub trait WithoutContext<T> {
    /// Returns the type.
    fn without_context(&self) -> Type<T>;
}

impl<T> WithoutContext<T> for Type<T> {
    fn without_context(&self) -> Type<T> {
        Type::new()
    }
}

fn only_type_checked() -> ! {
    unreachable!("checks do not run")
}

#[cfg(feature = "batch")]
mod batch {
    use super::{Type, only_type_checked};
    use crate::batch::dynamodb::Image;
    use crate::batch::transform::{TransformReply, Transformed, Transforming};
    use crate::batch::{Batch, FromRecord, FullBatch, Mode, OneRecord, RecordReply, Window, WindowState};
    use crate::function::rejected::{NoImpl, Rejected};
    use crate::function::signature::Unchecked;
    use crate::payload::Decode;
    use crate::{dynamodb, firehose, kafka, kinesis, s3, sqs};
    use serde::de::DeserializeOwned;

    /// A parameter of a function without a kind.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` can only be used in a batch function: this function has no kind",
        label = "not decoded from an entire event",
        note = "write `#[lambda(sqs)]` for a `Message<T>`, `#[lambda(dynamodb)]` for a `Change<T>`, `#[lambda(kinesis)]` or \
                `#[lambda(kafka)]` for a `Record<T>`, any of these for a `Batch`; `#[lambda(s3)]` for an `S3Object`"
    )]
    pub trait EntireEvent {}

    macro_rules! records {
        ($($record:ty),*) => {$(
            impl<T> Type<$record> {
                /// Reports that the function has no kind.
                pub fn event<Unknown>(&self) -> Unknown
                where
                    $record: EntireEvent,
                {
                    only_type_checked()
                }
            }
        )*};
    }

    records!(Batch<T>, sqs::Message<T>, dynamodb::Change<T>, kinesis::Record<T>, kafka::Record<T>, firehose::Record<T>);

    impl Type<s3::S3Object> {
        /// Reports that the function has no kind.
        pub fn event<Unknown>(&self) -> Unknown
        where
            // Without the lifetime, the compiler would report the bound here.
            for<'a> s3::S3Object: EntireEvent,
        {
            only_type_checked()
        }
    }

    impl<S> Type<Window<S>> {
        /// Returns the type of the window's state.
        pub fn window_state(&self) -> Type<S> {
            Type::new()
        }
    }

    impl<S: WindowState> Type<S> {
        /// Checks the state of a window.
        pub fn is_window_state(&self) {}
    }

    impl<S> Unchecked<S> {
        /// Reports a type that cannot be the state of a window.
        pub fn is_window_state<Unknown>(&self) -> Unknown
        where
            S: WindowState,
        {
            only_type_checked()
        }
    }

    /// A payload that can be decoded in one way only.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` implements both `serde::Deserialize` and `lrt::payload::Decode`",
        label = "can be decoded in two ways",
        note = "take a `lrt::payload::Deserialized<{Self}>` for JSON, or a `lrt::payload::Decoded<{Self}>` for the type's own \
                `decode`"
    )]
    pub trait OneDecoding {}

    impl<T: Decode + DeserializeOwned> Type<T> {
        /// Reports a type that can be decoded in two ways.
        pub fn with_one_decoding<Unknown>(&self) -> Unknown
        where
            T: OneDecoding,
        {
            only_type_checked()
        }
    }

    impl<T> Unchecked<T> {
        /// Returns the type.
        pub fn with_one_decoding(&self) -> Type<T> {
            Type::new()
        }
    }

    /// Checks a type that is decoded from a record of the source `S`: a parameter, or the `T` of a `Message<T>` or a `Batch<T>`.
    pub fn record<S, T: FromRecord<S, M>, M>(_: Type<S>, _: &Type<T>) -> M {
        only_type_checked()
    }

    /// Checks the `T` of a `Change<T>`.
    pub fn image<T: Image<M>, M>(_: &Type<T>) -> M {
        only_type_checked()
    }

    /// Checks a parameter that is written as the record of its source, whose payload has already been checked.
    pub fn record_of<S, T: RecordOf<S, M>, M>(_: Type<S>, _: &Type<T>) -> M {
        only_type_checked()
    }

    /// A record of the source `S`.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not a record of this function's source",
        label = "another type of that name",
        note = "a record is an `lrt::sqs::Message<T>` for `sqs`, an `lrt::dynamodb::Change<T>` for `dynamodb`, an \
                `lrt::kinesis::Record<T>` for `kinesis`, an `lrt::kafka::Record<T>` for `kafka`, an `lrt::firehose::Record<T>` for \
            `firehose`, an `lrt::s3::S3Object` for `s3`",
        note = "`lrt::prelude` contains the first three: its `Record` is Kinesis's"
    )]
    pub trait RecordOf<S, M> {}

    #[diagnostic::do_not_recommend]
    impl<T: FromRecord<S, M>, S, M> RecordOf<S, (M,)> for T {}

    #[diagnostic::do_not_recommend]
    impl<T: NoImpl, S> RecordOf<S, Rejected> for T {}

    /// A parameter of a batch function that is decoded from one record.
    pub trait TakesOne {
        /// Returns how the function handles records.
        fn mode(&self) -> OneRecord {
            OneRecord
        }
    }

    impl<T> TakesOne for Type<T> {}

    impl<T> Type<Batch<T>> {
        /// Returns the type that is decoded from each record.
        pub fn record_payload(&self) -> Type<T> {
            Type::new()
        }

        /// Returns how the function handles records.
        pub fn mode(&self) -> FullBatch {
            FullBatch
        }
    }

    /// Returns the value of a batch function, in the form that its mode requires.
    pub fn record_reply<M: Mode, T: RecordReply<M>>(_: M, value: T) -> M::Reply {
        value.into_reply()
    }

    /// Returns the value of a Firehose function, encoded.
    pub fn transform_reply<M: 'static, T: TransformReply<M>>(_: Transforming<M>, value: T) -> Transformed {
        value.encode()
    }

    /// Checks an option of functions that handle one record at a time.
    pub fn single_record_option<M: SingleRecord>(_: M) {
        only_type_checked()
    }

    /// Modes that support options for single records.
    #[diagnostic::on_unimplemented(
        message = "this option is only for functions that take one record at a time",
        label = "this function takes a `Batch`",
        note = "remove the option, or take the record without the `Batch<…>` around it"
    )]
    pub trait SingleRecord {}

    impl SingleRecord for OneRecord {}

    #[diagnostic::do_not_recommend]
    impl<M> SingleRecord for Transforming<M> {}
}

#[cfg(feature = "batch")]
pub use batch::{
    EntireEvent, OneDecoding, RecordOf, SingleRecord, TakesOne, image, record, record_of, record_reply,
    single_record_option, transform_reply,
};

#[cfg(feature = "http")]
mod http {
    use super::{Type, only_type_checked};
    use crate::http::{HttpParameter, Json, Path, Query, ViaParts};

    /// An extractor of an HTTP function that is not one of lrt's wrappers around a decoded type.
    pub trait Decoded {
        /// Returns the type that is decoded.
        fn decoded(&self) -> Type<()> {
            Type::new()
        }
    }

    impl<T> Decoded for Type<T> {}

    macro_rules! wrappers {
        ($($Wrapper:ident)*) => {$(
            impl<T> Type<$Wrapper<T>> {
                /// Returns the type that is decoded.
                pub fn decoded(&self) -> Type<T> {
                    Type::new()
                }
            }
        )*};
    }

    wrappers!(Json Path Query);

    /// A value of an HTTP function that is not a [`Json`].
    pub trait Encoded {
        /// Returns the type that is encoded as JSON.
        fn encoded(&self) -> Type<()> {
            Type::new()
        }
    }

    impl<T> Encoded for Type<T> {}

    impl<T> Type<Json<T>> {
        /// Returns the type that is encoded as JSON.
        pub fn encoded(&self) -> Type<T> {
            Type::new()
        }
    }

    /// Checks the last extractor of an HTTP function.
    pub fn extractor<T: HttpParameter<M>, M>(_: &Type<T>) -> M {
        only_type_checked()
    }

    /// Checks an extractor that is followed by others.
    pub fn extractor_of_parts<T: HttpParameter<M>, M: LeavesBody<T>>(_: &Type<T>) -> M {
        only_type_checked()
    }

    /// Markers of an extractor `T` that other extractors may follow.
    #[diagnostic::on_unimplemented(
        message = "`{T}` takes the body of the request: it must be the last extractor",
        label = "another extractor follows",
        note = "only one extractor can take the body; `&T`s may follow it"
    )]
    pub trait LeavesBody<T> {}

    impl<T> LeavesBody<T> for ViaParts {}
}

#[cfg(feature = "http")]
pub use http::{Decoded, Encoded, LeavesBody, extractor, extractor_of_parts};

#[cfg(feature = "http")]
mod authorizers {
    use super::{Type, Unchecked, only_type_checked};
    use crate::authorizer::{AuthorizedUser, AuthorizerFunction, AuthorizerParameter, Authorizes, Caller};
    use lrt_http::rejection::AuthorizerRejection;

    impl<T: AuthorizerParameter> Type<T> {
        /// Checks a parameter of an authorizer.
        pub fn is_auth_request(&self) {}
    }

    /// Checks the result of an authorizer. The user is unknown if the function does not return an `Allow`.
    pub fn authorized<F: Authorizes<User>, User>() -> User {
        only_type_checked()
    }

    /// Returns the type of the user of an authorizer.
    pub fn authorized_user<F: Authorizes<User>, User>() -> Type<User> {
        Type::new()
    }

    impl<T: AuthorizedUser> Type<T> {
        /// Checks the user of an authorizer.
        pub fn is_authorized_user(&self) {}
    }

    impl<T> Unchecked<T> {
        /// Reports a parameter that is not the request.
        pub fn is_auth_request<Unknown>(&self) -> Unknown
        where
            T: AuthorizerParameter,
        {
            only_type_checked()
        }

        /// Reports a user that is not `Serialize`.
        pub fn is_authorized_user<Unknown>(&self) -> Unknown
        where
            T: AuthorizedUser,
        {
            only_type_checked()
        }
    }

    /// Checks the option `authorizer` of an HTTP function.
    pub fn authorizer_of<F: AuthorizerFunction>() -> Type<F> {
        Type::new()
    }

    /// A parameter of an HTTP function that is not a [`Caller`].
    pub trait NotACaller {
        /// Accepts every authorizer.
        fn is_authorized_by<F>(&self, _: Type<F>) {}
    }

    impl<T> NotACaller for Type<T> {}

    // Not a macro, which messages would mention.

    impl<User> Type<Caller<User>> {
        /// Checks that the authorizer returns an `Allow<User>`.
        pub fn is_authorized_by<F: Authorizes<User>>(&self, _: Type<F>) {}
    }

    impl<User> Type<Option<Caller<User>>> {
        /// Checks that the authorizer returns an `Allow<User>`.
        pub fn is_authorized_by<F: Authorizes<User>>(&self, _: Type<F>) {}
    }

    impl<User> Type<Result<Caller<User>, AuthorizerRejection>> {
        /// Checks that the authorizer returns an `Allow<User>`.
        pub fn is_authorized_by<F: Authorizes<User>>(&self, _: Type<F>) {}
    }
}

#[cfg(feature = "http")]
pub use authorizers::{NotACaller, authorized, authorized_user, authorizer_of};

#[cfg(feature = "streaming")]
mod streaming {
    use super::{Type, only_type_checked};
    use crate::stream::StreamReply;

    /// Checks the value of a JSON function that streams.
    pub fn stream<T: StreamReply<C>, C>(_: &Type<T>) -> C {
        only_type_checked()
    }
}

#[cfg(feature = "streaming")]
pub use streaming::stream;
