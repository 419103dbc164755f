//! [deploy]: crate::guide::deploy
//! [local]: crate::guide::local
//! [state]: crate::guide::state
#![doc = include_str!("../docs/guide/authorizers.md")]

use crate::builder::{Builder, FunctionKind, OfKind};
use crate::function::output::ErrorReply;
use crate::function::parameters::{Args, AsyncFn, Extract, Input, Use, ViaContext};
use crate::layer::Layers;
use lrt_core::__private::StateRefs;
use lrt_core::{
    AuthorizerSettings, BoxError, Context, DeadlineMargin, Deployment, Error, ErrorReport, Function, FunctionService,
    Invocation, Reply, ReplyBuffer, SharedService, service_fn,
};
use serde::Serialize;
use std::future::{Future, ready};
use std::time::Duration;

pub use lrt_http::{Allow, AuthRequest, AuthResponse, Caller, Deny};

/// Identity source of authorizers that do not name one.
const DEFAULT_IDENTITY_SOURCE: &str = "header.Authorization";

/// The longest time for which API Gateway caches a decision
/// ([CreateAuthorizer](https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html)).
const MAX_CACHE: Duration = Duration::from_secs(3600);

/// Kind of the authorizers of API Gateway.
#[derive(Clone, Debug)]
pub struct AuthorizerKind {
    identity_sources: Vec<String>,
    cache: Duration,
    iam_policy: bool,
}

/// Starts the builder of a Lambda authorizer for REST APIs, HTTP APIs and WebSocket APIs of API Gateway.
///
/// Its parameters are an [`AuthRequest`], the [`Context`], and `&T`s of what [`init`](Builder::init) returns. It returns
/// `Result<Allow<User>, E>`: a [`struct@Deny`] is a 403 or a 401, and every other error is logged and a 500.
///
/// ```no_run
/// use lrt::authorizer::{Allow, AuthRequest, Deny};
///
/// #[derive(serde::Serialize)]
/// struct User {
///     name: String,
/// }
///
/// async fn auth(request: AuthRequest) -> Result<Allow<User>, Deny> {
///     match request.bearer_token() {
///         Some("opensesame") => Ok(Allow::new(User { name: "Ali".to_owned() })),
///         _ => Err(Deny::unauthorized()),
///     }
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::authorizer(auth).run()
/// }
/// ```
pub fn authorizer<F: AsyncFn<A>, A>(function: F) -> Builder<AuthorizerKind, F, A> {
    Builder::new(AuthorizerKind::default(), function)
}

impl<F, A, S, D, L> Builder<AuthorizerKind, F, A, S, D, L> {
    /// Sets the parts of a request that identify the caller. The default is `header.Authorization`.
    ///
    /// API Gateway answers a request in which one of them is missing or empty with 401, without calling the authorizer, and caches
    /// decisions by their values. Each is `header.NAME`, `query.NAME`, `stage.NAME` (a stage variable) or `context.NAME` (a member of
    /// the request context, such as `context.identity.sourceIp`).
    ///
    /// Without any, API Gateway calls the authorizer for each request. An invalid source, or none together with a
    /// [`cache`](Builder::cache), is an error at the cold start.
    pub fn identity_sources<T: Into<String>>(self, sources: impl IntoIterator<Item = T>) -> Self {
        let identity_sources = sources.into_iter().map(Into::into).collect();
        self.map_kind(|kind| AuthorizerKind { identity_sources, ..kind })
    }

    /// Sets the time for which API Gateway caches a decision and applies it to all requests with the same
    /// [identity sources](Builder::identity_sources), whatever their routes are: at most an hour. The default is not to cache.
    ///
    /// Decisions of [`Deny::unauthorized`] and errors are never cached. A longer time is an error at the cold start.
    pub fn cache(self, time: Duration) -> Self {
        self.map_kind(|kind| AuthorizerKind { cache: time, ..kind })
    }

    /// Answers authorizers of HTTP APIs with payload format 2.0 with an IAM policy instead of a simple response, so that
    /// [`Allow::only`] can narrow it. The authorizer needs `EnableSimpleResponses: false`.
    pub fn iam_policy(self) -> Self {
        self.map_kind(|kind| AuthorizerKind { iam_policy: true, ..kind })
    }
}

impl Default for AuthorizerKind {
    fn default() -> AuthorizerKind {
        AuthorizerKind {
            identity_sources: vec![DEFAULT_IDENTITY_SOURCE.to_owned()],
            cache: Duration::ZERO,
            iam_policy: false,
        }
    }
}

impl AuthorizerKind {
    fn check(&self) -> Result<(), ErrorReport> {
        let invalid = |source: &&String| {
            let part = source.split_once('.').filter(|(_, name)| !name.is_empty()).map(|(part, _)| part);
            !matches!(part, Some("header" | "query" | "stage" | "context"))
        };
        let message = if let Some(source) = self.identity_sources.iter().find(invalid) {
            format!("invalid identity source `{source}` (expected header.NAME, query.NAME, stage.NAME or context.NAME)")
        } else if self.cache > MAX_CACHE {
            format!("invalid cache of an authorizer: {:?} (expected at most an hour)", self.cache)
        } else if !self.cache.is_zero() && self.identity_sources.is_empty() {
            "decisions can be cached only by identity sources, and the authorizer has none".to_owned()
        } else {
            return Ok(());
        };
        Err(ErrorReport::new(message))
    }
}

impl FunctionKind for AuthorizerKind {
    type Request = Invocation;
    type Response = Reply;
    type Boxed = SharedService<Invocation, Reply>;

    fn name(&self) -> &'static str {
        "authorizer"
    }

    fn deployment(&self) -> Deployment<'_> {
        let mut deployment = Deployment::default();
        deployment.authorizer_settings = Some(AuthorizerSettings {
            identity_sources: &self.identity_sources,
            cache: self.cache,
            iam_policy: self.iam_policy,
        });
        deployment
    }
}

/// The user of an [`Allow`]: any `Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the user of an `Allow`: it does not implement `serde::Serialize`",
    label = "cannot be passed on to the functions behind the authorizer",
    note = "add `#[derive(serde::Serialize)]` to the type, and to the types of its fields"
)]
pub trait AuthorizedUser: Serialize {}

#[diagnostic::do_not_recommend]
impl<User: Serialize> AuthorizedUser for User {}

/// Input of an authorizer.
pub struct AuthorizerInput {
    request: Option<AuthRequest>,
    context: Context,
}

/// There is nothing that all requests share.
impl Input for AuthorizerInput {
    type Rejection = ErrorReport;
    type Sample = ();
}

#[diagnostic::do_not_recommend]
impl Extract<AuthorizerInput, ViaContext> for Context {
    type Ref = ();

    fn extract(input: &mut AuthorizerInput, (): ()) -> impl Future<Output = Result<Context, ErrorReport>> + Send {
        ready(Ok(input.context.clone()))
    }
}

/// A parameter of an authorizer that is taken by value: the request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of an authorizer",
    label = "not an `AuthRequest`",
    note = "an authorizer takes an `lrt::authorizer::AuthRequest`, the `lrt::Context`, and `&T`s of what `init` returns",
    note = "if it is what `init` returns, borrow it: `&{Self}`"
)]
pub trait AuthorizerParameter: Sized {
    /// Converts the request.
    fn from_request(request: AuthRequest) -> Self;
}

#[diagnostic::do_not_recommend]
impl AuthorizerParameter for AuthRequest {
    fn from_request(request: AuthRequest) -> AuthRequest {
        request
    }
}

impl<T: AuthorizerParameter + Send + 'static> Extract<AuthorizerInput, (AuthRequest,)> for T {
    type Ref = ();
    const USE: Use = Use::Whole;

    fn extract(input: &mut AuthorizerInput, (): ()) -> impl Future<Output = Result<T, ErrorReport>> + Send {
        let request = input.request.take().expect("only one parameter takes the request");
        ready(Ok(T::from_request(request)))
    }
}

impl<F, A, K, User, E> OfKind<AuthorizerKind, A, K> for F
where
    F: AsyncFn<A, Output = Result<Allow<User>, E>>,
    A: Args<AuthorizerInput, K>,
    User: AuthorizedUser,
    E: ErrorReply,
{
    type Refs = A::Refs;

    async fn service<L: Layers<Invocation, Reply, SharedService<Invocation, Reply>>>(
        &self,
        kind: &AuthorizerKind,
        layers: &L,
        refs: StateRefs<A::Refs, L::Refs>,
        _: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        kind.check()?;
        let (function, borrowed, iam_policy) = (self.clone(), refs.function, kind.iam_policy);
        // Event → request → your function → response.
        let handle = service_fn(move |invocation: Invocation| {
            let function = function.clone();
            async move {
                let (mut input, response, buffer) = begin(invocation, iam_policy)?;
                let args = A::extract(&mut input, borrowed).await?;
                match function.call(args).await {
                    Ok(allow) => Ok(response.allow(&allow, buffer)?),
                    Err(error) => refuse(Error::new(error), &response, buffer),
                }
            }
        });
        Ok(layers.around(handle, refs.layers))
    }
}

fn begin(
    invocation: Invocation,
    iam_policy: bool,
) -> Result<(AuthorizerInput, AuthResponse, ReplyBuffer), ErrorReport> {
    let context = invocation.context().clone();
    let (payload, buffer) = invocation.into_parts();
    let request = AuthRequest::read(&payload)?;
    let response = request.response(iam_policy)?;
    Ok((AuthorizerInput { request: Some(request), context }, response, buffer))
}

/// Returns the reply for the error of an authorizer.
fn refuse(error: Error, response: &AuthResponse, buffer: ReplyBuffer) -> Result<Reply, BoxError> {
    match error.downcast_ref::<Deny>() {
        // A function error with the message `Unauthorized` is a 401. It is the client's mistake, so it is not logged.
        Some(deny) if deny.is_unauthorized() => {
            Err(ErrorReport::from(Error::named("Unauthorized", *deny)).already_logged().into())
        }
        Some(_) => Ok(response.deny(buffer)?),
        None => Err(error.into()),
    }
}

/// A function with `#[lambda(authorizer)]` or `#[handler(authorizer)]`, which the option `authorizer` of HTTP functions names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authorizer",
    label = "not a function with `#[handler(authorizer)]`"
)]
pub trait AuthorizerFunction: Function {}

/// An authorizer whose result is an `Allow<User>`.
///
/// The user is a parameter of the trait, so that its type can be private.
pub trait Authorizes<User>: AuthorizerFunction {}

/// The value that an authorizer returns, or a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "the authorizer returns `{Self}`, which is not an `Allow<{User}>`",
    label = "not the type that the authorizer allows",
    note = "an authorizer returns a `Result<Allow<User>, Deny>`, for any `User: serde::Serialize`",
    note = "functions that name the authorizer extract the same `User` as a `Caller<User>`"
)]
pub trait AuthorizerResult<User> {}

#[diagnostic::do_not_recommend]
impl<User> AuthorizerResult<User> for Allow<User> {}

#[diagnostic::do_not_recommend]
impl<User, E> AuthorizerResult<User> for Result<Allow<User>, E> {}
