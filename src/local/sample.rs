//! `cargo run -- sample`: an event to try the function with.

use super::http::origin_of;
use super::served::Served;
use crate::gateway::{Facts, Origin, Phase, Request, route};
use std::borrow::Cow;

/// An event of the function's kind, as Lambda sends it, and what a user should know of it. `origin` is the service that
/// sends it, for a function of HTTP requests; or what is wrong with its name.
pub(super) fn sample(function: &dyn Served, origin: Option<&str>) -> Result<Sample, String> {
    let (kind, origin) = (function.kind(), origin_of(function.kind(), origin)?);
    if let Some(origin) = origin.or((kind == "websocket").then_some(Origin::WebSocket)) {
        return Ok(request(origin, function.route()));
    }
    let (event, note) = match kind {
        "sqs" => (include_str!("sample/sqs.json"), "two messages: put into `body` what the function takes"),
        "dynamodb" => {
            (include_str!("sample/dynamodb.json"), "two changes: put into the images what the function takes")
        }
        "kinesis" => {
            (include_str!("sample/kinesis.json"), "two records: put into `data`, in base64, what the function takes")
        }
        "kafka" => {
            (include_str!("sample/kafka.json"), "two records: put into `value`, in base64, what the function takes")
        }
        _ => (include_str!("sample/json.json"), "an example: any JSON goes that the function takes"),
    };
    Ok(Sample { event: event.trim_end().into(), note: note.into() })
}

/// A request that takes the function's route.
fn request(origin: Origin, route: Option<&str>) -> Sample {
    let mut facts = Facts::of(origin);
    let mut request = Request::new("GET", "/?name=Ada");
    if origin == Origin::WebSocket {
        facts.connection.phase = Phase::Message;
        request = with_body(request);
    } else if let Some(route) = route {
        let (method, path) = route::example(route);
        request = Request::new(method, &path);
        if matches!(method, "POST" | "PUT" | "PATCH") {
            request = with_body(request);
        }
        if origin.has_routes() {
            facts.route = Some(route.to_owned());
        }
    }
    request.or_header("User-Agent", "curl/8.5.0");
    let what = if origin == Origin::WebSocket { "a message" } else { "a request" };
    let note = format!("{what}, as {} hands it on; `lrt::testing::events::{0}` makes others", origin.name());
    Sample { event: serde_json::to_string_pretty(&facts.event(request)).unwrap_or_default().into(), note: note.into() }
}

fn with_body(mut request: Request) -> Request {
    request.or_header("Content-Type", "application/json");
    request.body = r#"{"name":"Ada"}"#.into();
    request
}

pub(super) struct Sample {
    pub(super) event: Cow<'static, str>,
    pub(super) note: Cow<'static, str>,
}

#[cfg(test)]
#[cfg(all(feature = "testing", feature = "batch"))]
mod tests {
    use super::*;
    use crate::testing::events::{self, kafka_record, message};
    use lrt_core::Handler;
    use serde_json::{Value, json};

    struct Of(&'static str, Option<&'static str>);

    impl Handler for Of {
        type Refs = ();
        type End = ();

        async fn boot(&self) -> Result<lrt_core::Boot<(), ()>, lrt_core::Report> {
            unreachable!("nobody runs it")
        }

        async fn service(&self, (): ()) -> Result<impl lrt_core::FunctionService, lrt_core::Report> {
            Ok(lrt_core::service_fn(async |_| Ok(lrt_core::Reply::from_bytes(""))))
        }

        fn kind(&self) -> &'static str {
            self.0
        }

        fn route(&self) -> Option<&str> {
            self.1
        }
    }

    fn event(kind: &'static str) -> Value {
        serde_json::from_str(&sample(&Of(kind, None), None).unwrap().event).unwrap()
    }

    #[cfg(feature = "http")]
    #[test]
    fn a_sample_of_a_request_takes_the_route() {
        let of = |kind, route, origin| -> Value {
            serde_json::from_str(&sample(&Of(kind, route), origin).unwrap().event).unwrap()
        };
        let get = "/?name=Ada";
        assert_eq!(event("http"), events::function_url().get(get).build());
        assert_eq!(event("api_gateway"), events::http_api().get(get).build());
        assert_eq!(event("alb"), events::alb().get(get).build());
        assert_eq!(event("lattice"), events::lattice().get(get).build());
        let route = "PUT /orders/{id}";
        let body = json!({"name": "Ada"});
        let put = events::rest_api().put("/orders/1").route(route).without_header("User-Agent").json(&body);
        assert_eq!(of("api_gateway", Some(route), Some("rest_api")), put.user_agent("curl/8.5.0").build());
        assert_eq!(event("websocket")["body"], body.to_string());
        assert!(sample(&Of("alb", None), Some("lattice")).is_err());
    }

    #[test]
    fn samples_are_what_the_builders_make() {
        let messages = [
            (
                "8a4c2f1e-6d0b-4b57-9e3a-2f5d7c1b9e60",
                "AQEBkq0wJ2b1rT8hVx5sYd3m",
                r#"{"id":1,"item":"tea","quantity":2}"#,
            ),
            (
                "c19b7e54-3f82-4a06-b1d5-70e8a6f42d9c",
                "AQEBz7Lc4nQe0uFi9pWk6gXo",
                r#"{"id":2,"item":"cup","quantity":1}"#,
            ),
        ];
        let sqs = messages.into_iter().fold(events::sqs(), |event, (id, receipt_handle, body)| {
            event.message(message().id(id).receipt_handle(receipt_handle).text(body))
        });
        assert_eq!(event("sqs"), sqs.build());

        let tea = |price: f64| json!({"id": "tea", "name": "Green tea", "price": price});
        let dynamodb = events::dynamodb().insert(&tea(3.5)).modify(&tea(3.5), &tea(3.25));
        assert_eq!(event("dynamodb"), dynamodb.build());

        let reading = |celsius: f64| json!({"sensor": "kitchen", "celsius": celsius});
        let kinesis = events::kinesis().partition_key("kitchen").json(&reading(21.5)).json(&reading(22.0));
        assert_eq!(event("kinesis"), kinesis.build());

        let order = |id: u32, item: &str| kafka_record().json(&json!({"id": id, "item": item})).key("customer-7");
        let kafka =
            events::kafka().topic("orders").record(order(1, "tea").header("source", "shop")).record(order(2, "cup"));
        assert_eq!(event("kafka"), kafka.build());
        assert_eq!(event("json"), json!({"name": "Ada"}));
    }
}
