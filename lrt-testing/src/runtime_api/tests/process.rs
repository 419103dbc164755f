use tokio::net::TcpStream;

use super::super::{AnswerKind, Event, RuntimeApi};
use super::{Client, run, start};

#[test]
fn init_error_is_the_answer_to_every_event() {
    run(async {
        let api = start().await;
        assert_eq!(api.try_init_error(), None);
        let queued = api.send(Event::new("1"));
        let mut client = Client::new(&api).await;
        let header = "Lambda-Runtime-Function-Error-Type: Runtime.NoConfig\r\n";
        assert_eq!(client.post("init/error", header, "{}").await.status, 202);
        let error = api.init_error().await;
        assert_eq!((error.kind, error.error_type()), (AnswerKind::Error, Some("Runtime.NoConfig")));
        assert_eq!(queued.await, error);
        assert_eq!(api.invoke(Event::new("2")).await, error);

        api.process_ended();
        let pending = api.send(Event::new("3"));
        assert_eq!(client.next().await.id(), pending.request_id());
        let late = client.post("init/error", "", "{}").await;
        assert_eq!((late.status, late.text().contains("from Running to InitError")), (403, true));
    });
}

#[test]
fn no_event_is_delivered_before_every_extension_calls_next() {
    run(async {
        let api = start().await;
        let (mut runtime, mut client) = (Client::new(&api).await, Client::new(&api).await);
        let path = "/2020-01-01/extension";
        let register = |name: &str, events: &str| {
            let body = format!("{{\"events\":[{events}]}}");
            let length = body.len();
            format!("POST {path}/register HTTP/1.1\r\nHost: a\r\n{name}Content-Length: {length}\r\n\r\n{body}")
        };
        client.send(register("", "")).await;
        assert_eq!(client.read().await.status, 403);
        client.send(register("Lambda-Extension-Name: lrt\r\n", "\"SHUTDOWN\"")).await;
        assert_eq!(client.read().await.status, 403);
        client.send(register("Lambda-Extension-Name: lrt\r\n", "\"INVOKE\"")).await;
        let registered = client.read().await;
        assert_eq!((registered.status, registered.text().contains("\"functionName\"")), (200, true));
        let id = registered.header("Lambda-Extension-Identifier").expect("an identifier");

        let pending = api.send(Event::new("1"));
        runtime.send_next().await;
        api.next_waiting().await;
        let [extension] = &api.extensions()[..] else { panic!("one extension") };
        assert_eq!(
            (extension.name.as_str(), &extension.events[..], extension.waiting),
            ("lrt", &["INVOKE".into()][..], false)
        );

        let next = |id: &str| {
            format!("GET {path}/event/next HTTP/1.1\r\nHost: a\r\nLambda-Extension-Identifier: {id}\r\n\r\n")
        };
        client.send(next("other")).await;
        assert_eq!(client.read().await.status, 403);
        client.send(next(id)).await;
        assert_eq!(runtime.read().await.id(), pending.request_id());
        let event = client.read().await;
        assert!(event.text().contains(pending.request_id()) && event.text().contains("INVOKE"), "{}", event.text());
        client.send(next(id)).await;
        api.extension_waiting().await;
        assert!(api.extensions()[0].waiting);
    });
}

#[test]
fn answers_are_lost_when_the_process_or_the_api_ends() {
    run(async {
        let api = start().await;
        let (one, two) = (api.send(Event::new("1")), api.send(Event::new("2")));
        let mut client = Client::new(&api).await;
        client.next().await;
        api.process_ended();
        assert!(one.await.is_lost());
        assert_eq!(client.next().await.id(), two.request_id());
        api.stop();
        assert!(two.await.is_lost());
        assert!(api.invoke(Event::new("3")).await.is_lost());
        assert!(api.init_error().await.is_lost());
        api.next_waiting().await;
        assert!(client.rest().await.is_empty());
        assert_eq!(api.requests().len(), 2);
    });
}

#[test]
fn dropping_the_last_handle_stops_the_api() {
    run(async {
        let api = start().await;
        let (clone, address) = (api.clone(), api.address().to_owned());
        let mut client = Client::new(&api).await;
        drop(api);
        let pending = clone.send(Event::new("1"));
        client.next().await;
        drop(clone);
        assert!(pending.await.is_lost());
        assert!(client.rest().await.is_empty());
        assert!(TcpStream::connect(&address).await.is_err());
    });
}

#[test]
fn requests_are_not_recorded_if_disabled() {
    run(async {
        let api = RuntimeApi::builder().record_requests(false).start().await.expect("a port");
        let mut client = Client::new(&api).await;
        assert_eq!(client.respond("a", "").await.status, 400);
        assert!(api.requests().is_empty());
    });
}
