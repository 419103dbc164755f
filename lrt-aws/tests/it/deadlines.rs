//! Calls that end before the invocation's deadline.

use crate::function::Function;
use crate::run;
use crate::server::{Behavior, Server};
use lrt::testing::Event;
use std::time::Duration;

const DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";
const OUT_OF_TIME: &str = "no response: the invocation's deadline is in 250ms or less";

async fn outcome_within(behavior: Behavior, variables: &[(&str, &str)], timeout: Duration) -> (String, Server) {
    let server = Server::start(behavior).await;
    let url = server.url();
    let function = Function::start(&[&[(DYNAMODB, &*url)], variables].concat()).await;
    function.initialized().await;
    let outcomes = function.invoke(Event::new(r#"["dynamodb"]"#).deadline_in(timeout)).await;
    (outcomes.concat(), server)
}

#[test]
fn slow_response_is_an_error_that_the_handler_sees() {
    run(async {
        let slow = Behavior { delay: Duration::from_secs(30), ..Behavior::default() };
        let (outcome, server) = outcome_within(slow, &[], Duration::from_secs(2)).await;
        assert!(outcome.ends_with(OUT_OF_TIME), "{outcome}");
        assert_eq!(server.calls().len(), 1, "it is not retried");
    });
}

#[test]
fn missing_body_is_an_error_that_the_handler_sees() {
    run(async {
        let slow = Behavior { body_delay: Duration::from_secs(30), ..Behavior::default() };
        let (outcome, server) = outcome_within(slow, &[], Duration::from_secs(2)).await;
        assert!(outcome.ends_with(OUT_OF_TIME), "{outcome}");
        assert_eq!(server.calls().len(), 1, "it is not retried");
    });
}

#[test]
fn retries_end_with_an_error_that_the_handler_sees() {
    run(async {
        let failing = Behavior { responses: vec![(500, "{}".into())], ..Behavior::default() };
        let attempts = [("AWS_MAX_ATTEMPTS", "40")];
        let (outcome, server) = outcome_within(failing, &attempts, Duration::from_secs(3)).await;
        assert!(outcome.ends_with(OUT_OF_TIME), "{outcome}");
        let calls = server.calls().len();
        assert!((2..40).contains(&calls), "{calls}");
    });
}

#[test]
fn failed_attempt_is_retried_in_time() {
    run(async {
        let responses = vec![(500, "{}".into()), (200, "{}".into())];
        let once = Behavior { responses, ..Behavior::default() };
        let (outcome, server) = outcome_within(once, &[], Duration::from_secs(10)).await;
        assert_eq!((&*outcome, server.calls().len()), ("ok", 2));
    });
}
