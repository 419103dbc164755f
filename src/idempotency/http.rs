//! The service around an HTTP function.
//!
//! A response is stored in the form that Lambda functions return to API Gateway, which functions with Powertools store as
//! well.

use super::error::IdempotencyError;
use super::execution::{Start, damaged, replayed_error, start};
use super::fingerprint::fingerprint;
use super::key::ByHeader;
use super::layer::Idempotent;
use crate::http::{HttpService, MAX_BODY_BYTES, Problem, Request, Response};
use axum_core::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, StatusCode};
use lrt_core::BoxError;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

impl Service<Request> for Idempotent<HttpService, ByHeader> {
    type Response = Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Service::<Request>::poll_ready(&mut self.inner, cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // A clone shares the readiness of the service.
        let mut inner = self.inner.clone();
        let (key, settings) = (self.key.clone(), self.settings.clone());
        Box::pin(async move {
            let key = match key.value(&request) {
                Ok(Some(key)) => key,
                Ok(None) => return inner.call(request).await,
                Err(detail) => return Ok(problem(StatusCode::BAD_REQUEST, detail)),
            };
            let (parts, body) = request.into_parts();
            let body = lrt_http::collect(body, MAX_BODY_BYTES).await.map_err(lrt_http::root_cause)?;
            let fingerprint = settings.compares_payloads.then(|| {
                let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
                fingerprint(&[parts.method.as_str().as_bytes(), target.as_bytes()], &body)
            });
            let context = parts.extensions.get::<lrt_core::Context>().cloned().or_else(lrt_core::Context::current);
            let Some(context) = context else { return Err(IdempotencyError::NoContext.into_box()) };
            match start(&settings, &context, &key, fingerprint).await {
                Ok(Start::Replay(stored)) if stored.is_error => Err(replayed_error(&stored.data)),
                Ok(Start::Replay(stored)) => decode(&stored.data).map_err(|error| damaged(&error)),
                Ok(Start::Run(execution)) => {
                    let request = Request::from_parts(parts, Body::from(body));
                    let response = async {
                        let (parts, body) = inner.call(request).await?.into_parts();
                        let body = lrt_http::collect(body, MAX_BODY_BYTES).await.map_err(lrt_http::root_cause)?;
                        Ok(http::Response::from_parts(parts, body))
                    };
                    let response = execution.finish(response.await, |response| Ok(encode(response))).await?;
                    Ok(response.map(Body::from))
                }
                Err(IdempotencyError::InProgress { expires_in }) => Ok(in_progress(expires_in)),
                Err(error @ IdempotencyError::Mismatch) => {
                    Ok(problem(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
                }
                Err(error @ IdempotencyError::InvalidKey(_)) => Ok(problem(StatusCode::BAD_REQUEST, error.to_string())),
                Err(error) => Err(error.into_box()),
            }
        })
    }
}

impl ByHeader {
    /// Returns the key of a request; `None` if the request is not protected.
    fn value(&self, request: &Request) -> Result<Option<String>, String> {
        let ByHeader { name, is_optional } = self;
        let mut values = request.headers().get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) if *is_optional || request.method().is_safe() => Ok(None),
            (None, _) => Err(format!("missing header `{name}`")),
            (Some(_), Some(_)) => Err(format!("the header `{name}` is repeated")),
            (Some(value), None) => match std::str::from_utf8(value.as_bytes()) {
                Ok(key) => Ok(Some(key.to_owned())),
                Err(_) => Err(format!("the header `{name}` is not UTF-8")),
            },
        }
    }
}

fn problem(status: StatusCode, detail: impl Into<String>) -> Response {
    Problem::new(status).detail(detail.into()).to_response().map(Body::from)
}

/// Returns the response while another execution is in progress. After the lock has expired, a repeated request is answered
/// in any case.
fn in_progress(expires_in: Duration) -> Response {
    let mut response = problem(StatusCode::CONFLICT, "another request with this idempotency key is in progress");
    let seconds = u64::try_from(expires_in.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1);
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

/// A response as it is stored: that of API Gateway's format 1.0, with all values of each header in their order.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredResponse {
    status_code: u16,
    /// Written by other implementations.
    #[serde(default, skip_serializing, deserialize_with = "or_default")]
    headers: Members<serde_json::Value>,
    #[serde(default, deserialize_with = "or_default")]
    multi_value_headers: Members<Vec<StoredValue>>,
    /// Written by other implementations, as in the format 2.0.
    #[serde(default, skip_serializing, deserialize_with = "or_default")]
    cookies: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    body: String,
    #[serde(default, deserialize_with = "or_default")]
    is_base64_encoded: bool,
}

/// The value of a header.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredValue {
    Text(String),
    /// A value that is not UTF-8.
    Binary {
        base64: String,
    },
}

/// Returns a response as it is stored; `None` for a server error, which is not stored.
fn encode(response: &http::Response<Bytes>) -> Option<String> {
    if response.status().is_server_error() {
        return None;
    }
    let headers = response.headers();
    let multi_value_headers = headers.keys().map(|name| {
        let values = headers.get_all(name).iter().map(|value| match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => StoredValue::Text(text.to_owned()),
            Err(_) => StoredValue::Binary { base64: STANDARD.encode(value) },
        });
        (name.as_str().to_owned(), values.collect())
    });
    let (body, is_base64_encoded) = match std::str::from_utf8(response.body()) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(response.body()), true),
    };
    let stored = StoredResponse {
        status_code: response.status().as_u16(),
        headers: Members::default(),
        multi_value_headers: Members(multi_value_headers.collect()),
        cookies: Vec::new(),
        body,
        is_base64_encoded,
    };
    Some(serde_json::to_string(&stored).expect("strings and numbers are JSON"))
}

/// Returns a stored response.
fn decode(data: &str) -> Result<Response, serde_json::Error> {
    let invalid = |name: &str| serde_json::Error::custom(format_args!("invalid `{name}`"));
    let stored: StoredResponse = serde_json::from_str(data)?;
    let body = match stored.is_base64_encoded {
        true => Body::from(STANDARD.decode(stored.body).map_err(|_| invalid("body"))?),
        false => Body::from(stored.body),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(stored.status_code).map_err(|_| invalid("statusCode"))?;
    let mut append = |name: &str, value: &[u8]| {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid("headers"))?;
        let value = HeaderValue::from_bytes(value).map_err(|_| invalid("headers"))?;
        response.headers_mut().append(name, value);
        Ok(())
    };
    for (name, values) in &stored.multi_value_headers.0 {
        for value in values {
            match value {
                StoredValue::Text(text) => append(name, text.as_bytes())?,
                StoredValue::Binary { base64 } => {
                    append(name, &STANDARD.decode(base64).map_err(|_| invalid("headers"))?)?;
                }
            }
        }
    }
    let is_single =
        |name: &str| !stored.multi_value_headers.0.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    for (name, value) in stored.headers.0.iter().filter(|(name, _)| is_single(name)) {
        match value {
            serde_json::Value::String(text) => append(name, text.as_bytes())?,
            value => append(name, value.to_string().as_bytes())?,
        }
    }
    for cookie in &stored.cookies {
        append("set-cookie", cookie.as_bytes())?;
    }
    Ok(response)
}

/// The members of an object, in their order.
struct Members<T>(Vec<(String, T)>);

impl<T> Default for Members<T> {
    fn default() -> Members<T> {
        Members(Vec::new())
    }
}

impl<T: Serialize> Serialize for Members<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<T>, D::Error> {
        struct Visitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members<T>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Visitor(PhantomData))
    }
}

/// Reads `null` as the default.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response() -> http::Response<Bytes> {
        let mut response = http::Response::new(Bytes::from_static(b"tea"));
        *response.status_mut() = StatusCode::CREATED;
        for (name, value) in [
            ("x-b", &b"1"[..]),
            ("set-cookie", b"a=1"),
            ("x-a", b"\xff"),
            ("set-cookie", b"b=2"),
            ("x-c", "é".as_bytes()),
        ] {
            response.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
        }
        response
    }

    async fn bytes(response: Response) -> http::Response<Bytes> {
        let (parts, body) = response.into_parts();
        http::Response::from_parts(parts, lrt_http::collect(body, 100).await.unwrap())
    }

    #[tokio::test]
    async fn stored_response_is_the_same_response() {
        for body in [&b"tea"[..], b"", b"\xff\0"] {
            let response = response().map(|_| Bytes::from_static(body));
            let decoded = bytes(decode(&encode(&response).unwrap()).unwrap()).await;
            assert_eq!((decoded.status(), decoded.body()), (response.status(), response.body()));
            let headers = |response: &http::Response<Bytes>| -> Vec<_> {
                response.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
            };
            assert_eq!(headers(&decoded), headers(&response));
        }
    }

    #[test]
    fn stored_response_is_that_of_api_gateway() {
        assert_eq!(
            encode(&response()).unwrap(),
            r#"{"statusCode":201,"multiValueHeaders":{"x-b":["1"],"set-cookie":["a=1","b=2"],"x-a":[{"base64":"/w=="}],"x-c":["é"]},"body":"tea","isBase64Encoded":false}"#
        );
    }

    #[test]
    fn server_error_is_not_stored() {
        let mut response = response();
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        assert_eq!(encode(&response), None);
    }

    #[tokio::test]
    async fn response_of_a_python_function_is_decoded() {
        let data = r#"{"statusCode": 200, "headers": {"Content-Type": "text/plain", "x-n": 7, "x-m": "lost"},
            "multiValueHeaders": {"X-M": ["1", "2"]}, "cookies": ["a=1"], "body": "dGVh", "isBase64Encoded": true}"#;
        let response = bytes(decode(data).unwrap()).await;
        assert_eq!(response.body(), "tea");
        let headers: Vec<_> =
            response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let expected: [(&str, &[u8]); 5] =
            [("x-m", b"1"), ("x-m", b"2"), ("content-type", b"text/plain"), ("x-n", b"7"), ("set-cookie", b"a=1")];
        assert_eq!(headers, expected);
        assert_eq!(bytes(decode(r#"{"statusCode":204,"body":null}"#).unwrap()).await.body(), "");
    }

    #[test]
    fn damaged_response_is_an_error() {
        for data in [
            "",
            "null",
            "{}",
            r#"{"statusCode":7}"#,
            r#"{"statusCode":200,"body":"?","isBase64Encoded":true}"#,
            r#"{"statusCode":200,"multiValueHeaders":{"a b":["1"]}}"#,
            r#"{"statusCode":200,"multiValueHeaders":{"a":["\n"]}}"#,
            r#"{"statusCode":200,"multiValueHeaders":{"a":[{"base64":"?"}]}}"#,
        ] {
            assert!(decode(data).is_err(), "{data}");
        }
    }
}
