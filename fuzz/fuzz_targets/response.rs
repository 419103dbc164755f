//! Responses of HTTP functions: the replies for each kind of event, and the preludes of streamed replies.
//!
//! Oracles: serde_json, and the client's side of the local front ends.
//!
//! The input is a response in the form of HTTP/1.1: a status, lines with headers, an empty line, and the body.

#![no_main]

use http::header::{CONTENT_LENGTH, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use lrt::{Context, DeadlineMargin, EventHeaders, Invocation};
use lrt_fuzz::block_on;
use lrt_http::{AcceptedOrigins, Response, StreamingResponse, read};
use lrt_testing::__private::{HeaderMode, Origin, Reply};

const EVENTS: [(&str, Origin, HeaderMode); 6] = [
    (
        r#"{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"GET"}}}"#,
        Origin::HttpApi,
        HeaderMode::Single,
    ),
    (r#"{"path":"/","httpMethod":"GET"}"#, Origin::RestApi, HeaderMode::Both),
    (
        r#"{"path":"/","httpMethod":"GET","headers":{},"requestContext":{"elb":{"targetGroupArn":"a"}}}"#,
        Origin::Alb,
        HeaderMode::Single,
    ),
    (
        r#"{"path":"/","httpMethod":"GET","multiValueHeaders":{},"requestContext":{"elb":{"targetGroupArn":"a"}}}"#,
        Origin::Alb,
        HeaderMode::Multi,
    ),
    (r#"{"raw_path":"/","method":"GET"}"#, Origin::Lattice, HeaderMode::Single),
    (
        r#"{"requestContext":{"connectionId":"a","eventType":"MESSAGE"},"httpMethod":"GET"}"#,
        Origin::WebSocket,
        HeaderMode::Both,
    ),
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((status, headers, body)) = parse(bytes) else { return };
    for (event, origin, mode) in EVENTS {
        let Ok((_, format)) = read(&event.as_bytes().to_vec().into(), AcceptedOrigins::Any, None) else {
            panic!("{event}")
        };
        let response = || {
            let mut response = Response::new(body.to_vec().into());
            *response.status_mut() = status;
            *response.headers_mut() = headers.clone();
            response
        };
        let has_body = format.has_body(status);
        let (parts, _) = response().into_parts();
        let (reply, _) = block_on(lrt_core::capture_log(async { format.write(parts, body, Default::default()) }));
        let reply = Reply::read(reply.expect("the response is small").body(), &[origin], mode);
        let reply = reply.unwrap_or_else(|error| panic!("{origin:?} rejects the reply: {error}"));
        check(&reply, status, &headers);
        assert_eq!(reply.body, if has_body { body } else { b"" });
        if matches!(origin, Origin::HttpApi | Origin::RestApi) {
            let (streamed, _) = block_on(lrt_core::capture_log(async {
                format.stream(StreamingResponse::from(response()), DeadlineMargin::Default)
            }));
            // The prelude has a limit of 16 KiB, which the input does not reach.
            let mut stream = Some(streamed.expect("the prelude is small"));
            let mut sent = Vec::new();
            let mut service = lrt::service_fn(|_: Invocation| {
                let reply = lrt::Reply::from(stream.take().expect("the service is called once"));
                async { Ok::<_, lrt::BoxError>(reply) }
            });
            let context = Context::new(&EventHeaders::default(), Default::default(), false);
            let invocation = Invocation::new("", context);
            block_on(lrt_core::invoke(&mut service, invocation, DeadlineMargin::Default, &mut |chunk| {
                sent.push(chunk)
            }))
            .expect("the body is in memory");
            assert_eq!(sent[1], [0; 8][..]);
            let reply = Reply::read_prelude(&sent[0]).unwrap_or_else(|error| panic!("invalid prelude: {error}"));
            check(&reply, status, &headers);
            let received = sent[2..].concat();
            assert_eq!(received, if has_body { body } else { b"" });
            // Otherwise, function URLs keep the connection open.
            let has_length = reply.headers.iter().any(|(name, _)| name == "content-length");
            assert!(has_length || !received.is_empty(), "an empty body without a length");
        }
    }
});

fn parse(bytes: &[u8]) -> Option<(StatusCode, HeaderMap, &[u8])> {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let status = StatusCode::from_bytes(lines.next()?).ok().filter(|status| (200..600).contains(&status.as_u16()))?;
    let mut rest = lines.next()?;
    let mut headers = HeaderMap::new();
    loop {
        let mut lines = rest.splitn(2, |byte| *byte == b'\n');
        let line = lines.next()?;
        rest = lines.next()?;
        if line.is_empty() {
            return Some((status, headers, rest));
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        headers.append(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
    }
}

/// The headers of one connection: RFC 9110, section 7.6.1.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Splits off the headers that are hop-by-hop, or named by `connection`.
fn end_to_end(headers: &HeaderMap) -> (HeaderMap, Vec<HeaderName>) {
    let mut removed: Vec<_> = HOP_BY_HOP.map(HeaderName::from_static).into();
    for value in headers.get_all("connection").iter().filter_map(|value| value.to_str().ok()) {
        removed.extend(value.split(',').filter_map(|name| name.trim().parse::<HeaderName>().ok()));
    }
    let mut kept = headers.clone();
    let removed = removed.into_iter().filter(|name| kept.remove(name).is_some()).collect();
    (kept, removed)
}

/// Checks that the client receives the status, and each header that is not hop-by-hop.
fn check(reply: &Reply, status: StatusCode, headers: &HeaderMap) {
    let (headers, removed) = end_to_end(headers);
    for name in removed.iter().filter(|name| *name != CONTENT_LENGTH) {
        assert!(reply.headers.iter().all(|(other, _)| other != name.as_str()), "{name} is hop-by-hop");
    }
    assert_eq!(reply.status, status.as_u16());
    let text = |value: &HeaderValue| match str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    };
    let cookies: Vec<_> = headers.get_all(SET_COOKIE).iter().map(text).collect();
    assert_eq!(sorted(&reply.cookies), sorted(&cookies));
    for name in headers.keys().filter(|name| !["set-cookie", "content-length"].contains(&name.as_str())) {
        let values: Vec<_> = headers.get_all(name).iter().map(text).collect();
        let received = reply.headers.iter().filter(|(other, _)| other == name.as_str()).map(|(_, value)| value.clone());
        let received: Vec<_> = received.collect();
        // Some services have one value per header.
        assert!(received == values || received == [values.join(",")], "{name}: {received:?}, {values:?}");
    }
}

fn sorted(values: &[String]) -> Vec<&String> {
    let mut values: Vec<_> = values.iter().collect();
    values.sort();
    values
}
