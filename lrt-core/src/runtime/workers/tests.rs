use super::*;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::rc::Rc;
use tokio::time::sleep;

const MS: Duration = Duration::from_millis(1);

fn lost(n: usize) -> Fatal {
    Fatal::Worker(n.to_string())
}

/// What becomes of a crew of this many whose workers, counted from 0, live as `live` has it; and when others took the place
/// of those that failed, in ms.
async fn run<F>(count: usize, live: impl Fn(usize) -> F) -> (Result<(), String>, Vec<u64>)
where
    F: Future<Output = Result<(), Fatal>> + 'static,
{
    let begun = Instant::now();
    let hired = RefCell::new(Vec::new());
    let hire = || -> Life {
        let n = hired.borrow().len();
        hired.borrow_mut().push(begun.elapsed().as_millis() as u64);
        Box::pin(live(n))
    };
    let ending = Ending::default();
    let mut never = std::pin::pin!(std::future::pending());
    let mut stop = Stop::new(never.as_mut());
    let mut crew = Crew::new(count, &hire, &ending);
    let ended = poll_fn(|cx| crew.poll(cx, &mut stop)).await.map_err(|fatal| fatal.to_string());
    (ended, hired.borrow()[count..].to_vec())
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_all_have_ended() {
    let begun = Instant::now();
    let ended = run(5, |n| async move {
        sleep([30, 0, 10, 20, 10][n] * MS).await;
        Ok(())
    });
    assert_eq!(ended.await, (Ok(()), vec![]));
    assert_eq!(begun.elapsed().as_millis(), 30);
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_or_panics_is_replaced_after_a_pause() {
    let ended = run(3, |n| async move {
        match n {
            // Its place is the one that is filled anew, each time.
            0 => Err(lost(n)),
            3..=9 if n % 2 == 1 => panic!("on purpose"),
            3..=9 => Err(lost(n)),
            _ => {
                sleep(60_000 * MS).await;
                Ok(())
            }
        }
    });
    assert_eq!(ended.await, (Ok(()), vec![100, 300, 700, 1500, 3100, 6300, 11_300, 16_300]));
}

#[tokio::test(start_paused = true)]
async fn failures_that_are_far_apart_have_nothing_to_do_with_each_other() {
    let ended = run(2, |n| async move {
        // The first fails after 30 s, the second after 60 s, and each that follows 60 s after it began.
        sleep(if n == 0 { 30_000 * MS } else { 60_000 * MS }).await;
        if n < 5 { Err(lost(n)) } else { Ok(()) }
    });
    assert_eq!(ended.await, (Ok(()), vec![30_100, 60_100, 90_200, 120_200, 150_300]));
}

#[tokio::test(start_paused = true)]
async fn it_fails_when_all_have() {
    let ended = run(3, |n| async move {
        sleep(1000 * MS).await;
        Err(lost(n))
    });
    let (ended, replaced) = ended.await;
    assert!(ended.is_err());
    assert!(replaced.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_recovered_ends_it_at_once() {
    let ended = run(3, |n| async move {
        if n == 1 {
            return Err(Fatal::NonRecoverable("/next"));
        }
        std::future::pending().await
    });
    let (ended, replaced) = ended.await;
    assert!(ended.unwrap_err().contains("non-recoverable"));
    assert!(replaced.is_empty());
}

#[tokio::test]
async fn those_that_always_have_something_to_do_leave_the_others_their_turn() {
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
