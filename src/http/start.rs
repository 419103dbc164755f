//! Where a builder of an HTTP function starts, and the options that it has.

use super::built::Built;
use super::kind::Extracted;
use super::route::{Enter, enter};
use super::serve::{Collected, Mode, Rules, Streaming};
use super::service::HttpService;
use super::{Request, Response};
use crate::builder::{Builder, Layered, Respond};
use crate::function::args::AsyncFn;
use crate::function::output::Fallible;
use lrt_core::{DeadlineMargin, Deployment, ErrorReport};
use lrt_http::AcceptedOrigins;
use lrt_http::function::Failing;
use std::marker::PhantomData;

/// The kind of a function of HTTP requests. `How` says what it is: a function of extractors ([`Extracted`]), or one that
/// builds a service ([`Built`]). `Mode` says how it is answered: [`Collected`] or [`Streaming`].
pub struct Http<How, Mode = Collected> {
    name: &'static str,
    accepts: AcceptedOrigins,
    route: Option<Routed>,
    base_path: Option<String>,
    how: PhantomData<fn(How, Mode)>,
}

/// The text of a route, and what makes sense of it. That is a pointer, so that a function without a route has nothing of
/// routes in its binary (8 KB).
#[derive(Clone)]
struct Routed {
    text: String,
    read: fn(&str) -> Result<Enter, ErrorReport>,
}

impl<How, Mode> Clone for Http<How, Mode> {
    fn clone(&self) -> Self {
        self.to(self.route.clone(), self.base_path.clone())
    }
}

impl<How, Mode> Http<How, Mode> {
    fn to<New, NewMode>(&self, route: Option<Routed>, base_path: Option<String>) -> Http<New, NewMode> {
        Http { name: self.name, accepts: self.accepts, route, base_path, how: PhantomData }
    }

    pub(super) fn kind_name(&self) -> &'static str {
        self.name
    }

    pub(super) fn route_text(&self) -> Option<&str> {
        self.route.as_ref().map(|route| &*route.text)
    }

    pub(super) fn deployed(&self) -> Deployment<'_> {
        let mut deployment = Deployment::default();
        deployment.base_path = self.base_path.as_deref();
        deployment
    }

    /// # Errors
    ///
    /// When the base path is none, or the origin does not take what the function streams.
    pub(super) fn rules(&self, margin: DeadlineMargin) -> Result<Rules, ErrorReport>
    where
        Mode: super::serve::Mode,
    {
        if let Some(path) = &self.base_path
            && (path.len() < 2 || !path.starts_with('/') || path.ends_with('/'))
        {
            let why = format!("the base path `{path}` does not begin with a slash and end without: write `/v1`");
            return Err(ErrorReport::new(why));
        }
        let accepts = Mode::accepts(self.accepts).ok_or_else(|| {
            let name = self.name;
            let why = format!(
                "a function of `{name}` cannot stream: only a function URL and a REST API take streams; write \
                 `function_url`, `rest_api` or `http`, or remove `streaming`"
            );
            ErrorReport::new(why)
        })?;
        Ok(Rules { accepts, base_path: self.base_path.clone(), margin })
    }

    /// # Errors
    ///
    /// When it cannot be read.
    pub(super) fn route(&self) -> Result<Option<Enter>, ErrorReport> {
        self.route.as_ref().map(|route| (route.read)(&route.text)).transpose()
    }
}

impl<M: Mode> Layered for Http<Extracted, M> {
    type Request = Request;
    type Response = Response;
    type Between = HttpService;
    type Fallible = Failing;
}

impl<M: Mode> Respond for Http<Extracted, M> {}

impl<M: Mode> Layered for Http<Built, M> {
    type Request = Request;
    type Response = Response;
    type Between = HttpService;
    type Fallible = Fallible;
}

fn start<F: AsyncFn<A>, A>(
    name: &'static str,
    accepts: AcceptedOrigins,
    function: F,
) -> Builder<Http<Extracted>, F, A> {
    Builder::new(Http { name, accepts, route: None, base_path: None, how: PhantomData }, function)
}

/// Starts the builder of a function of HTTP requests, wherever they come from: API Gateway, a function URL, a load
/// balancer, VPC Lattice.
///
/// Its parameters are extractors, the last of which may take the body, and `&T`s of what [`init`](Builder::init) returns.
/// It returns anything that implements [`IntoResponse`](super::IntoResponse), or a `Result` of such. An error that
/// implements it is answered as it says; any other with status 500 and no word but the request's id, and the log tells it
/// all.
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
pub fn http<F: AsyncFn<A>, A>(function: F) -> Builder<Http<Extracted>, F, A> {
    start("http", AcceptedOrigins::Any, function)
}

/// Starts the builder of a function that builds a tower `Service` of HTTP requests, once at the cold start: a whole
/// axum `Router`, for one.
///
/// ```no_run
/// use lrt::http::{Request, Response, Body};
/// use tower::service_fn;
///
/// async fn app() -> impl tower::Service<Request, Response = Response, Error = lrt::Error, Future: Send> + Send + 'static {
///     service_fn(|request: Request| async move { Ok(Response::new(Body::from(request.uri().path().to_owned()))) })
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::service(app).run()
/// }
/// ```
pub fn service<F: AsyncFn<A>, A>(function: F) -> Builder<Http<Built>, F, A> {
    http(function).service()
}

macro_rules! starts {
    ($($name:ident $AcceptedOrigins:ident $what:literal)*) => {$(
        #[doc = concat!("Starts the builder of a function of HTTP requests that come from ", $what, ". See [`http`](fn@http).")]
        pub fn $name<F: AsyncFn<A>, A>(function: F) -> Builder<Http<Extracted>, F, A> {
            start(stringify!($name), AcceptedOrigins::$AcceptedOrigins, function)
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

impl<Mode, F, A, N, D, L> Builder<Http<Extracted, Mode>, F, A, N, D, L> {
    /// The function builds a tower `Service`, once, in place of answering requests itself. It may borrow what
    /// [`init`](Builder::init) returns.
    pub fn service(self) -> Builder<Http<Built, Mode>, F, A, N, D, L> {
        self.map_kind(|kind| kind.to(kind.route.clone(), kind.base_path.clone()))
    }
}

impl<How, F, A, N, D, L> Builder<Http<How>, F, A, N, D, L> {
    /// Every answer is streamed: its head leaves when the function returns, and each frame of its body when it is made.
    ///
    /// Function URLs and REST APIs take streams; for the kinds of other origins it is an error, which the attribute tells at
    /// once and the builder at the cold start, and [`http`](fn@http) takes no event of others. It has to match the URL's
    /// `InvokeMode: RESPONSE_STREAM`, or the API's `ResponseTransferMode: STREAM`, of which no event tells.
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
        self.map_kind(|kind| kind.to(kind.route.clone(), kind.base_path.clone()))
    }
}

impl<How, Mode, F, A, N, D, L> Builder<Http<How, Mode>, F, A, N, D, L> {
    /// The one route of the function, as `METHOD /path/{parameter}`: it names the parameters that
    /// [`Path`](super::Path) takes. Other paths are answered with 404 and other methods with 405, inside of the layers.
    ///
    /// A `{parameter+}` at the end takes the rest of the path. The method may be `ANY`.
    ///
    /// A route that cannot be read is an error of the cold start.
    pub fn route(self, route: impl Into<String>) -> Self {
        self.map_kind(|kind| kind.to(Some(Routed { text: route.into(), read: enter }), kind.base_path.clone()))
    }

    /// The path of a custom domain's mapping, which is taken away from the request's: `/v1`.
    pub fn base_path(self, path: impl Into<String>) -> Self {
        self.map_kind(|kind| kind.to(kind.route.clone(), Some(path.into())))
    }
}
