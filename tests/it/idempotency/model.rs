//! A model check: two environments with the same key, interleaved at each await point in every order, with up to two
//! disturbances. An environment is killed, the time passes until the locks have expired, an operation of the store fails, or its
//! answer is lost.

use super::support::{Effects, Fault, SECOND, TestStore};
use lrt::idempotency::Idempotency;
use lrt::testing::{Outcome, TestContext};
use lrt::{DeadlineMargin, Error};
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(3);

/// Maximum number of disturbances in one run.
const DISTURBANCES: usize = 2;

/// The choices of one run. All runs together make every combination of choices.
#[derive(Default)]
struct Choices {
    /// Each choice, and the number of its options.
    made: Vec<(usize, usize)>,
    next: usize,
    disturbances: usize,
}

impl Choices {
    fn choose(&mut self, options: usize) -> usize {
        if self.next == self.made.len() {
            self.made.push((0, options));
        }
        let (choice, of) = self.made[self.next];
        assert_eq!(of, options, "runs are deterministic");
        self.next += 1;
        choice
    }

    /// Chooses an ordinary option, or one of `others`, which are disturbances.
    fn choose_or_disturb(&mut self, ordinary: usize, others: usize) -> usize {
        let others = if self.disturbances < DISTURBANCES { others } else { 0 };
        let choice = self.choose(ordinary + others);
        self.disturbances += usize::from(choice >= ordinary);
        choice
    }

    /// Moves to the next combination; false after the last one.
    fn advance(&mut self) -> bool {
        (self.next, self.disturbances) = (0, 0);
        while let Some((choice, options)) = self.made.pop() {
            if choice + 1 < options {
                self.made.push((choice + 1, options));
                return true;
            }
        }
        false
    }
}

/// The steps of a run, for the message of a failure.
#[derive(Default)]
struct History(Vec<String>);

#[tokio::test(start_paused = true)]
async fn effect_happens_at_most_once_or_the_next_run_is_reported() {
    let choices = Arc::new(Mutex::new(Choices::default()));
    let (mut runs, mut repeated, mut lost) = (0_u32, 0_u32, 0_u32);
    loop {
        let (effects, store, history, errors) = run(&choices).await;
        let (count, reported) = (effects.count(), store.follows_unfinished());
        assert!((1..=1 + reported).contains(&count), "{count} effects, {reported} reported: {:#?}", history.0);
        runs += 1;
        repeated += u32::from(count > 1);
        lost += u32::from(errors.iter().any(|error| error == "IdempotencyLockExpired"));
        if !choices.lock().unwrap().advance() {
            break;
        }
    }
    // The model reaches what it is about.
    assert!(
        runs > 3_000 && repeated > 0 && lost > 0,
        "{runs} runs, {repeated} with two effects, {lost} with a lost lock"
    );
}

async fn run(choices: &Arc<Mutex<Choices>>) -> (Effects, TestStore, History, Vec<String>) {
    let planned = Arc::clone(choices);
    let store = TestStore::new(move |_| match planned.lock().unwrap().choose_or_disturb(1, 2) {
        0 => None,
        1 => Some(Fault::Fails),
        _ => Some(Fault::LosesAnswer),
    });
    let effects = Effects::default();
    let environment = || {
        let effects = effects.clone();
        let function = move |_: u32| {
            let effects = effects.clone();
            async move {
                tokio::task::yield_now().await;
                effects.happen();
                Ok::<_, Error>(())
            }
        };
        let once = Idempotency::by(|id: &u32| *id).store(store.clone());
        // The function is not stopped at its deadline, as if the process was suspended.
        let builder = lrt::json(function).deadline_margin(DeadlineMargin::Off).layer(once);
        builder.harness().context(TestContext::new().deadline_in(TIMEOUT))
    };
    let harnesses = [environment(), environment()];
    let mut running: Vec<Option<Pin<Box<dyn Future<Output = Outcome> + '_>>>> =
        harnesses.iter().map(|harness| Some(harness.invoke("7"))).collect();
    let (mut history, mut errors) = (History::default(), Vec::new());
    loop {
        let live: Vec<usize> = (0..running.len()).filter(|n| running[*n].is_some()).collect();
        if live.is_empty() {
            break;
        }
        let choice = choices.lock().unwrap().choose_or_disturb(live.len(), live.len() + 1);
        if let Some(environment) = live.get(choice) {
            let future = running[*environment].as_mut().expect("the environment lives");
            if let Poll::Ready(outcome) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                let error = outcome.error().map_or("ok", |error| error.error_type()).to_owned();
                history.0.push(format!("{environment} ends: {error}"));
                errors.push(error);
                running[*environment] = None;
            } else {
                history.0.push(format!("{environment} goes on"));
            }
        } else if let Some(environment) = live.get(choice - live.len()) {
            history.0.push(format!("{environment} is killed"));
            // A killed process does not run destructors.
            mem::forget(running[*environment].take());
        } else {
            history.0.push("locks expire".to_owned());
            tokio::time::advance(TIMEOUT).await;
        }
    }
    drop(running);
    // A last execution, after all locks have expired.
    choices.lock().unwrap().disturbances = DISTURBANCES;
    tokio::time::advance(TIMEOUT + SECOND).await;
    let outcome = environment().invoke("7").await;
    history.0.push(format!("the last execution: {:?}, calls: {:?}", outcome.error(), store.calls()));
    assert!(outcome.is_ok(), "{:#?}", history.0);
    (effects.clone(), store.clone(), history, errors)
}
