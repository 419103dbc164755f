//! Functions that start the builder of an HTTP function, and its options.

use super::handler::HandlerMode;
use super::serve::{Collected, Mode, OtherHandler, ServeOptions, Streaming};
use super::service::HttpService;
use super::service_fn::ServiceMode;
use super::{Request, Response};
use crate::authorizer::AuthorizerFunction;
use crate::builder::{Builder, FunctionKind};
use crate::function::parameters::AsyncFn;
use lrt_core::{DeadlineMargin, Deployment, ErrorReport, Fraction};
use lrt_http::{AcceptedOrigins, Route};
use std::marker::PhantomData;
use std::sync::Arc;

/// Kind of HTTP functions. `How` is the form of the function: with extractors ([`HandlerMode`]), or building a service
/// ([`ServiceMode`]). `Mode` is [`Collected`] or [`Streaming`], depending on how its responses are sent.
pub struct Http<How, Mode = Collected> {
    name: &'static str,
    accepts: AcceptedOrigins,
    route: Option<String>,
    base_path: Option<String>,
    authorizer: Option<&'static str>,
    other: Option<OtherHandler>,
    how: PhantomData<fn(How, Mode)>,
}

impl<How, Mode> Http<How, Mode> {
    fn with_mode<New, NewMode>(self) -> Http<New, NewMode> {
        let Http { name, accepts, route, base_path, authorizer, other, .. } = self;
        Http { name, accepts, route, base_path, authorizer, other, how: PhantomData }
    }

    pub(super) fn with_other(self, other: OtherHandler) -> Http<How, Mode> {
        Http { other: Some(other), ..self }
    }

    /// Checks the options.
    ///
    /// # Errors
    ///
    /// Returns an error if the base path is invalid, or if the origins do not support streams or authorizers.
    pub(super) fn options(&self, margin: DeadlineMargin) -> Result<ServeOptions, ErrorReport>
    where
        Mode: super::serve::Mode,
    {
        if let Some(path) = &self.base_path
            && (path.len() < 2 || !path.starts_with('/') || path.ends_with('/'))
        {
            let message = format!("the base path `{path}` must begin with a slash and not end with one: write `/v1`");
            return Err(ErrorReport::new(message));
        }
        let name = self.name;
        let has_authorizers = matches!(
            self.accepts,
            AcceptedOrigins::ApiGateway
                | AcceptedOrigins::RestApi
                | AcceptedOrigins::HttpApi
                | AcceptedOrigins::WebSocket
        );
        if self.authorizer.is_some() && !has_authorizers {
            let message = format!(
                "a function of `{name}` cannot have an authorizer: write `http_api`, `rest_api`, `api_gateway` or `websocket`, \
                 or remove `authorizer`"
            );
            return Err(ErrorReport::new(message));
        }
        let accepts = Mode::accepts(self.accepts).ok_or_else(|| {
            let message = format!(
                "a function of `{name}` cannot stream: only function URLs and REST APIs support streams; write \
                 `function_url`, `rest_api` or `http`, or remove `streaming`"
            );
            ErrorReport::new(message)
        })?;
        Ok(ServeOptions { accepts, base_path: self.base_path.clone(), margin, other: self.other.clone() })
    }

    /// Parses the route.
    ///
    /// # Errors
    ///
    /// Returns an error if the route is invalid.
    pub(super) fn route(&self) -> Result<Option<Arc<Route>>, ErrorReport> {
        let route = self.route.as_deref().map(Route::parse).transpose().map_err(ErrorReport::new)?;
        Ok(route.map(Arc::new))
    }
}

impl<How: Send + Sync + 'static, M: Mode> FunctionKind for Http<How, M> {
    type Request = Request;
    type Response = Response;
    type Boxed = HttpService<M>;

    const STREAMING: bool = M::STREAMING;

    fn name(&self) -> &'static str {
        self.name
    }

    fn written_route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    fn deployment(&self) -> Deployment<'_> {
        let mut deployment = Deployment::default();
        deployment.base_path = self.base_path.as_deref();
        deployment.authorizer = self.authorizer;
        deployment
    }

    fn guard(&self, margin: DeadlineMargin) -> DeadlineMargin {
        margin.inner(Fraction::DEFAULT)
    }
}

fn start<F: AsyncFn<A>, A>(
    name: &'static str,
    accepts: AcceptedOrigins,
    function: F,
) -> Builder<Http<HandlerMode>, F, A> {
    Builder::new(
        Http { name, accepts, route: None, base_path: None, authorizer: None, other: None, how: PhantomData },
        function,
    )
}

/// Starts the builder of an HTTP function for every origin: API Gateway, function URLs, load balancers, VPC Lattice.
///
/// Its parameters are extractors, one of which may take the body, and `&T`s of what [`init`](Builder::init) returns. It
/// returns anything that implements [`IntoResponse`](super::IntoResponse). [`lrt::Error`](crate::Error) does: it is
/// logged, and the response is a 500 that contains only the request id.
///
/// ```no_run
/// use lrt::http::{Json, Path};
///
/// async fn greet(Path(name): Path<String>) -> Json<String> {
///     Json(format!("hello {name}"))
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::http(greet).route("GET /hello/{name}").run()
/// }
/// ```
pub fn http<F: AsyncFn<A>, A>(function: F) -> Builder<Http<HandlerMode>, F, A> {
    start("http", AcceptedOrigins::Any, function)
}

/// Starts the builder of a function that builds a tower `Service` of HTTP requests, such as an axum `Router`, once at
/// the cold start.
///
/// ```no_run
/// use lrt::http::{Request, Response, Body};
/// use tower::service_fn;
///
/// async fn app() -> Result<
///     impl tower::Service<Request, Response = Response, Error = lrt::Error, Future: Send> + Send + 'static,
///     lrt::Error,
/// > {
///     Ok(service_fn(|request: Request| async move { Ok(Response::new(Body::from(request.uri().path().to_owned()))) }))
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::service(app).run()
/// }
/// ```
pub fn service<F: AsyncFn<A>, A>(function: F) -> Builder<Http<ServiceMode>, F, A> {
    http(function).service()
}

macro_rules! starts {
    ($($name:ident $Accepted:ident $origin:literal)*) => {$(
        #[doc = concat!("Starts the builder of an HTTP function for ", $origin, ". See [`http`](fn@http).")]
        pub fn $name<F: AsyncFn<A>, A>(function: F) -> Builder<Http<HandlerMode>, F, A> {
            start(stringify!($name), AcceptedOrigins::$Accepted, function)
        }
    )*};
}

starts! {
    api_gateway ApiGateway "API Gateway: a REST API or an HTTP API"
    rest_api RestApi "a REST API of API Gateway"
    http_api HttpApi "an HTTP API of API Gateway"
    function_url FunctionUrl "a function URL"
    alb Alb "an Application Load Balancer"
    lattice Lattice "VPC Lattice"
    websocket WebSocket "a WebSocket API of API Gateway"
}

impl<Mode, F, A, N, D, L> Builder<Http<HandlerMode, Mode>, F, A, N, D, L> {
    /// Calls the function once, to build a tower `Service` that handles the requests. The function may borrow what
    /// [`init`](Builder::init) returns.
    pub fn service(self) -> Builder<Http<ServiceMode, Mode>, F, A, N, D, L> {
        self.map_kind(Http::with_mode)
    }
}

impl<How, F, A, N, D, L> Builder<Http<How>, F, A, N, D, L> {
    /// Streams every response: its head is sent when the function returns, and each frame of its body when it is produced.
    ///
    /// Only function URLs and REST APIs support streams. For kinds of other origins, the option is a compile error of
    /// the attribute, or an error at the cold start of the builder, and [`http`](fn@http) rejects their events. The URL
    /// needs `InvokeMode: RESPONSE_STREAM`, the API `ResponseTransferMode: RESPONSE_STREAM` (in CloudFormation, `STREAM`);
    /// lrt cannot detect these settings.
    ///
    /// ```no_run
    /// use lrt::http::{Body, Response};
    ///
    /// async fn count() -> Response {
    ///     let lines = futures_util::stream::iter(1..=3).map(|n| Ok::<_, lrt::Error>(format!("{n}\n")));
    ///     Response::new(Body::from_stream(lines))
    /// }
    /// # use futures_util::StreamExt;
    ///
    /// fn main() -> std::process::ExitCode {
    ///     lrt::function_url(count).streaming().run()
    /// }
    /// ```
    pub fn streaming(self) -> Builder<Http<How, Streaming>, F, A, N, D, L> {
        self.map_kind(Http::with_mode)
    }
}

impl<How, Mode, F, A, N, D, L> Builder<Http<How, Mode>, F, A, N, D, L> {
    /// Sets the route of the function, as `METHOD /path/{parameter}`. [`Path`](super::Path) extracts its parameters.
    /// The response is a 404 for other paths and a 405 for other methods; layers see both.
    ///
    /// A `{parameter+}` at the end matches the rest of the path. The method may be `ANY`.
    ///
    /// An invalid route is an error at the cold start, and so is a [`Path`](super::Path) parameter whose type does not
    /// fit the parameters of the route.
    pub fn route(self, route: impl Into<String>) -> Self {
        self.map_kind(|kind| Http { route: Some(route.into()), ..kind })
    }

    /// Sets the base path of a custom domain's mapping, such as `/v1`, which is removed from the path of each request.
    pub fn base_path(self, path: impl Into<String>) -> Self {
        self.map_kind(|kind| Http { base_path: Some(path.into()), ..kind })
    }

    /// Names the authorizer in front of the function, which is another function in the same binary. The template configures
    /// the API accordingly, and the local Lambda calls the authorizer before each request. The local Lambda does not serve
    /// WebSocket APIs, and so it does not call their authorizers.
    ///
    /// Only REST APIs, HTTP APIs and WebSocket APIs have authorizers. For other kinds, the option is a compile error of the
    /// attribute, or an error at the cold start of the builder.
    ///
    /// Only the attribute checks that each [`Caller<User>`](super::Caller) of the function is the `User` of the authorizer's
    /// [`Allow<User>`](super::Allow).
    ///
    /// ```no_run
    /// use lrt::authorizer::{Allow, AuthRequest, Deny};
    /// use lrt::http::Caller;
    ///
    /// #[lrt::handler(authorizer)]
    /// async fn auth(request: AuthRequest) -> Result<Allow<[(String, u64); 0]>, Deny> {
    ///     Err(Deny::unauthorized())
    /// }
    ///
    /// async fn orders() -> &'static str {
    ///     "none"
    /// }
    ///
    /// # fn main() -> std::process::ExitCode {
    /// lrt::http_api(orders).authorizer::<auth>().run()
    /// # }
    /// ```
    pub fn authorizer<Auth: AuthorizerFunction>(self) -> Self {
        self.map_kind(|kind| Http { authorizer: Some(Auth::NAME), ..kind })
    }
}
