//! An HTTP function that returns its request, for tests that run it as a process.
//!
//! `/bytes` returns the request body, `/twice` two cookies and a repeated header, and all other paths return the
//! request as JSON.

use lrt::http::{Body, HeaderMap, HeaderValue, Method, Origin, Uri, header, to_bytes};
use lrt::prelude::*;
use serde_json::{Value, json};

#[lambda(http)]
async fn mirror(
    origin: Origin,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Error> {
    let body = to_bytes(request.into_body(), usize::MAX).await?;
    let mut response = match uri.path() {
        "/bytes" => Response::new(Body::from(body)),
        "/twice" => Response::new(Body::empty()),
        _ => {
            let headers: Vec<_> = headers.iter().map(|(name, value)| shown(name.as_str(), value)).collect();
            let body = String::from_utf8_lossy(&body);
            let uri = uri.to_string();
            let seen = json!({ "origin": format!("{origin:?}"), "method": method.as_str(), "uri": uri, "headers": headers, "body": body });
            return Ok(Json(seen).into_response());
        }
    };
    let answer = response.headers_mut();
    if uri.path() == "/twice" {
        *answer = HeaderMap::from_iter([
            (header::SET_COOKIE, HeaderValue::from_static("a=1; Secure")),
            (header::VIA, HeaderValue::from_static("1.1 one")),
        ]);
        answer.append(header::SET_COOKIE, HeaderValue::from_static("b=2; Path=/"));
        answer.append(header::VIA, HeaderValue::from_static("1.1 two"));
    } else {
        answer.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    }
    Ok(response)
}

fn shown(name: &str, value: &HeaderValue) -> Value {
    json!([name, String::from_utf8_lossy(value.as_bytes())])
}
