//! Results of a study, as `results.json` contains them.

use crate::statistics::Percentiles;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Results {
    pub date: String,
    pub machine: String,
    pub kernel: String,
    /// How the CPU was limited, or the reason why it was not.
    pub quota: String,
    pub commit: String,
    /// Versions by peer.
    pub versions: BTreeMap<String, String>,
    /// Bytes of the programs by peer: wave, and the others.
    pub bytes: BTreeMap<String, [u64; 2]>,
    /// Reasons by peer.
    pub skipped: BTreeMap<String, String>,
    pub runs: Vec<Run>,
}

/// A function with one memory size. All times are in milliseconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Run {
    pub peer: String,
    pub workload: String,
    pub memory_mb: u64,
    pub tls: bool,
    pub cold: Cold,
    /// Durations of further requests to a sandbox alone, 20 ms apart.
    pub warm: Percentiles,
    pub load: Load,
}

/// Cold starts, one at a time.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Cold {
    pub starts: usize,
    /// From `exec` to the first request for an event.
    pub init: Percentiles,
    pub first_duration: Percentiles,
    /// Init and the first duration.
    pub total: Percentiles,
    /// The sum of all cold starts.
    pub billed_ms: u64,
    /// The median, until the first response.
    pub cpu_ms: f64,
    pub connections_in_init: usize,
}

/// Requests to all sandboxes at once.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Load {
    pub requests: usize,
    pub duration: Percentiles,
    /// The sum of all requests.
    pub billed_ms: u64,
    /// The mean of all requests.
    pub cpu_ms: f64,
    /// The highest peak of all sandboxes.
    pub memory_mib: f64,
}

impl Run {
    /// Returns the product of the memory size and the billed time of all requests and cold starts.
    pub fn billed_mb_ms(&self) -> u64 {
        self.memory_mb * (self.cold.billed_ms + self.load.billed_ms)
    }
}

impl Results {
    /// Returns the runs of a workload, in the order of the peers.
    pub fn of<'a>(&'a self, workload: &'a str, memory_mb: u64, tls: bool) -> impl Iterator<Item = &'a Run> + Clone {
        self.runs.iter().filter(move |run| run.workload == workload && run.memory_mb == memory_mb && run.tls == tls)
    }

    /// Returns the memory sizes of the runs, in ascending order.
    pub fn memory_sizes(&self) -> Vec<u64> {
        let mut sizes: Vec<_> = self.runs.iter().map(|run| run.memory_mb).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }
}
