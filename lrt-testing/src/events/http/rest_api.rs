//! Requests through REST APIs.

use super::{ApiOrigin, HttpEvent, HttpOrigin, private};
use crate::frontend::claims::scalars_to_strings;
use crate::frontend::{AuthorizerType, Origin, authorizer_of_claims};
use serde_json::Value;

/// Starts a request through a REST API of API Gateway
/// ([the event](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format)):
/// payload format 1.0.
///
/// ```
/// use lrt::testing::events;
/// use serde_json::json;
///
/// let event = events::rest_api().get("/orders/7?tag=a&tag=b%20c").route("GET /orders/{id}").build();
/// assert_eq!(event["resource"], "/orders/{id}");
/// assert_eq!(event["pathParameters"]["id"], "7");
/// assert_eq!(event["multiValueQueryStringParameters"]["tag"], json!(["a", "b c"]));
/// assert!(event["body"].is_null());
/// ```
pub fn rest_api() -> HttpEvent<RestApi> {
    HttpEvent::begin(Origin::RestApi)
}

/// REST APIs of API Gateway: see [`rest_api`].
#[derive(Clone, Copy, Debug)]
pub enum RestApi {}

impl private::Sealed for RestApi {}

impl HttpOrigin for RestApi {}
impl ApiOrigin for RestApi {}

impl HttpEvent<RestApi> {
    /// Creates the event of a Lambda authorizer of the type `TOKEN`. It contains the header `Authorization` and the ARN of the
    /// method, and nothing else of the request.
    ///
    /// ```
    /// # use lrt::testing::events;
    /// let event = events::rest_api().get("/orders/7").header("Authorization", "Bearer abc").for_token_authorizer().build();
    /// assert_eq!(event["authorizationToken"], "Bearer abc");
    /// assert_eq!(event["methodArn"], "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/orders/7");
    /// ```
    pub fn for_token_authorizer(mut self) -> HttpEvent<RestApi> {
        self.authorizer = Some(AuthorizerType::Token);
        self
    }

    /// Sets `requestContext.authorizer`, the context that a Lambda authorizer returned. Numbers and booleans become strings, as
    /// API Gateway sends them.
    pub fn authorizer(mut self, context: impl Into<Value>) -> HttpEvent<RestApi> {
        self.request_context.authorizer = Some(scalars_to_strings(context.into()));
        self
    }

    /// Sets the claims of the token that the authorizer of a Cognito user pool accepted. All values become strings, as API Gateway
    /// sends them: `1700000000` is `"1700000000"`, `["a", "b"]` is `"a,b"`.
    pub fn jwt_claims(mut self, claims: impl Into<Value>) -> HttpEvent<RestApi> {
        self.request_context.authorizer = authorizer_of_claims(Origin::RestApi, claims.into());
        self
    }

    /// Sets the ARN of the IAM caller that signed the request, such as `arn:aws:iam::123456789012:user/ada`.
    pub fn iam(self, user_arn: &str) -> HttpEvent<RestApi> {
        let account = user_arn.split(':').nth(4).unwrap_or_default().to_owned();
        self.identity("accountId", account)
            .identity("accessKey", "AKIAIOSFODNN7EXAMPLE")
            .identity("caller", "AIDACKCEVSQ6C2EXAMPLE")
            .identity("user", "AIDACKCEVSQ6C2EXAMPLE")
            .identity("userArn", user_arn)
    }

    /// Sets the API key of the request.
    pub fn api_key(self, key: &str) -> HttpEvent<RestApi> {
        self.header("X-Api-Key", key).identity("apiKey", key).identity("apiKeyId", "k1e2y3i4d5")
    }

    /// Sets a member of `requestContext.identity`.
    pub fn identity(mut self, name: &'static str, value: impl Into<Value>) -> HttpEvent<RestApi> {
        self.request_context.identity.retain(|(other, _)| *other != name);
        self.request_context.identity.push((name, value.into()));
        self
    }
}
