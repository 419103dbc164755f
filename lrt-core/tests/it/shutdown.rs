//! Shutdown while the Runtime API does not respond, or a function does not end.

use crate::support::{PAUSE, TestHandler, echo, event, run};
use lrt_core::{Handler, Invocation, ShutdownFn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[test]
fn signal_ends_a_registration_that_gets_no_response() {
    for response in ["", "HTTP/1.1 200 OK\r\n"] {
        let has_run = Arc::new(AtomicBool::new(false));
        let work = has_run.clone();
        let work = ShutdownFn(move || async move { work.store(true, Ordering::Relaxed) });
        let call = |_: Invocation| async { unreachable!("no event is sent") };
        let start = Instant::now();
        let (succeeded, log) = run(1, TestHandler(call, work), async |api, signal| {
            let mut connection = api.accept().await;
            assert_eq!(connection.request().await.0, "POST /2020-01-01/extension/register");
            connection.send(response).await;
            tokio::time::sleep(PAUSE).await;
            signal.send(()).unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert!(has_run.load(Ordering::Relaxed), "{response:?}");
            connection
        });
        assert!(succeeded && log.is_empty(), "{log:?}");
        // A registration without a response takes at least 3 s.
        assert!(start.elapsed() < Duration::from_millis(2500), "{:?}", start.elapsed());
    }
}

/// Delivers an event to each of two workers, sends the signal, and responds to none of their replies. Returns the request
/// ids that are logged as in flight.
fn in_flight(handler: impl Handler) -> Vec<String> {
    let (succeeded, log) = run(2, handler, async |api, signal| {
        let mut workers = [api.accept_next().await, api.accept_next().await];
        for (worker, id) in workers.iter_mut().zip(["a-1", "b-2"]) {
            worker.send(&event(id, "1")).await;
        }
        tokio::time::sleep(PAUSE).await;
        signal.send(()).unwrap();
        // Longer than the grace period.
        tokio::time::sleep(Duration::from_millis(600)).await;
    });
    assert!(succeeded);
    let lines: Vec<&str> = log
        .iter()
        .filter_map(|line| line.strip_prefix("WARN shutting down with invocations still in flight: "))
        .collect();
    let [ids] = lines[..] else { panic!("{log:?}") };
    let mut ids: Vec<String> = ids.split(", ").map(ToOwned::to_owned).collect();
    ids.sort();
    ids
}

#[test]
fn invocations_in_flight_are_named_when_shutdown_does_not_wait_for_them() {
    assert_eq!(in_flight(echo()), ["a-1", "b-2"]);
    let pending = |_: Invocation| std::future::pending();
    assert_eq!(in_flight(TestHandler(pending, ())), ["a-1", "b-2"]);
}

/// Without the feature, a blocked function blocks all workers.
#[cfg(feature = "multi-thread")]
#[test]
fn invocations_that_block_their_thread_are_named() {
    let blocking = |invocation: Invocation| async move {
        std::thread::sleep(Duration::from_secs(3));
        Ok(lrt_core::Reply::from_bytes(invocation.payload().to_vec()))
    };
    assert_eq!(in_flight(TestHandler(blocking, ())), ["a-1", "b-2"]);
}
