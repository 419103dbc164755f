//! Methods for all APIs of API Gateway.

use super::{HttpEvent, HttpOrigin};
use crate::frontend::AuthorizerType;

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

    /// Creates the event of a Lambda authorizer (`REQUEST`) instead of the event of the route's function.
    ///
    /// ```
    /// # use lrt::testing::events;
    /// let event = events::http_api().get("/orders/7").header("Authorization", "Bearer abc").for_authorizer().build();
    /// assert_eq!(event["routeArn"], "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default/GET/orders/7");
    /// assert_eq!(event["identitySource"][0], "Bearer abc");
    /// ```
    pub fn for_authorizer(mut self) -> HttpEvent<O> {
        self.authorizer = Some(AuthorizerType::Request);
        self
    }

    /// Sets the request id of API Gateway.
    pub fn request_id(mut self, id: impl Into<String>) -> HttpEvent<O> {
        self.request_context.request_id = id.into();
        self
    }
}
