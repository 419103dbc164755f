//! Responses of the services to clients if the function fails or its reply is invalid.

use super::Origin;
use serde_json::json;

/// The reason for an error response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorResponse {
    /// The function failed, or the service rejected its reply.
    FunctionFailed,
    /// The request is too large.
    RequestTooLarge,
    /// The authorizer requires other credentials, or an identity source is missing.
    Unauthorized,
    /// The policy of the authorizer denies the request.
    Denied,
    /// The policy of the authorizer does not allow the request.
    NotAllowed,
    /// The authorizer failed, or API Gateway rejected its reply.
    AuthorizerFailed,
}

const JSON: &str = "application/json";

impl ErrorResponse {
    /// Returns the status, the content type, the error type (for services that send it) and the body of this origin's
    /// response.
    pub fn for_origin(self, origin: Origin) -> (u16, &'static str, Option<&'static str>, String) {
        use Origin::{Alb, FunctionUrl, HttpApi, Lattice, RestApi, WebSocket};
        let message = |text: &str| json!({ "message": text }).to_string();
        match (self, origin) {
            (ErrorResponse::FunctionFailed, RestApi | WebSocket) => {
                (502, JSON, Some("InternalServerErrorException"), message("Internal server error"))
            }
            (ErrorResponse::FunctionFailed, HttpApi) => (500, JSON, None, message("Internal Server Error")),
            (ErrorResponse::FunctionFailed, FunctionUrl) => (502, JSON, None, "Internal Server Error".to_owned()),
            (ErrorResponse::FunctionFailed, Alb) => html(502, "502 Bad Gateway"),
            (ErrorResponse::FunctionFailed, Lattice) => (502, "text/plain", None, "Bad Gateway".to_owned()),
            (ErrorResponse::RequestTooLarge, RestApi | WebSocket) => {
                (413, JSON, Some("RequestTooLargeException"), message("Request Too Long"))
            }
            (ErrorResponse::RequestTooLarge, HttpApi) => (413, JSON, None, message("Request Entity Too Large")),
            (ErrorResponse::RequestTooLarge, FunctionUrl) => {
                let message = "Request must be smaller than 6291456 bytes for the InvokeFunction operation";
                (413, JSON, Some("RequestEntityTooLargeException"), json!({ "Message": message }).to_string())
            }
            (ErrorResponse::Unauthorized, RestApi | WebSocket) => {
                (401, JSON, Some("UnauthorizedException"), message("Unauthorized"))
            }
            (ErrorResponse::Unauthorized, _) => (401, JSON, None, message("Unauthorized")),
            (ErrorResponse::Denied, RestApi | WebSocket) => {
                let message = "User is not authorized to access this resource with an explicit deny";
                (403, JSON, Some("AccessDeniedException"), json!({ "Message": message }).to_string())
            }
            (ErrorResponse::NotAllowed, RestApi | WebSocket) => {
                let message = "User is not authorized to access this resource";
                (403, JSON, Some("AccessDeniedException"), json!({ "Message": message }).to_string())
            }
            (ErrorResponse::Denied | ErrorResponse::NotAllowed, _) => (403, JSON, None, message("Forbidden")),
            (ErrorResponse::AuthorizerFailed, RestApi | WebSocket) => {
                (500, JSON, Some("AuthorizerConfigurationException"), json!({ "message": null }).to_string())
            }
            (ErrorResponse::AuthorizerFailed, _) => (500, JSON, None, message("Internal Server Error")),
            (ErrorResponse::RequestTooLarge, Alb) => html(413, "413 Request Entity Too Large"),
            (ErrorResponse::RequestTooLarge, Lattice) => {
                (413, "text/plain", None, "Request Entity Too Large".to_owned())
            }
        }
    }
}

/// Returns the HTML page of a load balancer.
fn html(status: u16, title: &str) -> (u16, &'static str, Option<&'static str>, String) {
    let head = format!("<head><title>{title}</title></head>");
    let body = format!("<body>\r\n<center><h1>{title}</h1></center>\r\n</body>");
    (status, "text/html", None, format!("<html>\r\n{head}\r\n{body}\r\n</html>\r\n"))
}
