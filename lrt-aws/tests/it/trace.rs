//! The trace header of the calls in an invocation.

use crate::function::Function;
use crate::run;
use crate::server::{Behavior, Server};
use lrt::testing::Event;

const DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";

#[test]
fn calls_send_the_trace_of_their_own_invocation() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        // The environment of the process must not be used.
        let old = ("_X_AMZN_TRACE_ID", "Root=1-0");
        let function = Function::start(&[(DYNAMODB, &server.url()), old]).await;
        let traces = ["Root=1-5;Parent=53;Sampled=1", "Root=1-6;Parent=54;Sampled=0;Lineage=1:a:0"];
        for trace in traces {
            let event = Event::new(r#"["dynamodb", "task"]"#).header("Lambda-Runtime-Trace-Id", trace);
            assert_eq!(function.invoke(event).await, ["ok"; 2]);
        }
        let calls = server.calls();
        let sent: Vec<_> = calls.iter().map(|call| call.header("x-amzn-trace-id").unwrap()).collect();
        assert_eq!(sent, [traces[0], traces[0], traces[1], traces[1]]);
        for call in &calls {
            let authorization = call.header("authorization").unwrap();
            assert!(authorization.contains("SignedHeaders=") && !authorization.contains("trace"), "{authorization}");
        }
    });
}

#[test]
fn invocation_without_a_trace_sends_none() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let function = Function::start(&[(DYNAMODB, &server.url())]).await;
        let event = Event::new(r#"["dynamodb"]"#).without_header("Lambda-Runtime-Trace-Id");
        assert_eq!(function.invoke(event).await, ["ok"]);
        assert_eq!(server.calls()[0].header("x-amzn-trace-id"), None);
    });
}
