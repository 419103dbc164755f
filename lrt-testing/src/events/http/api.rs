//! What all APIs of API Gateway have.

use super::{HttpEvent, HttpOrigin};

/// An API of API Gateway: [`RestApi`](super::RestApi), [`HttpApi`](super::HttpApi), [`WebSocket`](super::WebSocket).
pub trait ApiOrigin: HttpOrigin {}

impl<O: ApiOrigin> HttpEvent<O> {
    /// The route that the request has taken: `GET /orders/{id}`, `ANY /{proxy+}`, or a WebSocket's route key. What the
    /// path has in place of its parameters is in the event.
    ///
    /// Unless set it is `ANY /{proxy+}` of a REST API, and `$default` of the others.
    pub fn route(mut self, route: impl Into<String>) -> HttpEvent<O> {
        self.request_context.route = Some(route.into());
        self
    }

    /// A path parameter, written as it stands in the event: an HTTP API decodes it, a REST API does not. It goes before
    /// what the route finds.
    pub fn path_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> HttpEvent<O> {
        self.request_context.path_parameters.push((name.into(), value.into()));
        self
    }

    /// The stage; `prod` unless set, but `$default` of an HTTP API.
    pub fn stage(mut self, stage: impl Into<String>) -> HttpEvent<O> {
        self.request_context.stage = stage.into();
        self
    }

    /// A variable of the stage.
    pub fn stage_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> HttpEvent<O> {
        self.request_context.stage_variables.push((name.into(), value.into()));
        self
    }

    /// The API's id.
    pub fn api_id(mut self, id: impl Into<String>) -> HttpEvent<O> {
        self.request_context.id = id.into();
        self
    }

    /// The id that API Gateway gave the request.
    pub fn request_id(mut self, id: impl Into<String>) -> HttpEvent<O> {
        self.request_context.request_id = id.into();
        self
    }
}
