//! Number of connections, and the time when they are opened.

use crate::function::Function;
use crate::run;
use crate::server::{Behavior, Server};
use std::time::Duration;

const WARM: &str = "LRT_AWS_TEST_WARM";
const DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";
const STS: &str = "AWS_ENDPOINT_URL_STS";

/// Returns the only warning in the log.
fn warning(function: Function) -> String {
    let log = function.log();
    let warnings: Vec<_> = log.iter().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{log:#?}");
    warnings[0].clone()
}

#[test]
fn warmed_connection_is_open_before_the_first_event() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let function = Function::start(&[(WARM, "dynamodb"), (DYNAMODB, &server.url())]).await;
        function.initialized().await;
        let requests = server.requests();
        assert_eq!((server.connections(), requests.len()), (1, 1));
        assert!(requests[0].is_warm_up(), "{requests:?}");
        for _ in 0..2 {
            assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        }
        assert_eq!((server.connections(), server.calls().len()), (1, 2));
        assert!(function.log().iter().all(|line| !line.contains("WARN")));
    });
}

#[test]
fn connection_that_is_not_warmed_is_opened_in_the_invocation() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let function = Function::start(&[(DYNAMODB, &server.url())]).await;
        function.initialized().await;
        assert_eq!(server.connections(), 0);
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn clients_with_other_timeouts_share_the_connection() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let function = Function::start(&[(WARM, "dynamodb"), (DYNAMODB, &server.url())]).await;
        assert_eq!(function.call(&["impatient", "dynamodb", "task"]).await, ["ok"; 3]);
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn two_services_are_warmed_concurrently() {
    run(async {
        let (dynamodb, sts) = (Server::start(Behavior::default()).await, Server::start(Behavior::default()).await);
        let variables = [(WARM, "dynamodb,sts"), (DYNAMODB, &dynamodb.url()), (STS, &sts.url())];
        let function = Function::start(&variables).await;
        function.initialized().await;
        assert_eq!((dynamodb.connections(), sts.connections()), (1, 1));
        assert_eq!(function.call(&["dynamodb", "sts"]).await, ["ok"; 2]);
        assert_eq!((dynamodb.connections(), sts.connections()), (1, 1));
    });
}

#[test]
fn as_many_connections_are_open_as_were_warmed() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let function = Function::start(&[(WARM, "dynamodb,dynamodb,dynamodb"), (DYNAMODB, &server.url())]).await;
        function.initialized().await;
        assert_eq!(server.connections(), 3);
    });
}

#[test]
fn refused_connection_is_one_warning_and_delays_nothing_else() {
    run(async {
        let dynamodb = Server::start(Behavior::default()).await;
        let variables = [(WARM, "dynamodb,sts"), (DYNAMODB, &dynamodb.url()), (STS, "https://localhost:1")];
        let function = Function::start(&variables).await;
        function.initialized().await;
        assert_eq!(dynamodb.connections(), 1);
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        assert_eq!(dynamodb.connections(), 1);
        let warning = warning(function);
        assert!(warning.contains("could not open a connection in advance: https://localhost:1/: "), "{warning}");
        assert!(warning.contains("Connection refused"), "{warning}");
    });
}

#[test]
fn hanging_host_is_one_warning_and_init_continues() {
    run(async {
        let dynamodb = Server::start(Behavior::default()).await;
        let sts = Server::start(Behavior { hangs: true, ..Behavior::default() }).await;
        let variables = [(WARM, "dynamodb,sts"), (DYNAMODB, &dynamodb.url()), (STS, &sts.url())];
        let function = Function::start(&variables).await;
        function.initialized().await;
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        assert_eq!(dynamodb.connections(), 1);
        let warning = warning(function);
        assert!(warning.contains(&format!("could not open a connection in advance: {}/: ", sts.url())), "{warning}");
    });
}

#[test]
fn call_that_makes_no_request_is_one_warning() {
    run(async {
        let function = Function::start(&[(WARM, "nothing")]).await;
        function.initialized().await;
        let warning = warning(function);
        assert!(warning.ends_with("could not open a connection in advance: no request was made"), "{warning}");
    });
}

#[test]
fn connection_that_the_server_closed_is_replaced() {
    run(async {
        let idle_timeout = Some(Duration::from_secs(1));
        let server = Server::start(Behavior { idle_timeout, ..Behavior::default() }).await;
        let function = Function::start(&[(WARM, "dynamodb"), (DYNAMODB, &server.url())]).await;
        function.initialized().await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        assert_eq!((server.connections(), server.calls().len()), (2, 1));
    });
}

#[test]
fn connection_that_died_in_a_frozen_sandbox_is_replaced() {
    run(async {
        let idle_timeout = Some(Duration::from_millis(500));
        let server = Server::start(Behavior { idle_timeout, ..Behavior::default() }).await;
        let function = Function::start(&[(WARM, "dynamodb"), (DYNAMODB, &server.url())]).await;
        function.initialized().await;
        function.signal("STOP");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let thawed = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            function.signal("CONT");
        };
        let (outcomes, ()) = tokio::join!(function.call(&["dynamodb"]), thawed);
        assert_eq!(outcomes, ["ok"]);
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn call_on_a_connection_that_dies_is_retried() {
    run(async {
        let server = Server::start(Behavior { drops_first_call: true, ..Behavior::default() }).await;
        let function = Function::start(&[(WARM, "dynamodb"), (DYNAMODB, &server.url())]).await;
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        assert_eq!((server.connections(), server.calls().len()), (2, 2));
    });
}

#[test]
fn connection_that_takes_more_than_a_second_to_open_is_an_error() {
    run(async {
        let server = Server::start(Behavior { hangs: true, ..Behavior::default() }).await;
        let function = Function::start(&[(DYNAMODB, &server.url()), ("AWS_MAX_ATTEMPTS", "1")]).await;
        let outcome = function.call(&["dynamodb"]).await.concat();
        assert!(outcome.contains("connect timeout occurred after 1s"), "{outcome}");
    });
}

#[test]
fn idle_connection_is_used_after_a_pause() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let function = Function::start(&[(WARM, "dynamodb"), (DYNAMODB, &server.url())]).await;
        function.initialized().await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        assert_eq!(server.connections(), 1);
    });
}
