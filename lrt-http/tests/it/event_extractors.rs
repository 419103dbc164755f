//! Extractors of data of the event.

use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use axum_core::response::IntoResponse;
use lrt_core::capture_log;
use lrt_http::{AcceptedOrigins, Event, Origin, Path, PathParams, RequestContext, read};
use serde::Deserialize;
use std::collections::HashMap;

const EVENT: &str = r#"{"path":"/orders/a b","httpMethod":"GET","pathParameters":{"id":"7","name":"100%"},
    "requestContext":{"stage":"prod","authorizer":{"claims":{"sub":"ada"}}}}"#;

#[derive(Debug, PartialEq, Deserialize)]
struct Caller {
    authorizer: Authorizer,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Authorizer {
    claims: HashMap<String, String>,
}

/// Extracts from the request of an event.
async fn extract<T: FromRequestParts<()>>(event: &str) -> Result<T, T::Rejection> {
    let Ok((request, _)) = read(&event.to_owned().into(), AcceptedOrigins::Any, None) else {
        panic!("no event: {event}")
    };
    T::from_request_parts(&mut request.into_parts().0, &()).await
}

/// Extracts from a request that did not come from an event.
async fn without<T: FromRequestParts<()>>() -> Result<T, T::Rejection> {
    T::from_request_parts(&mut http::Request::new(Body::empty()).into_parts().0, &()).await
}

#[tokio::test]
async fn the_request_context_deserializes_to_any_type() {
    let claims = [("sub".to_owned(), "ada".to_owned())].into();
    let RequestContext(caller) = extract::<RequestContext<Caller>>(EVENT).await.unwrap();
    assert_eq!(caller, Caller { authorizer: Authorizer { claims } });
    assert_eq!(extract::<Option<RequestContext<Caller>>>(EVENT).await.unwrap().unwrap().0, caller);
}

#[tokio::test]
async fn a_request_context_of_another_type_is_a_500_and_logged() {
    let context = extract::<RequestContext<HashMap<String, String>>>(EVENT).await;
    let rejection = context.unwrap_err();
    let (response, log) = capture_log(async { rejection.into_response() }).await;
    assert_eq!(response.status(), 500);
    assert_eq!(
        log,
        ["ERROR EventRejection: failed to deserialize the request context from a REST API: \
          invalid type: map, expected a string at authorizer, line 1 column 29"]
    );
}

#[tokio::test]
async fn origin_and_event_are_extracted() {
    assert_eq!(extract::<Origin>(EVENT).await.unwrap(), Origin::RestApi);
    assert_eq!(extract::<Option<Origin>>(EVENT).await.unwrap(), Some(Origin::RestApi));
    assert_eq!(extract::<Event>(EVENT).await.unwrap().raw_path(), "/orders/a b");
}

#[tokio::test]
async fn requests_without_an_event_have_no_event_data() {
    assert!(without::<Option<RequestContext<Caller>>>().await.unwrap().is_none());
    assert!(without::<Option<Origin>>().await.unwrap().is_none());
    assert_eq!(without::<Option<Path<u8>>>().await.unwrap(), None);
    assert!(without::<Event>().await.is_err());
    let missing = without::<Origin>().await.unwrap_err();
    assert_eq!(missing.to_string(), "the request has no `lrt::http::Event` extension");
    assert_eq!(without::<RequestContext<Caller>>().await.unwrap_err().into_response().status(), 500);
}

#[tokio::test]
async fn path_parameters_of_the_route_precede_those_of_the_event() {
    let Path(found) = extract::<Path<HashMap<String, String>>>(EVENT).await.unwrap();
    assert_eq!(found, [("id", "7"), ("name", "100%")].map(|(k, v)| (k.to_owned(), v.to_owned())).into());

    // HTTP APIs decode the values, REST APIs do not.
    let escaped = EVENT.replace("100%", "a%40b%2Fc");
    assert_eq!(extract::<Path<HashMap<String, String>>>(&escaped).await.unwrap().0["name"], "a@b/c");
    let of_http_api = escaped.replacen('{', r#"{"version":"1.0","#, 1);
    assert_eq!(extract::<Path<HashMap<String, String>>>(&of_http_api).await.unwrap().0["name"], "a%40b%2Fc");

    let (request, _) = read(&EVENT.into(), AcceptedOrigins::Any, None).unwrap();
    let mut parts = request.into_parts().0;
    parts.extensions.insert(PathParams::encoded([("name", "100%25")]));
    let path = <Path<String> as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
    assert_eq!(path.unwrap().0, "100%");
}

#[tokio::test]
async fn without_path_parameters_an_optional_path_is_none() {
    for parameters in ["null", "{}"] {
        let event = EVENT.replace(r#"{"id":"7","name":"100%"}"#, parameters);
        assert_eq!(extract::<Option<Path<u8>>>(&event).await.unwrap(), None);
        assert_eq!(extract::<Path<u8>>(&event).await.unwrap_err().into_response().status(), 400);
    }
}

#[tokio::test]
async fn path_parameters_are_in_the_order_of_the_route() {
    let event = |route: &str| {
        format!(
            r#"{{"path":"/a/7/b/x/y","httpMethod":"GET","pathParameters":{{"a":"x/y","id2":"b","id":"7"}},
            "requestContext":{{{route}"stage":"prod"}}}}"#
        )
    };
    for route in [r#""resourcePath":"/a/{id}/{id2}/{a+}","#, r#""routeKey":"GET /a/{id}/{id2}/{a+}","#] {
        let Path(path) = extract::<Path<(u8, String, String)>>(&event(route)).await.unwrap();
        assert_eq!(path, (7, "b".to_owned(), "x/y".to_owned()), "{route}");
    }
    // Without a route that contains these names, they are in the order of the event.
    for route in [r#""routeKey":"$default","#, r#""resourcePath":null,"#, ""] {
        let Path(path) = extract::<Path<Vec<String>>>(&event(route)).await.unwrap();
        assert_eq!(path, ["x/y", "b", "7"], "{route}");
    }
}
