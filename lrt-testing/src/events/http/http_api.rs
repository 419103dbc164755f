//! Requests through HTTP APIs.

use super::{ApiOrigin, HttpEvent, HttpOrigin, private};
use crate::frontend::{Origin, authorizer_of_claims};
use serde_json::{Value, json};

/// Starts a request through an HTTP API of API Gateway
/// ([the event](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html)):
/// payload format 2.0.
///
/// ```
/// use lrt::testing::events;
/// use serde_json::json;
///
/// let event = events::http_api().get("/orders?page=2").stage("dev").jwt_claims(json!({"sub": "ada"})).build();
/// assert_eq!((&event["version"], &event["rawPath"]), (&json!("2.0"), &json!("/dev/orders")));
/// assert_eq!(event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"], "ada");
/// assert_eq!(event.get("body"), None);
/// ```
pub fn http_api() -> HttpEvent<HttpApi> {
    HttpEvent::begin(Origin::HttpApi)
}

/// HTTP APIs of API Gateway: see [`http_api`].
#[derive(Clone, Copy, Debug)]
pub enum HttpApi {}

impl private::Sealed for HttpApi {}

impl HttpOrigin for HttpApi {}
impl ApiOrigin for HttpApi {}

impl HttpEvent<HttpApi> {
    /// Uses payload format 1.0, which can be configured for an integration.
    pub fn payload_format_1(mut self) -> HttpEvent<HttpApi> {
        self.request_context.format_1 = true;
        self
    }

    /// Sets the context that a Lambda authorizer returned.
    pub fn authorizer(mut self, context: impl Into<Value>) -> HttpEvent<HttpApi> {
        self.request_context.authorizer = Some(json!({ "lambda": context.into() }));
        self
    }

    /// Sets the claims of the token that a JWT authorizer accepted. All values become strings, as API Gateway sends them:
    /// `1700000000` is `"1700000000"`, `["a", "b"]` is `"[a b]"`.
    pub fn jwt_claims(mut self, claims: impl Into<Value>) -> HttpEvent<HttpApi> {
        self.request_context.authorizer = authorizer_of_claims(Origin::HttpApi, claims.into());
        self
    }

    /// Sets the ARN of the IAM caller that signed the request, such as `arn:aws:iam::123456789012:user/ada`.
    pub fn iam(mut self, user_arn: &str) -> HttpEvent<HttpApi> {
        self.request_context.authorizer = Some(json!({ "iam": iam(user_arn) }));
        self
    }
}

/// Returns `requestContext.authorizer.iam`.
pub(super) fn iam(user_arn: &str) -> Value {
    json!({
        "accessKey": "AKIAIOSFODNN7EXAMPLE",
        "accountId": user_arn.split(':').nth(4).unwrap_or_default(),
        "callerId": "AIDACKCEVSQ6C2EXAMPLE",
        "cognitoIdentity": null,
        "principalOrgId": null,
        "userArn": user_arn,
        "userId": "AIDACKCEVSQ6C2EXAMPLE",
    })
}
