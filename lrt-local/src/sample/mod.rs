//! `cargo run -- sample`: an event to try the function with.
//!
//! `body`: the value of `--body`; `batches`: events of batch functions; `triggers`: events of S3, EventBridge and Firehose;
//! `by_type`: events for the type of a JSON function's parameter.

mod batches;
mod body;
mod by_type;
mod triggers;

use super::cli::Sample as Options;
use super::function::LocalFunction;
use super::http_frontend::select_origin;
use super::indent::indent;
use body::Body;
use lrt_testing::__private::{AuthorizerType, Origin, Phase, Request, RequestContext, route};

/// Longer events are not printed in a shell command.
const MAX_SHORT_PAYLOAD: usize = 60;

/// The forms of events for authorizers, the default first.
const AUTHORIZER_FORMS: [AuthorizerForm; 5] = [
    AuthorizerForm::request("http_api", Origin::HttpApi, "http_api().for_authorizer()"),
    AuthorizerForm {
        format_1: true,
        ..AuthorizerForm::request(
            "http_api_format_1",
            Origin::HttpApi,
            "http_api().payload_format_1().for_authorizer()",
        )
    },
    AuthorizerForm::request("rest_api", Origin::RestApi, "rest_api().for_authorizer()"),
    AuthorizerForm {
        kind: AuthorizerType::Token,
        ..AuthorizerForm::request("rest_api_token", Origin::RestApi, "rest_api().for_token_authorizer()")
    },
    AuthorizerForm::request("websocket", Origin::WebSocket, "websocket().for_authorizer()"),
];

/// A form of events for authorizers.
struct AuthorizerForm {
    /// The value of `--origin`.
    name: &'static str,
    origin: Origin,
    /// True for payload format 1.0 of HTTP APIs.
    format_1: bool,
    kind: AuthorizerType,
    /// The builder of such events in `lrt::testing::events`.
    builder: &'static str,
}

impl AuthorizerForm {
    const fn request(name: &'static str, origin: Origin, builder: &'static str) -> AuthorizerForm {
        AuthorizerForm { name, origin, format_1: false, kind: AuthorizerType::Request, builder }
    }
}

/// Returns the values of `--origin` for authorizers, the default first.
pub(super) fn authorizer_origins() -> impl Iterator<Item = &'static str> {
    AUTHORIZER_FORMS.iter().map(|form| form.name)
}

/// An event, and a note about it for the user.
pub(super) struct Sample {
    pub(super) event: Vec<u8>,
    pub(super) note: String,
}

impl Sample {
    fn new(event: &[u8], note: impl Into<String>) -> Sample {
        Sample { event: indent(event), note: note.into() }
    }
}

/// Returns an event of the function's kind, as its service sends it.
///
/// # Errors
///
/// Returns an error if an option is invalid, or if the function does not accept the sample.
pub(super) fn sample(function: &dyn LocalFunction, options: &Options) -> Result<Sample, String> {
    if options.fifo && function.kind() != "sqs" {
        let (name, kind) = (function.name(), function.kind());
        return Err(format!("--fifo is for SQS queues, and `{name}` is of kind {kind} (expected sqs)"));
    }
    if function.kind() == "authorizer" {
        return authorizer(options);
    }
    let (kind, origin) = (function.kind(), select_origin(function.kind(), options.origin.as_deref())?);
    let body = options.body.as_deref().map(body::read).transpose()?;
    if let Some(origin) = origin.or((kind == "websocket").then_some(Origin::WebSocket)) {
        return Ok(request(origin, function.route(), body));
    }
    let deployment = function.deployment();
    let parameters = deployment.parameters;
    let sample = triggers::sample(kind, deployment, body.as_ref())
        .or_else(|| batches::sample(kind, parameters, body.as_ref(), options.fifo));
    let sample = match (sample, &body) {
        (Some(sample), _) => sample?,
        (None, Some(body)) => Sample::new(body.text.as_bytes(), "the event of a JSON function is the body itself"),
        (None, None) => by_type::sample(parameters)?,
    };
    check(function, &sample).map_err(|error| match body {
        Some(_) => format!("the function rejects the event with this --body: {error}"),
        None => format!(
            "no sample of the function's event type: pass content that it accepts with --body (an example is rejected: {error})"
        ),
    })?;
    Ok(sample)
}

/// Returns a payload for a scheduled JSON function: `{}` if the function accepts it, or its sample event.
pub(super) fn scheduled_payload(function: &dyn LocalFunction) -> Option<String> {
    let accepts = |payload: &[u8]| function.deployment().decodes.is_none_or(|decodes| decodes(payload).is_ok());
    if accepts(b"{}") {
        return Some("{}".to_owned());
    }
    let sample = sample(function, &Options::default()).ok()?;
    // Without the indentation.
    serde_json::from_slice::<serde_json::Value>(&sample.event).ok().map(|event| event.to_string())
}

/// Returns an event of a JSON function that fits in a shell command, within single quotes. `{}` also stands for an event that the user
/// has to write.
pub(super) fn short_payload(function: &dyn LocalFunction) -> Option<String> {
    if function.kind() != "json" {
        return None;
    }
    let payload = scheduled_payload(function).unwrap_or_else(|| "{}".to_owned());
    (payload.len() <= MAX_SHORT_PAYLOAD && !payload.contains('\'')).then_some(payload)
}

/// Returns an event of an authorizer.
fn authorizer(options: &Options) -> Result<Sample, String> {
    if options.body.is_some() {
        return Err("--body is not for authorizers, whose events have no body".to_owned());
    }
    let form = match options.origin.as_deref() {
        None => &AUTHORIZER_FORMS[0],
        Some(name) => AUTHORIZER_FORMS.iter().find(|form| form.name == name).ok_or_else(|| {
            let supported: Vec<&str> = authorizer_origins().collect();
            format!("--origin {name}: an authorizer supports {}", supported.join(", "))
        })?,
    };
    let mut request = Request::new("GET", "/?name=Ada");
    request.or_header("Authorization", "Bearer TOKEN");
    request.or_header("User-Agent", "curl/8.5.0");
    let sources = ["header.Authorization".to_owned()];
    let mut context = RequestContext::example(form.origin);
    context.format_1 = form.format_1;
    let event = context.authorizer_event(request, form.kind, &sources);
    let note = format!(
        "a request that the authorizer decides about, as {} forwards it: replace TOKEN with a token; \
         `lrt::testing::events::{}` creates others",
        form.origin.name(),
        form.builder
    );
    Ok(Sample::new(&serde_json::to_vec(&event).unwrap_or_default(), note))
}

/// Decodes the sample as the function would.
fn check(function: &dyn LocalFunction, sample: &Sample) -> Result<(), String> {
    let decodes = function.deployment().decodes;
    decodes.map_or(Ok(()), |decodes| decodes(&sample.event)).map_err(|error| error.to_string())
}

/// Returns a request that matches the function's route.
fn request(origin: Origin, route: Option<&str>, body: Option<Body>) -> Sample {
    let mut context = RequestContext::example(origin);
    let (method, path) = match route {
        Some(route) => route::example(route),
        None if body.is_some() => ("POST", "/".to_owned()),
        None => ("GET", "/?name=Ada".to_owned()),
    };
    let mut request = Request::new(method, &path);
    if origin == Origin::WebSocket {
        context.connection.phase = Phase::Message;
    } else if let Some(route) = route.filter(|_| origin.has_routes()) {
        context.route = Some(route.to_owned());
    }
    let has_body = origin == Origin::WebSocket || matches!(method, "POST" | "PUT" | "PATCH");
    if has_body || body.is_some() {
        request.or_header("Content-Type", "application/json");
        request.body = body.map_or_else(|| r#"{"name":"Ada"}"#.to_owned(), |body| body.text).into();
    }
    request.or_header("User-Agent", "curl/8.5.0");
    let what = if origin == Origin::WebSocket { "a message" } else { "a request" };
    let note = format!("{what} as {} forwards it; `lrt::testing::events::{0}` creates others", origin.name());
    Sample::new(&serde_json::to_vec(&context.event(request)).unwrap_or_default(), note)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_util::TestFunction;
    use lrt_testing::events;
    use serde_json::{Value, json};

    fn sample_of(function: &TestFunction, body: Option<&str>, origin: Option<&str>) -> Result<Value, String> {
        let options =
            Options { name: None, origin: origin.map(str::to_owned), body: body.map(Into::into), fifo: false };
        sample(function, &options).map(|sample| serde_json::from_slice(&sample.event).unwrap())
    }

    fn event(kind: &'static str) -> Value {
        sample_of(&TestFunction::new("f", kind), None, None).unwrap()
    }

    fn event_with(kind: &'static str, body: &str) -> Result<Value, String> {
        sample_of(&TestFunction::new("f", kind), Some(body), None)
    }

    #[test]
    fn requests_match_the_route() {
        let get = "/?name=Ada";
        assert_eq!(event("http"), events::function_url().get(get).build());
        assert_eq!(event("api_gateway"), events::http_api().get(get).build());
        assert_eq!(event("alb"), events::alb().get(get).build());
        assert_eq!(event("lattice"), events::lattice().get(get).build());
        let route = "PUT /orders/{id}";
        let function = TestFunction { route: Some(route), ..TestFunction::new("f", "api_gateway") };
        for (body, sent) in [(None, json!({"name": "Ada"})), (Some(r#"{"id":7}"#), json!({"id": 7}))] {
            let put = events::rest_api().put("/orders/1").route(route).without_header("User-Agent").json(&sent);
            assert_eq!(sample_of(&function, body, Some("rest_api")), Ok(put.user_agent("curl/8.5.0").build()));
        }
        assert_eq!(event("websocket")["body"], json!({"name": "Ada"}).to_string());
        assert!(sample_of(&TestFunction::new("f", "alb"), None, Some("lattice")).is_err());
    }

    #[test]
    fn body_without_a_route_is_posted() {
        let event = event_with("http", " [1] ").unwrap();
        assert_eq!((&event["requestContext"]["http"]["method"], &event["body"]), (&json!("POST"), &json!("[1]")));
        assert_eq!(event_with("websocket", "\"hi\"").unwrap()["body"], "\"hi\"");
    }

    #[test]
    fn authorizers_have_a_sample_of_each_form() {
        let token = "Bearer TOKEN";
        let of = |origin| sample_of(&TestFunction::new("auth", "authorizer"), None, origin);
        let http = events::http_api().get("/?name=Ada").header("Authorization", token).for_authorizer().build();
        assert_eq!(of(None).unwrap()["routeArn"], http["routeArn"]);
        assert_eq!(of(Some("http_api")), of(None));
        let rest = events::rest_api().get("/?name=Ada").header("Authorization", token).for_token_authorizer().build();
        assert_eq!(of(Some("rest_api_token")), Ok(rest));
        let format_1 = events::http_api().payload_format_1().get("/?name=Ada");
        let format_1 = format_1.header("Authorization", token).for_authorizer().build();
        let found = of(Some("http_api_format_1")).unwrap();
        for member in ["version", "type", "methodArn", "identitySource", "httpMethod", "queryStringParameters"] {
            assert_eq!(found[member], format_1[member], "{member}");
        }
        assert_eq!(found["version"], "1.0");
        assert_eq!(of(Some("rest_api")).unwrap()["type"], "REQUEST");
        assert_eq!(of(Some("websocket")).unwrap()["requestContext"]["eventType"], "CONNECT");
        let error =
            "--origin alb: an authorizer supports http_api, http_api_format_1, rest_api, rest_api_token, websocket";
        assert_eq!(of(Some("alb")), Err(error.to_owned()));
        let note = |origin: &str| {
            let options = Options { origin: Some(origin.to_owned()), ..Options::default() };
            sample(&TestFunction::new("auth", "authorizer"), &options).unwrap().note
        };
        for (origin, builder) in [
            ("http_api", "http_api().for_authorizer()"),
            ("http_api_format_1", "http_api().payload_format_1().for_authorizer()"),
            ("rest_api_token", "rest_api().for_token_authorizer()"),
        ] {
            let expected = format!("; `lrt::testing::events::{builder}` creates others");
            assert!(note(origin).ends_with(&expected), "{}", note(origin));
        }
        let error = "--body is not for authorizers, whose events have no body";
        assert_eq!(event_with("authorizer", "1"), Err(error.to_owned()));
    }

    #[test]
    fn body_of_a_json_function_is_the_event() {
        assert_eq!(event("json"), json!({"name": "Ada"}));
        assert_eq!(event_with("json", "[1, 2.50]"), Ok(json!([1, 2.5])));
        assert_eq!(
            event_with("json", "[1"),
            Err("invalid JSON in --body: EOF while parsing a list at line 1 column 2".to_owned())
        );
        let missing = event_with("json", "@/no/such/file").unwrap_err();
        assert!(missing.starts_with("cannot read /no/such/file: "), "{missing}");
    }

    #[test]
    fn events_that_the_function_rejects_are_no_samples() {
        fn decodes(event: &[u8]) -> Result<(), lrt_core::ErrorReport> {
            match serde_json::from_slice::<Vec<u8>>(event) {
                Ok(_) => Ok(()),
                Err(error) => Err(lrt_core::ErrorReport::unmarshal(error)),
            }
        }
        let function =
            |parameters| TestFunction { decodes: Some(decodes), parameters, ..TestFunction::new("f", "json") };
        let bytes = function("(alloc::vec::Vec<u8>,)");
        assert_eq!(sample_of(&bytes, None, None), Ok(json!([1])));
        assert_eq!(sample_of(&bytes, Some("[2]"), None), Ok(json!([2])));
        let error = sample_of(&bytes, Some("2"), None).unwrap_err();
        assert!(error.starts_with("the function rejects the event with this --body: invalid type: "), "{error}");
        for parameters in
            ["(app::Order,)", "(aws_lambda_events::event::s3::S3Event,)", "(lrt::…::sns::Sns<app::Order>,)"]
        {
            let error = sample_of(&function(parameters), None, None).unwrap_err();
            assert!(error.starts_with("no sample of the function's event type: "), "{parameters}: {error}");
            assert!(error.contains("(an example is rejected: invalid type: "), "{parameters}: {error}");
        }
    }

    #[test]
    fn body_of_a_batch_function_is_in_a_record() {
        let order = json!({"id": 7, "price": 2.5, "tags": ["a", null, true]});
        let text = order.to_string();
        assert_eq!(event_with("sqs", &text).unwrap()["Records"][0]["body"], text);
        assert_eq!(event_with("kinesis", &text), Ok(events::kinesis().json(&order).build()));
        assert_eq!(event_with("kafka", &text), Ok(events::kafka().json(&order).build()));
        let change = event_with("dynamodb", &text).unwrap();
        let image = json!({"id": {"N": "7"}, "price": {"N": "2.5"}, "tags": {"L": [{"S": "a"}, {"NULL": true}, {"BOOL": true}]}});
        assert_eq!(change["Records"][0]["dynamodb"]["NewImage"], image);
        assert_eq!(change["Records"][0]["dynamodb"]["Keys"], json!({"id": {"N": "7"}}));
        let error = event_with("dynamodb", "[1]").unwrap_err();
        assert!(error.contains("DynamoDB"), "{error}");
    }

    #[test]
    fn short_payloads_are_accepted_by_the_function() {
        fn decodes<T: serde::de::DeserializeOwned>(event: &[u8]) -> Result<(), lrt_core::ErrorReport> {
            serde_json::from_slice::<T>(event).map(|_| ()).map_err(lrt_core::ErrorReport::unmarshal)
        }
        fn is_notification(event: &[u8]) -> Result<(), lrt_core::ErrorReport> {
            match serde_json::from_slice::<Value>(event) {
                Ok(event) if event["Records"].is_array() => Ok(()),
                _ => Err(lrt_core::Error::msg("no records").into()),
            }
        }
        type Decodes = fn(&[u8]) -> Result<(), lrt_core::ErrorReport>;
        for (parameters, decodes, payload) in [
            ("(u64,)", decodes::<u64> as Decodes, Some("1")),
            ("((i64, i64),)", decodes::<(i64, i64)>, Some("[1,1]")),
            ("(alloc::string::String,)", decodes::<String>, Some("\"Ada\"")),
            ("(serde_json::value::Value,)", decodes::<Value>, Some("{}")),
            // No event is known.
            ("(app::Order,)", decodes::<u8>, Some("{}")),
            // The event of a service is long.
            ("(lrt::batch::envelope::sns::Sns<u8>,)", is_notification, None),
        ] {
            let function = TestFunction { decodes: Some(decodes), parameters, ..TestFunction::new("f", "json") };
            assert_eq!(short_payload(&function).as_deref(), payload, "{parameters}");
        }
        assert_eq!(short_payload(&TestFunction::new("f", "sqs")), None);
    }

    #[test]
    fn fifo_queues_have_a_sample_with_groups() {
        let of = |kind, body: Option<&str>| {
            let options = Options { body: body.map(Into::into), fifo: true, ..Options::default() };
            sample(&TestFunction::new("f", kind), &options)
                .map(|Sample { event, note }| (serde_json::from_slice::<Value>(&event).unwrap(), note))
        };
        let (event, note) = of("sqs", None).unwrap();
        assert!(note.contains("FIFO"), "{note}");
        let records = event["Records"].as_array().unwrap();
        assert_eq!(records.len(), 2);
        for record in records {
            let arn = record["eventSourceARN"].as_str().unwrap();
            assert!(arn.ends_with(".fifo"), "{record}");
            for name in ["MessageGroupId", "MessageDeduplicationId", "SequenceNumber"] {
                assert!(record["attributes"][name].is_string(), "{name}: {record}");
            }
        }
        assert_eq!(records[0]["attributes"]["MessageGroupId"], records[1]["attributes"]["MessageGroupId"]);
        let (with_body, _) = of("sqs", Some("[1]")).unwrap();
        assert_eq!(with_body["Records"][0]["body"], "[1]");
        assert_eq!(with_body["Records"][0]["attributes"]["SequenceNumber"], records[0]["attributes"]["SequenceNumber"]);
        assert!(event_with("sqs", "[1]").unwrap()["Records"][0]["attributes"]["MessageGroupId"].is_null());
        for kind in ["kinesis", "json", "http", "authorizer"] {
            let error = format!("--fifo is for SQS queues, and `f` is of kind {kind} (expected sqs)");
            assert_eq!(of(kind, None), Err(error));
        }
    }

    #[test]
    fn envelopes_follow_the_parameters() {
        let of = |kind, parameters: &str| {
            batches::sample(kind, parameters, Some(&Body::parse("7".to_owned()).unwrap()), false)
        };
        let event = |kind, parameters| -> Value {
            serde_json::from_slice(&of(kind, parameters).unwrap().unwrap().event).unwrap()
        };
        let queued = event("sqs", "(lrt::batch::envelope::sns::Sns<u8>,)");
        let envelope: Value = serde_json::from_str(queued["Records"][0]["body"].as_str().unwrap()).unwrap();
        assert_eq!((&envelope["Type"], &envelope["Message"]), (&json!("Notification"), &json!("7")));
        assert_eq!(event("json", "(lrt::batch::envelope::sns::Sns<u8>,)"), events::sns().text("7").build());
        let from_bus = events::eventbridge().detail(&7).build();
        assert_eq!(event("json", "(lrt::batch::envelope::eventbridge::EventBridge<u8>,)"), from_bus);
        let both = event("json", "(lrt::…::sns::Sns<lrt::…::eventbridge::EventBridge<u8>>,)");
        let message: Value = serde_json::from_str(both["Records"][0]["Sns"]["Message"].as_str().unwrap()).unwrap();
        assert_eq!(message, from_bus);
        assert!(of("json", "(u8,)").is_none());
    }
}
