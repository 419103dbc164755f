//! Methods for all APIs of API Gateway.

use super::{HttpEvent, HttpOrigin};

/// An API of API Gateway: [`RestApi`](super::RestApi), [`HttpApi`](super::HttpApi), [`WebSocket`](super::WebSocket).
pub trait ApiOrigin: HttpOrigin {}

impl<O: ApiOrigin> HttpEvent<O> {
    /// Sets the route that matched: `GET /orders/{id}`, `ANY /{proxy+}`, or a WebSocket route key. The event contains
    /// the route's path parameters.
    ///
    /// The default is `ANY /{proxy+}` for REST APIs and `$default` for the others.
    pub fn route(mut self, route: impl Into<String>) -> HttpEvent<O> {
        self.request_context.route = Some(route.into());
        self
    }

    /// Sets a path parameter, in the form that the event contains: HTTP APIs decode it, REST APIs do not. It takes precedence over
    /// the values that the route extracts.
    pub fn path_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> HttpEvent<O> {
        self.request_context.path_parameters.push((name.into(), value.into()));
        self
    }

    /// Sets the stage. The default is `$default` for HTTP APIs and `prod` for the others.
    pub fn stage(mut self, stage: impl Into<String>) -> HttpEvent<O> {
        self.request_context.stage = stage.into();
        self
    }

    /// Adds a stage variable.
    pub fn stage_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> HttpEvent<O> {
        self.request_context.stage_variables.push((name.into(), value.into()));
        self
    }

    /// Sets the API's id.
    pub fn api_id(mut self, id: impl Into<String>) -> HttpEvent<O> {
        self.request_context.id = id.into();
        self
    }

    /// Sets the request id of API Gateway.
    pub fn request_id(mut self, id: impl Into<String>) -> HttpEvent<O> {
        self.request_context.request_id = id.into();
        self
    }
}
