//! Managed Instances: several workers in one process, over real sockets.

use crate::support::{Running, with_concurrency};
use futures_util::StreamExt;
use lrt::testing::{AnswerKind, Endpoint, Event, Fault};
use lrt::{Context, DeadlineMargin, Error, Handler};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{Barrier, Notify, Semaphore};

/// Answers with what it was given: `"wait"` when it is told to, `"panic"` and `"slow"` never.
fn told() -> (impl Handler, Arc<Semaphore>) {
    let go = Arc::new(Semaphore::new(0));
    let told = go.clone();
    let function = move |text: String| {
        let told = told.clone();
        async move {
            match &*text {
                "wait" => told.acquire().await.unwrap().forget(),
                "slow" => std::future::pending().await,
                "panic" => panic!("as told"),
                _ => {}
            }
            text
        }
    };
    (lrt::json(function).define(), go)
}

/// Waits until so many requests for an event are held.
async fn all_waiting(running: &Running, workers: usize) {
    while running.api.waiting_for_next() < workers {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn each_worker_has_its_own_connection_and_only_the_first_event_is_a_cold_start() {
    let cold = Arc::new(AtomicUsize::new(0));
    let counted = cold.clone();
    let all = Arc::new(Barrier::new(8));
    let function = move |text: String, ctx: Context| {
        counted.fetch_add(usize::from(ctx.cold_start()), Ordering::Relaxed);
        let all = all.clone();
        async move {
            // All eight are under way at once before the first goes on.
            all.wait().await;
            (text, Context::current().unwrap().request_id().to_owned())
        }
    };
    with_concurrency(8, lrt::json(function).define(), async |running| {
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
fn one_workers_panic_and_timeout_leave_the_others_alone() {
    let (handler, go) = told();
    with_concurrency(4, handler, async |running| {
        let waits = running.api.send(Event::new("\"wait\""));
        let endless = running.api.send(Event::new("\"wait\"").without_header("Lambda-Runtime-Deadline-Ms"));
        assert_eq!(running.invoke("\"panic\"").await.error_type(), Some("Function.Panic"));
        // Not before: the panic's backtrace may take the thread so long that this deadline would be over when it comes.
        let slow = running.api.send(Event::new("\"slow\"").deadline_in(Duration::from_millis(500)));
        assert_eq!(running.invoke("\"a\"").await.text(), "\"a\"");
        // Lambda does not enforce the time there: the guard does.
        assert_eq!(slow.await.error_type(), Some("Function.Timeout"));
        go.add_permits(2);
        assert_eq!(waits.await.text(), "\"wait\"");
        // Without a deadline there is no guard, and the function has its time.
        assert_eq!(endless.await.text(), "\"wait\"");
        assert!(running.stop().await);
    });
}

#[test]
fn a_worker_whose_connection_stays_broken_is_replaced_and_the_others_go_on() {
    let (handler, go) = told();
    with_concurrency(3, handler, async |running| {
        // Two are busy, so that the third meets all the faults.
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
        // The two, and the one that came in place of the third.
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
fn a_connection_that_is_cut_under_an_invocation_costs_no_answer() {
    let (handler, go) = told();
    with_concurrency(2, handler, async |running| {
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
fn the_invocation_id_of_each_is_echoed() {
    const HEADER: &str = "Lambda-Runtime-Invocation-Id";
    let (handler, _) = told();
    with_concurrency(4, handler, async |running| {
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
fn status_500_ends_the_process_whatever_the_others_do() {
    let (handler, _) = told();
    with_concurrency(4, handler, async |running| {
        let _waits = running.api.send(Event::new("\"wait\""));
        all_waiting(&running, 3).await;
        running.api.fault(Endpoint::Next, Fault::Status(500));
        let started = Instant::now();
        assert!(!running.ended().await);
        // An outage of them all is one after 15 s.
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    });
}

#[test]
fn a_runtime_api_that_is_gone_for_all_ends_the_process() {
    let (handler, _) = told();
    with_concurrency(4, handler, async |running| {
        all_waiting(&running, 4).await;
        running.api.stop();
        assert!(!running.ended().await);
    });
}

#[test]
fn work_after_the_reply_is_that_of_its_own_worker() {
    let done = Arc::new(Mutex::new(Vec::new()));
    let noted = done.clone();
    let go = Arc::new(Notify::new());
    let told = go.clone();
    let function = move |text: String, ctx: Context| {
        let (noted, told) = (noted.clone(), told.clone());
        async move {
            ctx.wait_until(async move {
                if text == "wait" {
                    told.notified().await;
                }
                noted.lock().unwrap().push((text, Context::current().unwrap().request_id().to_owned()));
            });
        }
    };
    with_concurrency(2, lrt::json(function).define(), async |running| {
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
fn at_the_end_invocations_have_a_quarter_of_a_second() {
    let slept = |ms: u64| async move {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        ms
    };
    with_concurrency(3, lrt::json(slept).define(), async |running| {
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
fn a_function_without_a_guard_is_not_waited_for_at_the_end() {
    let endless = async |(): ()| std::future::pending::<()>().await;
    let handler = lrt::json(endless).deadline_margin(DeadlineMargin::Off).define();
    with_concurrency(2, handler, async |running| {
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
            n
        }
    };
    let counted = built.clone();
    let limit = move |(): &()| {
        counted.fetch_add(1, Ordering::SeqCst);
        tower::limit::ConcurrencyLimitLayer::new(2)
    };
    let handler = lrt::json(function).init(async || ()).layer_with(limit).define();
    with_concurrency(6, handler, async |running| {
        let pending: Vec<_> = (0..18).map(|n| running.api.send(Event::new(n.to_string()))).collect();
        for (n, pending) in pending.into_iter().enumerate() {
            assert_eq!(pending.await.text(), n.to_string());
        }
        assert_eq!((most.load(Ordering::SeqCst), built.load(Ordering::SeqCst)), (2, 1));
        assert!(running.stop().await);
    });
}

#[test]
fn streams_are_sent_side_by_side() {
    let barrier = Arc::new(tokio::sync::Barrier::new(3));
    let function = move |n: u32| {
        let barrier = barrier.clone();
        let chunks = futures_util::stream::iter(0..4).then(move |at| {
            let barrier = barrier.clone();
            async move {
                // None goes on before all three are here.
                barrier.wait().await;
                if (n, at) == (1, 2) { Err(Error::msg("as told")) } else { Ok(format!("{n}.{at} ")) }
            }
        });
        async move { chunks.take(if n == 1 { 4 } else { 3 }) }
    };
    with_concurrency(3, lrt::json(function).streaming().define(), async |running| {
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

/// Two functions that block their threads until both are there: they meet only on two threads.
#[cfg(feature = "multi-thread")]
#[test]
fn functions_that_block_run_at_once() {
    let barrier = Arc::new(std::sync::Barrier::new(2));
    let meet = move |(): ()| {
        let barrier = barrier.clone();
        async move { barrier.wait().is_leader() }
    };
    with_concurrency(2, lrt::json(meet).define(), async |running| {
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
