//! Records that determine their own outcome.

use lrt::Error;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Task of a record. The name is also the key of an item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: String,
    /// Number of failing attempts.
    pub(crate) fails: u32,
    /// Duration of each attempt.
    pub(crate) seconds: u64,
}

/// A job that succeeds immediately.
pub(crate) fn works(id: impl ToString) -> Job {
    fails(id, 0)
}

pub(crate) fn fails(id: impl ToString, times: u32) -> Job {
    Job { id: id.to_string(), fails: times, seconds: 0 }
}

pub(crate) fn always_fails(id: impl ToString) -> Job {
    fails(id, u32::MAX)
}

pub(crate) fn takes(id: impl ToString, seconds: u64) -> Job {
    Job { seconds, ..works(id) }
}

/// Attempts so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jobs {
    runs: Arc<Mutex<HashMap<String, u32>>>,
    done: Arc<Mutex<Vec<String>>>,
}

impl Jobs {
    pub(crate) async fn run(self, job: Job) -> Result<(), Error> {
        let run = {
            let mut runs = self.runs.lock().unwrap();
            let run = runs.entry(job.id.clone()).or_insert(0);
            *run += 1;
            *run
        };
        tokio::time::sleep(Duration::from_secs(job.seconds)).await;
        if run <= job.fails {
            return Err(Error::named("Failed", job.id));
        }
        self.done.lock().unwrap().push(job.id);
        Ok(())
    }

    /// Returns the completed jobs in order.
    pub(crate) fn done(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }
}
