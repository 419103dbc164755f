//! A function's parameters.

use axum_core::extract::{FromRequest, FromRequestParts, Request};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The answer to a request that a parameter does not take. It is as large as a pointer, since each parameter hands it on.
pub type Refusal = Box<Response>;

/// A parameter of a function of requests. `K` is its kind, which follows from its type: [`PartsArg`], [`BodyArg`] or
/// [`StateArg`].
///
/// It is made in two steps, so that parameters may stand in any order although only the last extractor can have the
/// body: first each takes its part of the head, then one of them the rest.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of an HTTP function",
    label = "neither an extractor, nor `Context`, nor a reference to what `init` returns",
    note = "JSON in the body is `Json<T>`, the query `Query<T>`, what the path names `Path<T>`, for any `T: serde::Deserialize`",
    note = "an extractor of your own implements `FromRequestParts<()>` or `FromRequest<()>` of axum-core"
)]
pub trait HttpArg<K>: Sized + Send + 'static {
    /// What it borrows of init's value: a reference, or nothing.
    type Ref: Copy + Send + Sync + 'static;
    /// What it is between the two steps.
    type Part: Send;
    /// Whether it takes the body.
    const BODY: bool = false;

    /// The first step: what it takes of the head.
    ///
    /// # Errors
    ///
    /// The answer to a request that it does not take.
    fn part(parts: &mut Parts, borrowed: Self::Ref) -> impl Future<Output = Result<Self::Part, Refusal>> + Send;

    /// The second step: one parameter of all takes the request.
    ///
    /// # Errors
    ///
    /// As [`part`](HttpArg::part).
    fn body(
        _part: &mut Self::Part,
        _request: &mut Option<Request>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        Untouched
    }

    /// The parameter, after both steps.
    fn finish(part: Self::Part) -> Self;
}

/// What a parameter of the head does in the second step. It has nothing to drop, so that a function's future does not
/// grow with each of them.
struct Untouched;

impl Future for Untouched {
    type Output = Result<(), Refusal>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(()))
    }
}

#[cold]
fn refuse(rejection: impl IntoResponse) -> Refusal {
    Box::new(rejection.into_response())
}

/// The kind of an extractor of the head: `FromRequestParts`.
#[derive(Debug)]
pub struct PartsArg;

/// The kind of an extractor of the body: `FromRequest`.
#[derive(Debug)]
pub struct BodyArg;

/// The kind of a `&T` parameter: what `init` returned.
#[derive(Debug)]
pub struct StateArg;

#[diagnostic::do_not_recommend]
impl<T: FromRequestParts<()> + Send + 'static> HttpArg<PartsArg> for T {
    type Ref = ();
    type Part = T;

    async fn part(parts: &mut Parts, (): ()) -> Result<T, Refusal> {
        T::from_request_parts(parts, &()).await.map_err(refuse)
    }

    fn finish(part: T) -> T {
        part
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromRequest<()> + Send + 'static> HttpArg<BodyArg> for T {
    type Ref = ();
    type Part = Option<T>;
    const BODY: bool = true;

    fn part(_: &mut Parts, (): ()) -> impl Future<Output = Result<Option<T>, Refusal>> + Send {
        ready(Ok(None))
    }

    async fn body(part: &mut Option<T>, request: &mut Option<Request>) -> Result<(), Refusal> {
        let request = request.take().expect("one parameter takes the body, as `HttpArgs::extract` asserts");
        *part = Some(T::from_request(request, &()).await.map_err(refuse)?);
        Ok(())
    }

    fn finish(part: Option<T>) -> T {
        part.expect("the second step has made it")
    }
}

#[diagnostic::do_not_recommend]
impl<T: Sync> HttpArg<StateArg> for &'static T {
    type Ref = &'static T;
    type Part = &'static T;

    fn part(_: &mut Parts, borrowed: &'static T) -> impl Future<Output = Result<&'static T, Refusal>> + Send {
        ready(Ok(borrowed))
    }

    fn finish(part: &'static T) -> &'static T {
        part
    }
}

/// All parameters of a function; `K` are their kinds.
pub trait HttpArgs<K>: Sized + Send + 'static {
    /// What they borrow, one entry for each.
    type Refs: Copy + Send + Sync + 'static;

    /// Makes the parameters of a request: those of the head in their order, then that of the body.
    ///
    /// # Errors
    ///
    /// The answer of the first that does not take the request.
    fn extract(request: Request, borrowed: Self::Refs) -> impl Future<Output = Result<Self, Refusal>> + Send;
}

macro_rules! arities {
    ($([$($A:ident $K:ident $a:ident),*])*) => {$(
        impl<$($A: HttpArg<$K>, $K),*> HttpArgs<($($K,)*)> for ($($A,)*) {
            type Refs = ($($A::Ref,)*);

            #[allow(unused_mut, unused_variables)]
            async fn extract(request: Request, ($($a,)*): Self::Refs) -> Result<Self, Refusal> {
                const { assert!(0 $(+ $A::BODY as u8)* <= 1, "one extractor takes the body") };
                let (mut parts, body) = request.into_parts();
                $(let mut $a = $A::part(&mut parts, $a).await?;)*
                let mut request = Some(Request::from_parts(parts, body));
                $($A::body(&mut $a, &mut request).await?;)*
                Ok(($($A::finish($a),)*))
            }
        }
    )*};
}

arities! {
    []
    [A1 K1 a1]
    [A1 K1 a1, A2 K2 a2]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3, A4 K4 a4]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3, A4 K4 a4, A5 K5 a5]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3, A4 K4 a4, A5 K5 a5, A6 K6 a6]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3, A4 K4 a4, A5 K5 a5, A6 K6 a6, A7 K7 a7]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3, A4 K4 a4, A5 K5 a5, A6 K6 a6, A7 K7 a7, A8 K8 a8]
}
