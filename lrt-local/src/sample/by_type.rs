//! Samples for the event type of a JSON function, which is found in the type name of the function's parameters.

use super::{Sample, batches, request};
use lrt_testing::__private::Origin;
use lrt_testing::IntoEvent;
use lrt_testing::events;
use serde_json::{Value, json};

/// Crate of the event types that `lrt::events` re-exports.
const EVENT_TYPES: &str = "aws_lambda_events::";

/// Returns a sample for the first parameter. `parameters` is the type name of a tuple.
///
/// # Errors
///
/// Returns an error if the type is an event of an AWS service without a sample.
pub(super) fn sample(parameters: &str) -> Result<Sample, String> {
    let event_type = elements(parameters).and_then(|parameters| parameters.first().copied()).unwrap_or_default();
    let name = event_type.split('<').next().unwrap_or_default().rsplit("::").next().unwrap_or_default();
    if let Some(start) = event_type.find(EVENT_TYPES) {
        // The type may be in an `Option` or a `Box`.
        let path = event_type[start..].split(['<', '>', ',', ')']).next().unwrap_or_default();
        let name = path.rsplit("::").next().unwrap_or_default();
        return aws_event(path, name).ok_or_else(|| {
            format!("no sample of {name}: save an event of the service to a file and use `invoke FILE`, or `sample --body @FILE`")
        })?;
    }
    let (example, is_exact) = match example(event_type) {
        Some(example) => (example, true),
        None => (json!({ "name": "Ada" }), false),
    };
    let note = match (is_exact, name) {
        (true, _) => "an example".to_owned(),
        (false, "" | "Value" | "Event") => "an example: replace it with any JSON that the function accepts".to_owned(),
        (false, name) => {
            format!("an example: replace it with JSON that deserializes as {name}, for instance with --body")
        }
    };
    Ok(Sample::new(example.to_string().as_bytes(), note))
}

/// Returns a sample of an event type of aws_lambda_events.
fn aws_event(path: &str, name: &str) -> Option<Result<Sample, String>> {
    let event = match name {
        "S3Event" => events::s3().created("photos/cat.jpg").into_event(),
        "SnsEvent" => events::sns().json(&json!({ "name": "Ada" })).into_event(),
        "EventBridgeEvent" | "CloudWatchEvent" => events::eventbridge().detail(&json!({ "name": "Ada" })).into_event(),
        "SqsEvent" => batches::orders(events::sqs()).into_event(),
        "KinesisEvent" => batches::readings().into_event(),
        "KafkaEvent" => batches::topic().into_event(),
        "Event" if path.contains("::dynamodb::") => batches::prices().into_event(),
        "ApiGatewayV2httpRequest" => return Some(Ok(request(Origin::HttpApi, None, None))),
        "ApiGatewayProxyRequest" => return Some(Ok(request(Origin::RestApi, None, None))),
        "ApiGatewayWebsocketProxyRequest" => return Some(Ok(request(Origin::WebSocket, None, None))),
        "AlbTargetGroupRequest" => return Some(Ok(request(Origin::Alb, None, None))),
        "LambdaFunctionUrlRequest" => return Some(Ok(request(Origin::FunctionUrl, None, None))),
        _ => return None,
    };
    let note = format!("a sample of {name}; `lrt::testing::events` creates others");
    Some(event.map(|event| Sample::new(&event, note)).map_err(|error| error.to_string()))
}

/// Returns an example of a scalar type of std, or of a list or tuple of them.
fn example(name: &str) -> Option<Value> {
    let inner = |prefix: &str| name.strip_prefix(prefix)?.strip_suffix('>');
    if let Some(item) = inner("alloc::vec::Vec<") {
        return example(item).map(|item| json!([item]));
    }
    if let Some(value) = inner("core::option::Option<").or_else(|| inner("alloc::boxed::Box<")) {
        return example(value);
    }
    if let Some(elements) = elements(name).filter(|elements| !elements.is_empty()) {
        return elements.into_iter().map(example).collect::<Option<Vec<_>>>().map(Value::from);
    }
    match name {
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => {
            Some(json!(1))
        }
        "f32" | "f64" => Some(json!(1.5)),
        "bool" => Some(json!(true)),
        "char" => Some(json!("A")),
        "alloc::string::String" => Some(json!("Ada")),
        "()" => Some(Value::Null),
        _ => None,
    }
}

/// Splits a tuple type into its elements.
fn elements(tuple: &str) -> Option<Vec<&str>> {
    let inner = tuple.strip_prefix('(')?.strip_suffix(')')?;
    let (mut depth, mut start, mut elements) = (0_usize, 0, Vec::new());
    for (index, letter) in inner.char_indices() {
        match letter {
            '(' | '<' | '[' => depth += 1,
            ')' | '>' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                elements.push(inner[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    elements.push(inner[start..].trim());
    elements.retain(|element| !element.is_empty());
    Some(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(parameters: &str) -> Value {
        serde_json::from_slice(&sample(parameters).unwrap().event).unwrap()
    }

    #[test]
    fn scalars_lists_and_tuples_have_an_example_of_their_type() {
        for (parameters, expected) in [
            ("(i64,)", json!(1)),
            ("((i64, i64), &app::Limits)", json!([1, 1])),
            ("(alloc::string::String, lrt_core::Context)", json!("Ada")),
            ("(alloc::vec::Vec<core::option::Option<(bool, f64)>>,)", json!([[true, 1.5]])),
            ("((),)", Value::Null),
            ("(app::Order,)", json!({ "name": "Ada" })),
            ("(alloc::vec::Vec<app::Order>,)", json!({ "name": "Ada" })),
            ("", json!({ "name": "Ada" })),
        ] {
            assert_eq!(event(parameters), expected, "{parameters}");
        }
        assert!(sample("(app::Order,)").unwrap().note.contains("deserializes as Order"));
    }

    #[test]
    fn event_types_of_aws_have_a_sample_or_a_message() {
        for (name, pointer) in [
            ("s3::S3Event", "/Records/0/s3/object/key"),
            ("sns::SnsEvent", "/Records/0/Sns/Message"),
            ("sqs::SqsEvent", "/Records/0/body"),
            ("dynamodb::Event", "/Records/0/dynamodb"),
            ("eventbridge::EventBridgeEvent<serde_json::value::Value>", "/detail/name"),
            ("apigw::ApiGatewayProxyRequest", "/httpMethod"),
            ("apigw::ApiGatewayV2httpRequest", "/rawPath"),
        ] {
            let event = event(&format!("(aws_lambda_events::event::{name}, lrt_core::Context)"));
            assert!(event.pointer(pointer).is_some(), "{name}: {event}");
        }
        let optional = event("(core::option::Option<aws_lambda_events::event::s3::S3Event>,)");
        assert_eq!(optional, event("(aws_lambda_events::event::s3::S3Event,)"));
        let error = sample("(aws_lambda_events::event::cognito::CognitoEvent,)").err().unwrap();
        assert!(error.starts_with("no sample of CognitoEvent: "), "{error}");
    }
}
