//! Managed Instances: several workers in one process, over real sockets.

use crate::support::{Running, run_workers};
use futures_util::StreamExt;
use lrt::testing::{AnswerKind, Endpoint, Event, Fault};
use lrt::{Context, DeadlineMargin, Error, Handler};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{Barrier, Notify, Semaphore};

/// Returns a function that echoes its payload, and a semaphore: `"wait"` waits for a permit, `"panic"` panics, `"slow"`
/// never replies.
fn controlled() -> (impl Handler, Arc<Semaphore>) {
    let go = Arc::new(Semaphore::new(0));
    let permits = go.clone();
    let function = move |text: String| {
        let permits = permits.clone();
        async move {
            match &*text {
                "wait" => permits.acquire().await.unwrap().forget(),
                "slow" => std::future::pending().await,
                "panic" => panic!("on purpose"),
                _ => {}
            }
            Ok::<_, lrt::Error>(text)
        }
    };
    (lrt::json(function).define(), go)
}

/// Waits until this many workers wait for an event.
async fn all_waiting(running: &Running, workers: usize) {
    while running.api.waiting_for_next() < workers {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn workers_have_their_own_connections_and_one_event_is_the_cold_start() {
    let cold = Arc::new(AtomicUsize::new(0));
    let counted = cold.clone();
    let all = Arc::new(Barrier::new(8));
    let function = move |text: String, ctx: Context| {
        counted.fetch_add(usize::from(ctx.cold_start()), Ordering::Relaxed);
        let all = all.clone();
        async move {
            // All eight are in flight before the first one continues.
            all.wait().await;
            Ok::<_, lrt::Error>((text, Context::current().unwrap().request_id().to_owned()))
        }
    };
    run_workers(8, lrt::json(function).define(), async |running| {
        all_waiting(&running, 8).await;
        let send = |n| running.api.send(Event::new(format!("\"{n}\"")).request_id(format!("id-{n}")));
        let pending: Vec<_> = (0..8).map(send).collect();
        for (n, pending) in pending.into_iter().enumerate() {
            assert_eq!(pending.await.text(), format!(r#"["{n}","id-{n}"]"#));
        }
        assert_eq!(running.api.connections(), 8);
        let posted = running.api.requests().into_iter().filter(|it| it.endpoint == Some(Endpoint::Response));
        assert_eq!(posted.map(|it| it.connection).collect::<HashSet<_>>().len(), 8);
        assert_eq!(cold.load(Ordering::Relaxed), 1);
        assert!(running.stop().await);
    });
}

#[test]
fn panic_and_timeout_in_one_worker_do_not_affect_the_others() {
    let (handler, go) = controlled();
    run_workers(4, handler, async |running| {
        let waits = running.api.send(Event::new("\"wait\""));
        let endless = running.api.send(Event::new("\"wait\"").without_header("Lambda-Runtime-Deadline-Ms"));
        assert_eq!(running.invoke("\"panic\"").await.error_type(), Some("Function.Panic"));
        // Sent only now, since a backtrace can block the thread for longer than this deadline.
        let slow = running.api.send(Event::new("\"slow\"").deadline_in(Duration::from_millis(500)));
        assert_eq!(running.invoke("\"a\"").await.text(), "\"a\"");
        // On Managed Instances, lrt enforces the deadline, but Lambda does not.
        assert_eq!(slow.await.error_type(), Some("Function.Timeout"));
        go.add_permits(2);
        assert_eq!(waits.await.text(), "\"wait\"");
        // Without a deadline, the function is not interrupted.
        assert_eq!(endless.await.text(), "\"wait\"");
        assert!(running.stop().await);
    });
}

/// A deadline can pass before lrt needs it for the first time, and Lambda does not end the invocation.
#[test]
fn deadline_that_passes_while_the_thread_is_blocked_is_enforced() {
    let function = async |text: String| {
        if text == "blocks" {
            std::thread::sleep(Duration::from_millis(150));
        }
        std::future::pending::<Result<(), lrt::Error>>().await
    };
    run_workers(2, lrt::json(function).define(), async |running| {
        all_waiting(&running, 2).await;
        let event = |text| running.api.send(Event::new(text).deadline_in(Duration::from_millis(50)));
        // The second event waits for the thread.
        let pending = [event("\"blocks\""), event("\"waits\"")];
        for pending in pending {
            assert_eq!(pending.await.error_type(), Some("Function.Timeout"));
        }
        assert!(running.stop().await);
    });
}

#[test]
fn failed_worker_is_replaced_and_the_others_continue() {
    let (handler, go) = controlled();
    run_workers(3, handler, async |running| {
        // Two workers are busy, so the third encounters all faults.
        let waits: Vec<_> = (0..2).map(|_| running.api.send(Event::new("\"wait\""))).collect();
        all_waiting(&running, 1).await;
        while running.api.waiting_for_next() > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for _ in 0..6 {
            running.api.fault(Endpoint::Next, Fault::Close { taken: false });
        }
        let asked = || running.api.requests().iter().filter(|it| it.endpoint == Some(Endpoint::Next)).count();
        while asked() < 3 + 6 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        go.add_permits(2);
        for pending in waits {
            assert_eq!(pending.await.text(), "\"wait\"");
        }
        // The two busy workers, and the replacement of the third.
        all_waiting(&running, 3).await;
        let pending: Vec<_> = (0..3).map(|_| running.api.send(Event::new("\"wait\""))).collect();
        while running.api.waiting_for_next() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        go.add_permits(3);
        for pending in pending {
            assert_eq!(pending.await.text(), "\"wait\"");
        }
        assert!(running.stop().await);
    });
}

#[test]
fn lost_connection_during_an_invocation_loses_no_reply() {
    let (handler, go) = controlled();
    run_workers(2, handler, async |running| {
        let waits = running.api.send(Event::new("\"wait\""));
        for fault in [Fault::CloseUnread, Fault::Close { taken: true }, Fault::CloseInHead(9), Fault::Status(410)] {
            let lost = fault == Fault::Status(410);
            running.api.fault(Endpoint::Response, fault.clone());
            let answer = running.invoke("\"a\"").await;
            assert_eq!(answer.kind == AnswerKind::Lost, lost, "{fault:?}");
            assert_eq!(running.invoke("\"b\"").await.text(), "\"b\"", "{fault:?}");
        }
        go.add_permits(1);
        assert_eq!(waits.await.text(), "\"wait\"");
        assert!(running.stop().await);
    });
}

#[test]
fn invocation_ids_are_echoed_by_each_worker() {
    const HEADER: &str = "Lambda-Runtime-Invocation-Id";
    let (handler, _) = controlled();
    run_workers(4, handler, async |running| {
        let send = |n: usize| {
            let payload = if n.is_multiple_of(2) { "\"a\"" } else { "\"panic\"" };
            running.api.send(Event::new(payload).header(HEADER, format!("inv-{n}")))
        };
        let pending: Vec<_> = (0..16).map(send).collect();
        for (n, pending) in pending.into_iter().enumerate() {
            assert_eq!(pending.await.headers.get(HEADER), Some(&*format!("inv-{n}")));
        }
        assert!(running.stop().await);
    });
}

#[test]
fn status_500_in_one_worker_ends_the_process() {
    let (handler, _) = controlled();
    run_workers(4, handler, async |running| {
        let _waits = running.api.send(Event::new("\"wait\""));
        all_waiting(&running, 3).await;
        running.api.fault(Endpoint::Next, Fault::Status(500));
        let started = Instant::now();
        assert!(!running.ended().await);
        // An outage of all workers would take 15 s.
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    });
}

#[test]
fn supervisor_fails_when_all_workers_fail() {
    let (handler, _) = controlled();
    run_workers(4, handler, async |running| {
        all_waiting(&running, 4).await;
        running.api.stop();
        assert!(!running.ended().await);
    });
}

#[test]
fn wait_until_work_belongs_to_its_worker() {
    let done = Arc::new(Mutex::new(Vec::new()));
    let recorded = done.clone();
    let go = Arc::new(Notify::new());
    let notification = go.clone();
    let function = move |text: String, ctx: Context| {
        let (recorded, notification) = (recorded.clone(), notification.clone());
        async move {
            ctx.wait_until(async move {
                if text == "wait" {
                    notification.notified().await;
                }
                recorded.lock().unwrap().push((text, Context::current().unwrap().request_id().to_owned()));
            });
            Ok::<_, lrt::Error>(())
        }
    };
    run_workers(2, lrt::json(function).define(), async |running| {
        running.api.invoke(Event::new("\"wait\"").request_id("1")).await;
        running.api.invoke(Event::new("\"a\"").request_id("2")).await;
        running.api.invoke(Event::new("\"b\"").request_id("3")).await;
        all_waiting(&running, 1).await;
        let pair = |text: &str, id: &str| (text.to_owned(), id.to_owned());
        assert_eq!(*done.lock().unwrap(), [pair("a", "2"), pair("b", "3")]);
        go.notify_one();
        all_waiting(&running, 2).await;
        assert_eq!(done.lock().unwrap()[2], pair("wait", "1"));
        assert!(running.stop().await);
    });
}

#[test]
fn invocations_have_a_grace_period_of_250_ms_at_shutdown() {
    let slept = |ms: u64| async move {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        Ok::<_, lrt::Error>(ms)
    };
    run_workers(3, lrt::json(slept).define(), async |running| {
        let [short, long] = ["100", "60000"].map(|ms| running.api.send(Event::new(ms)));
        while running.api.waiting_for_next() != 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(running.stop().await);
        assert_eq!(short.await.text(), "100");
        assert_eq!(long.await.error_type(), Some("Function.Timeout"));
    });
}

#[test]
fn grace_period_applies_without_a_deadline_margin() {
    let endless = async |(): ()| std::future::pending::<Result<(), lrt::Error>>().await;
    let handler = lrt::json(endless).deadline_margin(DeadlineMargin::Off).define();
    run_workers(2, handler, async |running| {
        let never = running.api.send(Event::new("null"));
        while running.api.waiting_for_next() != 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(running.stop().await);
        assert_eq!(never.await.error_type(), Some("Function.Timeout"));
    });
}

#[test]
fn layers_are_built_once_and_shared_by_all_workers() {
    let (now, most, built) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::<AtomicUsize>::default());
    let (running_now, seen) = (now.clone(), most.clone());
    let function = move |n: u32| {
        let (now, most) = (running_now.clone(), seen.clone());
        async move {
            most.fetch_max(1 + now.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, lrt::Error>(n)
        }
    };
    let counted = built.clone();
    let limit = move |(): &()| {
        counted.fetch_add(1, Ordering::SeqCst);
        tower::limit::ConcurrencyLimitLayer::new(2)
    };
    let handler = lrt::json(function).init(async || Ok::<_, lrt::Error>(())).layer_with(limit).define();
    run_workers(6, handler, async |running| {
        let pending: Vec<_> = (0..18).map(|n| running.api.send(Event::new(n.to_string()))).collect();
        for (n, pending) in pending.into_iter().enumerate() {
            assert_eq!(pending.await.text(), n.to_string());
        }
        assert_eq!((most.load(Ordering::SeqCst), built.load(Ordering::SeqCst)), (2, 1));
        assert!(running.stop().await);
    });
}

#[test]
fn streams_are_sent_concurrently() {
    let barrier = Arc::new(tokio::sync::Barrier::new(3));
    let function = move |n: u32| {
        let barrier = barrier.clone();
        let chunks = futures_util::stream::iter(0..4).then(move |at| {
            let barrier = barrier.clone();
            async move {
                // No stream continues before all three have started.
                barrier.wait().await;
                if (n, at) == (1, 2) { Err(Error::msg("on purpose")) } else { Ok(format!("{n}.{at} ")) }
            }
        });
        async move { Ok::<_, lrt::Error>(chunks.take(if n == 1 { 4 } else { 3 })) }
    };
    run_workers(3, lrt::json(function).streaming().define(), async |running| {
        let pending: Vec<_> = (0..3).map(|n| running.api.send(Event::new(n.to_string()))).collect();
        let mut answers = Vec::new();
        for pending in pending {
            answers.push(pending.await);
        }
        let texts: Vec<_> = answers.iter().map(|answer| answer.text().into_owned()).collect();
        assert_eq!(texts, ["0.0 0.1 0.2 ", "1.0 1.1 ", "2.0 2.1 2.2 "]);
        let failed: Vec<_> = answers.iter().map(|answer| !answer.trailers.is_empty()).collect();
        assert_eq!(failed, [false, true, false]);
        assert!(running.stop().await);
    });
}

/// Two functions block their threads until both have started, which requires two threads.
#[cfg(feature = "multi-thread")]
#[test]
fn blocking_functions_run_concurrently() {
    let barrier = Arc::new(std::sync::Barrier::new(2));
    let meet = move |(): ()| {
        let barrier = barrier.clone();
        async move { Ok::<_, lrt::Error>(barrier.wait().is_leader()) }
    };
    run_workers(2, lrt::json(meet).define(), async |running| {
        for _ in 0..20 {
            let pending = [0, 1].map(|_| running.api.send(Event::new("null")));
            let mut leaders = Vec::new();
            for pending in pending {
                leaders.push(pending.await.text().into_owned());
            }
            leaders.sort();
            assert_eq!(leaders, ["false", "true"]);
        }
        assert!(running.stop().await);
    });
}
