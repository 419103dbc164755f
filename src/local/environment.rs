//! The execution environment of one of several functions: as in Lambda, it begins with the function's first event.

use super::served::Served;
use crate::testing::RuntimeApi;
use lrt_core::Environment;
use std::process::ExitCode;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A Runtime API, and whether the function runs that asks it for events.
pub(super) struct ExecutionEnvironment {
    api: RuntimeApi,
    stage: Mutex<Stage>,
    changed: Condvar,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Asleep,
    Awake,
    Over,
}

impl ExecutionEnvironment {
    /// One whose function runs from the beginning: it is the only one.
    pub(super) fn awake(api: RuntimeApi) -> ExecutionEnvironment {
        ExecutionEnvironment { api, stage: Mutex::new(Stage::Awake), changed: Condvar::new() }
    }

    /// One whose function is to be run when there is an event for it.
    pub(super) fn asleep(api: RuntimeApi) -> ExecutionEnvironment {
        ExecutionEnvironment { api, stage: Mutex::new(Stage::Asleep), changed: Condvar::new() }
    }

    /// Where an event is to be sent. The function is run, if it does not run already.
    pub(super) fn api(&self) -> &RuntimeApi {
        let mut stage = self.stage();
        if *stage == Stage::Asleep {
            // After an init that failed, the next event has it run again.
            self.api.process_ended();
            *stage = Stage::Awake;
            self.changed.notify_all();
        }
        &self.api
    }

    /// Runs the function whenever it is to be run, until ctrl-c ends it, or [`end`](Self::end) is called.
    pub(super) fn run(&self, function: &dyn Served, environment: &Environment) {
        loop {
            let stage = self.changed.wait_while(self.stage(), |stage| *stage == Stage::Asleep);
            if *stage.unwrap_or_else(PoisonError::into_inner) == Stage::Over {
                return;
            }
            let code = function.run(environment.clone());
            let mut stage = self.stage();
            if code == ExitCode::SUCCESS {
                *stage = Stage::Over;
            } else if *stage == Stage::Awake {
                *stage = Stage::Asleep;
                if self.api.try_init_error().is_none() {
                    // What was under way will never be answered.
                    self.api.process_ended();
                }
            }
        }
    }

    /// Runs the function no more.
    pub(super) fn end(&self) {
        *self.stage() = Stage::Over;
        self.changed.notify_all();
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
