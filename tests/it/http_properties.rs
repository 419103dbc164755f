//! Property tests: functions receive arbitrary requests unchanged through each service, and clients receive arbitrary
//! responses.

#![cfg(feature = "http")]
use lrt::http::{Body, Json, Request, Response, StatusCode, to_bytes};
use lrt::testing::events::{self, HttpEvent, HttpOrigin};
use lrt::testing::{HttpResponse, IntoEvent};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Percent-encodes all characters that are not unreserved.
fn encode(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Decodes percent-encoding, and keeps invalid escapes. Returns `None` if the result is not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        match part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit())) {
            Some(digits) => bytes.push(u8::from_str_radix(digits, 16).ok()?),
            None => {
                bytes.push(b'%');
                bytes.extend(part.bytes());
                continue;
            }
        }
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Returns the values of each name.
fn groups<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, Vec<String>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for (name, value) in pairs {
        groups.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    groups
}

#[derive(Clone, Debug)]
struct Sent {
    method: String,
    path: Vec<String>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    cookies: Vec<(String, String)>,
    content_type: Option<&'static str>,
    body: Vec<u8>,
}

impl Sent {
    fn path(&self) -> String {
        self.path.iter().map(|segment| format!("/{}", encode(segment))).collect()
    }

    fn raw_query(&self) -> String {
        let pairs = self.query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    fn through<O: HttpOrigin>(&self, event: HttpEvent<O>) -> HttpEvent<O> {
        let event = event.request(&self.method, &self.path()).body(self.body.clone());
        let event = self.query.iter().fold(event, |event, (name, value)| event.query(name, value));
        let event = self.headers.iter().fold(event, |event, (name, value)| event.header(name, value));
        let event = self.cookies.iter().fold(event, |event, (name, value)| event.cookie(name, value));
        self.content_type.into_iter().fold(event, |event, media| event.header("Content-Type", media))
    }
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    // A comma would be ambiguous in joined values.
    vec(("x-[a-c]{1,2}", "[!-+--~é]([ -+--~é]{0,6}[!-+--~é])?"), 0..4)
}

prop_compose! {
    fn sent()(
        method in "GET|POST|PUT|DELETE|OPTIONS|[A-Z]{1,6}",
        path in vec("\\PC{0,4}|[a-z%/?# ]{1,4}", 1..4),
        query in vec(("[a-c]|\\PC{1,3}", "\\PC{0,3}|[&=%+ ]{1,3}"), 0..4),
        headers in headers(),
        cookies in vec(("[a-z]{1,3}", "[!#-+--:<-~]{0,4}"), 0..3),
        content_type in proptest::option::of(prop::sample::select(vec!["text/plain", "application/json", "image/png"])),
        body in prop_oneof![vec(any::<u8>(), 0..20), "\\PC{0,10}".prop_map(String::into_bytes)],
    ) -> Sent {
        Sent { method, path, query, headers, cookies, content_type, body }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Seen {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

async fn mirror(request: Request) -> Json<Seen> {
    let (head, body) = request.into_parts();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Json(Seen {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
        body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
    })
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn assert_received(sent: &Sent, origin: &str, event: impl IntoEvent) -> Result<(), TestCaseError> {
    let reply = run(lrt::http(mirror).harness().invoke(event)).http();
    prop_assert_eq!(reply.status(), 200, "{}: {}", origin, reply.text());
    let seen: Seen = reply.json();
    prop_assert_eq!(&seen.method, &sent.method, "{}", origin);
    // An HTTP API sends the decoded path. An escape in it is decoded again, since emulators send the raw path.
    let plain: String = sent.path.iter().map(|segment| format!("/{segment}")).collect();
    match origin.starts_with("http_api") {
        true if decode(&plain).as_deref() == Some(&*plain) => {
            prop_assert_eq!(decode(&seen.path), Some(plain), "{}", origin);
        }
        true => {}
        false => prop_assert_eq!(&seen.path, &sent.path(), "{}", origin),
    }
    match origin {
        "http_api" | "function_url" => prop_assert_eq!(&seen.query, &sent.raw_query(), "{}", origin),
        _ => {
            let pairs = seen.query.split('&').filter_map(|pair| pair.split_once('='));
            let pairs: Vec<_> = pairs.map(|(name, value)| (decode(name).unwrap(), decode(value).unwrap())).collect();
            let seen = groups(pairs.iter().map(|(name, value)| (&**name, &**value)));
            prop_assert_eq!(seen, groups(sent.query.iter().map(|(name, value)| (&**name, &**value))), "{}", origin);
        }
    }
    let seen_headers = groups(seen.headers.iter().map(|(name, value)| (&**name, &**value)));
    for (name, values) in groups(sent.headers.iter().map(|(name, value)| (&**name, &**value))) {
        let seen = seen_headers.get(&name).map(|values| values.join(","));
        prop_assert_eq!(seen, Some(values.join(",")), "{}: {}", origin, name);
    }
    let cookies = sent.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let seen_cookies = seen_headers.get("cookie").map(|lines| lines.join("; ")).unwrap_or_default();
    prop_assert_eq!(seen_cookies, cookies, "{}", origin);
    prop_assert_eq!(&seen.body, &sent.body, "{}", origin);
    Ok(())
}

#[derive(Clone, Debug)]
struct Answered {
    status: u16,
    headers: Vec<(String, String)>,
    cookies: Vec<String>,
    body: Vec<u8>,
}

prop_compose! {
    fn answered()(
        status in 200_u16..600,
        headers in headers(),
        cookies in vec("[a-z]=[!#-+--:<-~]{0,3}(; Secure)?", 0..3),
        body in prop_oneof![vec(any::<u8>(), 0..20), "\\PC{0,10}".prop_map(String::into_bytes)],
    ) -> Answered {
        Answered { status, headers, cookies, body }
    }
}

impl Answered {
    fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap();
        let cookies = self.cookies.iter().map(|cookie| ("set-cookie", &**cookie));
        for (name, value) in self.headers.iter().map(|(name, value)| (&**name, &**value)).chain(cookies) {
            let name = name.parse::<http::HeaderName>().unwrap();
            response.headers_mut().append(name, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        response
    }
}

fn assert_reaches_the_client(answered: &Answered, origin: &str, event: impl IntoEvent) -> Result<(), TestCaseError> {
    let answer = answered.clone();
    let function = move || {
        let answer = answer.clone();
        async move { answer.response() }
    };
    let reply: HttpResponse = run(lrt::http(function).harness().invoke(event)).http();
    prop_assert_eq!(reply.status(), answered.status, "{}", origin);
    let seen = groups(reply.headers());
    for (name, values) in groups(answered.headers.iter().map(|(name, value)| (&**name, &**value))) {
        let seen = seen.get(&name).map(|values| values.join(",").replace(", ", ","));
        if values.len() == 1 || !carries_one(origin) {
            prop_assert_eq!(seen, Some(values.join(",").replace(", ", ",")), "{}: {}", origin, name);
        }
    }
    if answered.cookies.len() < 2 || !carries_one(origin) {
        prop_assert_eq!(reply.cookies(), &answered.cookies[..], "{}", origin);
    }
    // RFC 9110, 15.3.5 and 15.4.5: no body.
    let body = if matches!(answered.status, 204 | 304) { &[][..] } else { &answered.body[..] };
    prop_assert_eq!(reply.body(), body, "{}", origin);
    Ok(())
}

/// Returns true if responses of this service have one value per header name.
fn carries_one(origin: &str) -> bool {
    matches!(origin, "alb" | "lattice")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn function_receives_the_request_of_the_client(sent in sent()) {
        assert_received(&sent, "rest_api", sent.through(events::rest_api()))?;
        assert_received(&sent, "http_api", sent.through(events::http_api()))?;
        assert_received(&sent, "http_api", sent.through(events::http_api().stage("dev")))?;
        assert_received(&sent, "http_api 1.0", sent.through(events::http_api().payload_format_1()))?;
        assert_received(&sent, "function_url", sent.through(events::function_url()))?;
        assert_received(&sent, "alb", sent.through(events::alb().multi_value()))?;
        assert_received(&sent, "lattice", sent.through(events::lattice()))?;
    }

    #[test]
    fn client_receives_the_response_of_the_function(answered in answered()) {
        assert_reaches_the_client(&answered, "rest_api", events::rest_api())?;
        assert_reaches_the_client(&answered, "http_api", events::http_api())?;
        assert_reaches_the_client(&answered, "http_api 1.0", events::http_api().payload_format_1())?;
        assert_reaches_the_client(&answered, "function_url", events::function_url())?;
        assert_reaches_the_client(&answered, "alb", events::alb())?;
        assert_reaches_the_client(&answered, "alb, multi", events::alb().multi_value())?;
        assert_reaches_the_client(&answered, "lattice", events::lattice())?;
    }
}
