//! Checks of HTTP functions.
//!
//! Where a type is one of lrt's own wrappers (`Json<T>`), what is missing is told of the `T`. A trait cannot tell the two
//! apart, so methods do: each type on the way of `Deref` has one of the same name, the last of which has the bound that
//! fails. Each has one `impl` with that name: of a type that does not exist, two would be ambiguous.

use super::{Impossible, JsonReply, Never, Pass, Type};
use crate::http::{BuildService, HttpService, Json, Path, Query};
use crate::layer::LayerAround;
use axum_core::extract::{FromRequest, FromRequestParts};
use axum_core::response::IntoResponse;
use lrt_core::BoxError;
use lrt_http::function::{BodyArg, PartsArg};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::ops::Deref;

/// The type of a parameter that is taken by value.
pub struct Extractor<T>(KnownExtractor<T>);

/// One whose `T` may be what is wrong with it.
pub struct KnownExtractor<T>(AnyExtractor<T>);

/// Any other.
pub struct AnyExtractor<T>(PhantomData<fn() -> T>);

/// A `T` that extracts by the trait that `K` stands for.
pub struct Extracts<T, K>(PhantomData<fn() -> (T, K)>);

impl<T> Extractor<T> {
    /// It.
    pub fn of(_: &Type<T>) -> Self {
        Extractor(KnownExtractor(AnyExtractor(PhantomData)))
    }
}

impl<T, K> Extracts<T, K> {
    const NEW: Self = Extracts(PhantomData);

    /// What comes after this check.
    pub fn then<N>(self, next: N) -> N {
        next
    }
}

/// One of lrt's own extractors, around what is decoded.
pub trait Wrapper {
    /// What is decoded.
    type Inside;
    /// How it extracts.
    type Arg;
}

impl<T> Wrapper for Json<T> {
    type Inside = T;
    type Arg = BodyArg;
}

impl<T> Wrapper for Path<T> {
    type Inside = T;
    type Arg = PartsArg;
}

impl<T> Wrapper for Query<T> {
    type Inside = T;
    type Arg = PartsArg;
}

impl<T: Wrapper<Inside: DeserializeOwned + Send + 'static>> Extractor<T> {
    /// How it extracts.
    pub fn kind(&self) -> Extracts<T, T::Arg> {
        Extracts::NEW
    }
}

impl<T: Wrapper> KnownExtractor<T> {
    /// It does not, since what is in it cannot be decoded.
    pub fn kind<P>(&self) -> P
    where
        T::Inside: Extracted,
    {
        unreachable!("what cannot be decoded has failed to compile")
    }
}

impl<T> AnyExtractor<T> {
    /// How it extracts, if it does.
    pub fn kind<P>(&self) -> P
    where
        T: HttpParameter<P>,
    {
        T::kind()
    }
}

/// What stands in a `Json`, a `Path` or a `Query`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extracted: it does not implement `serde::Deserialize`",
    label = "cannot be decoded from the request",
    note = "add `#[derive(serde::Deserialize)]` to the type, and to the types of its fields"
)]
pub trait Extracted {}

/// A parameter of an HTTP function that is taken by value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of an HTTP function: it is no extractor",
    label = "implements neither `FromRequestParts<()>` nor `FromRequest<()>`",
    note = "a JSON body is a `Json<T>`, the query a `Query<T>`, what stands in the path a `Path<T>`",
    note = "if it is what `init` returns, borrow it: `&{Self}`"
)]
pub trait HttpParameter<P>: Sized {
    /// How it extracts.
    fn kind() -> P;
}

#[diagnostic::do_not_recommend]
impl<T: FromRequestParts<()>> HttpParameter<Extracts<T, PartsArg>> for T {
    fn kind() -> Extracts<T, PartsArg> {
        Extracts::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromRequest<()>> HttpParameter<Extracts<T, BodyArg>> for T {
    fn kind() -> Extracts<T, BodyArg> {
        Extracts::NEW
    }
}

/// An extractor that another one follows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes the body of the request: it must be the last extractor",
    label = "another one follows",
    note = "there is one body, so one extractor takes it; `&T`s may stand anywhere"
)]
pub trait BeforeTheBody<K, P>: Sized {
    /// It leaves the body.
    fn check(_: Extracts<Self, K>) -> P;
}

#[diagnostic::do_not_recommend]
impl<T> BeforeTheBody<PartsArg, Pass> for T {
    fn check(_: Extracts<T, PartsArg>) -> Pass {
        Pass::NEW
    }
}

/// The type of what becomes the response.
pub struct Responds<T>(KnownResponse<T>);

/// One whose `T` may be what is wrong with it.
pub struct KnownResponse<T>(AnyResponse<T>);

/// Any other.
pub struct AnyResponse<T>(NoResponse<T>);

/// What is no response.
pub struct NoResponse<T>(PhantomData<fn() -> T>);

impl<T> Responds<T> {
    /// It.
    pub fn of(_: &Type<T>) -> Self {
        Responds(KnownResponse(AnyResponse(NoResponse(PhantomData))))
    }
}

impl<T: Serialize> Responds<Json<T>> {
    /// It is a response.
    pub fn as_value(&self) -> Pass {
        Pass::NEW
    }
}

impl<T> KnownResponse<Json<T>> {
    /// It is none, since its `T` cannot be encoded.
    pub fn as_value<P>(&self) -> P
    where
        T: JsonReply<P>,
    {
        T::check(&Type::new())
    }
}

impl<T> AnyResponse<T> {
    /// It may be one.
    pub fn as_value<P>(&self) -> P
    where
        T: HttpReply<P>,
    {
        T::check(&Type::new())
    }
}

impl Responds<String> {
    /// It is told as an error without a type.
    pub fn as_error(&self) -> Pass {
        Pass::NEW
    }
}

impl<E: IntoResponse> KnownResponse<E> {
    /// The error is answered as it says itself.
    pub fn as_error(&self) -> Pass {
        Pass::NEW
    }
}

impl<E: Into<BoxError>> AnyResponse<E> {
    /// The error is answered with status 500, and logged.
    pub fn as_error(&self) -> Pass {
        Pass::NEW
    }
}

impl<E> NoResponse<E> {
    /// It is neither, unless it is axum's.
    pub fn as_error<P>(&self) -> P
    where
        E: HttpFailure<P>,
    {
        E::check()
    }
}

/// What becomes the response.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the response: it does not implement `IntoResponse`",
    label = "is no response",
    note = "a value becomes JSON in a `Json`: return `Json<{Self}>`",
    note = "a `Router`, or another service, needs the option `service`: `#[lambda(http, service)]`"
)]
pub trait HttpReply<P>: Sized {
    /// It does.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse> HttpReply<Pass> for T {
    fn check(_: &Type<T>) -> Pass {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<T: Impossible> HttpReply<Never> for T {
    fn check(_: &Type<T>) -> Never {
        Never
    }
}

/// The error of an HTTP function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error: it implements neither `IntoResponse` nor `std::error::Error`",
    label = "neither a response nor an error",
    note = "`IntoResponse` answers as you like; any other error is answered with status 500 and logged",
    note = "`#[derive(Debug, thiserror::Error)]` makes it an error"
)]
pub trait HttpFailure<P>: Sized {
    /// It is one.
    fn check() -> P;
}

/// That of axum's own `Result`, `ErrorResponse`, is no response itself, but a `Result` with it is one.
#[diagnostic::do_not_recommend]
impl<E> HttpFailure<Pass> for E
where
    Result<(), E>: IntoResponse,
{
    fn check() -> Pass {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<E: Impossible> HttpFailure<Never> for E {
    fn check() -> Never {
        Never
    }
}

/// What a function of the option `service` returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no service of HTTP requests",
    label = "not what a function of `service` returns",
    note = "return an `axum::Router`, or any tower `Service<lrt::http::Request>` whose response is an `http::Response`, \
            or a `Result` of one",
    note = "a `Router<S>` is none until it has its state: `.with_state(…)`",
    note = "the service and its futures are `Send` and `'static`, its errors `Into<lrt::BoxError>`"
)]
pub trait BuiltService<P>: Sized {
    /// It is one.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl<S: BuildService> BuiltService<Pass> for S {
    fn check(_: &Type<S>) -> Pass {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<S: Impossible> BuiltService<Never> for S {
    fn check(_: &Type<S>) -> Never {
        Never
    }
}

/// A layer around an HTTP function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no layer that fits around an HTTP function",
    label = "not a tower `Layer` here",
    note = "its service has to be a `Service<http::Request<B>>` for a `B: http_body::Body`, whose response is an \
            `http::Response` and whose error is `Into<lrt::BoxError>`",
    note = "the layer, its service and that service's future are `Send` and `'static`, the layer is `Sync` as well",
    note = "`axum::middleware` takes only services that cannot fail: put axum's `HandleErrorLayer` inside of it, or use both \
            within a `Router`"
)]
pub trait HttpLayer<P> {
    /// The layer itself.
    fn layer(self) -> P;
}

#[diagnostic::do_not_recommend]
impl<L: LayerAround<HttpService>> HttpLayer<L> for L {
    fn layer(self) -> L {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<L: Impossible> HttpLayer<Never> for L {
    fn layer(self) -> Never {
        Never
    }
}

macro_rules! derefs {
    ($($Type:ident => $Next:ident;)*) => {$(
        impl<T> Deref for $Type<T> {
            type Target = $Next<T>;

            fn deref(&self) -> &$Next<T> {
                &self.0
            }
        }
    )*};
}

derefs! {
    Extractor => KnownExtractor;
    KnownExtractor => AnyExtractor;
    Responds => KnownResponse;
    KnownResponse => AnyResponse;
    AnyResponse => NoResponse;
}
