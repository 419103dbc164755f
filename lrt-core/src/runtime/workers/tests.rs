use super::*;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::rc::Rc;
use tokio::time::sleep;

const MS: Duration = Duration::from_millis(1);

fn failure(n: usize) -> Fatal {
    Fatal::Worker(n.to_string())
}

/// Runs `count` workers. The n-th worker, starting at 0, is `run_worker(n)`. Returns the result, and the times in ms at
/// which failed workers were replaced.
async fn run<F>(count: usize, run_worker: impl Fn(usize) -> F) -> (Result<(), String>, Vec<u64>)
where
    F: Future<Output = Result<(), Fatal>> + 'static,
{
    run_with_events(count, &AllInFlight::default(), run_worker).await
}

async fn run_with_events<F>(
    count: usize,
    in_flight: &AllInFlight,
    run_worker: impl Fn(usize) -> F,
) -> (Result<(), String>, Vec<u64>)
where
    F: Future<Output = Result<(), Fatal>> + 'static,
{
    let started = Instant::now();
    let spawned = RefCell::new(Vec::new());
    let spawn = || -> WorkerFuture {
        let n = spawned.borrow().len();
        spawned.borrow_mut().push(started.elapsed().as_millis() as u64);
        Box::pin(run_worker(n))
    };
    let broadcast = ShutdownBroadcast::default();
    let mut never = std::pin::pin!(std::future::pending());
    let mut shutdown = ShutdownSignal::new(never.as_mut());
    let mut supervisor = Supervisor::new(count, &spawn, &broadcast, in_flight);
    let ended = poll_fn(|cx| supervisor.poll(cx, &mut shutdown)).await.map_err(|fatal| fatal.to_string());
    (ended, spawned.borrow()[count..].to_vec())
}

#[tokio::test(start_paused = true)]
async fn supervisor_ends_when_all_workers_have_ended() {
    let started = Instant::now();
    let ended = run(5, |n| async move {
        sleep([30, 0, 10, 20, 10][n] * MS).await;
        Ok(())
    });
    assert_eq!(ended.await, (Ok(()), vec![]));
    assert_eq!(started.elapsed().as_millis(), 30);
}

#[tokio::test(start_paused = true)]
async fn worker_that_fails_or_panics_is_replaced_after_a_delay() {
    let ended = run(3, |n| async move {
        match n {
            // The slot whose worker is replaced every time.
            0 => Err(failure(n)),
            3..=9 if n % 2 == 1 => panic!("on purpose"),
            3..=9 => Err(failure(n)),
            _ => {
                sleep(60_000 * MS).await;
                Ok(())
            }
        }
    });
    assert_eq!(ended.await, (Ok(()), vec![100, 300, 700, 1500, 3100, 6300, 11_300, 16_300]));
}

#[tokio::test(start_paused = true)]
async fn delay_is_reset_after_a_long_time_without_failures() {
    let ended = run(2, |n| async move {
        // The first fails after 30 s, the second after 60 s, and each replacement 60 s after it started.
        sleep(if n == 0 { 30_000 * MS } else { 60_000 * MS }).await;
        if n < 5 { Err(failure(n)) } else { Ok(()) }
    });
    assert_eq!(ended.await, (Ok(()), vec![30_100, 60_100, 90_200, 120_200, 150_300]));
}

#[tokio::test(start_paused = true)]
async fn supervisor_fails_when_all_workers_fail() {
    let ended = run(3, |n| async move {
        sleep(1000 * MS).await;
        Err(failure(n))
    });
    let (ended, replaced) = ended.await;
    assert!(ended.is_err());
    assert!(replaced.is_empty());
}

#[tokio::test(start_paused = true)]
async fn failures_with_events_in_between_are_no_outage() {
    for receives in [true, false] {
        let in_flight = AllInFlight::default();
        let ended = run_with_events(2, &in_flight, |n| {
            let own = in_flight.add();
            async move {
                match n {
                    0 => return Err(failure(n)),
                    1 => {
                        sleep(10_000 * MS).await;
                        return Err(failure(n));
                    }
                    // The replacement of the first worker.
                    2 if receives => own.begin(&crate::Context::new(&Default::default(), Default::default(), true)),
                    _ => {}
                }
                sleep(60_000 * MS).await;
                Ok(())
            }
        });
        let (ended, replaced) = ended.await;
        let expected = if receives { vec![100, 10_100] } else { vec![100] };
        assert_eq!((ended.is_ok(), replaced), (receives, expected));
    }
}

#[tokio::test(start_paused = true)]
async fn non_recoverable_error_ends_the_supervisor_at_once() {
    let ended = run(3, |n| async move {
        if n == 1 {
            return Err(Fatal::NonRecoverable { request: "/next", request_id: String::new() });
        }
        std::future::pending().await
    });
    let (ended, replaced) = ended.await;
    assert!(ended.unwrap_err().contains("non-recoverable"));
    assert!(replaced.is_empty());
}

#[tokio::test]
async fn busy_workers_do_not_starve_others() {
    let turns: Rc<Vec<Cell<usize>>> = Rc::new(vec![Cell::new(0); 100]);
    let busy = |n: usize| {
        let turns = turns.clone();
        async move {
            let (send, mut received) = tokio::sync::mpsc::unbounded_channel();
            while turns.iter().map(Cell::get).sum::<usize>() < 100_000 {
                for _ in 0..8 {
                    send.send(()).unwrap();
                    received.recv().await.unwrap();
                }
                turns[n].set(turns[n].get() + 1);
            }
            Ok(())
        }
    };
    assert_eq!(run(100, busy).await.0, Ok(()));
    let (least, most) = (turns.iter().min().unwrap().get(), turns.iter().max().unwrap().get());
    assert!(least * 2 > most, "{least} {most}");
}
