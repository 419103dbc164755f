//! Percentiles of durations, and what Lambda would bill for them.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Durations in milliseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Percentiles {
    pub p10: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub max: f64,
}

impl Percentiles {
    /// # Panics
    ///
    /// Panics if `durations` is empty.
    pub fn of(durations: &[Duration]) -> Self {
        let mut sorted: Vec<f64> = durations.iter().map(|duration| milliseconds(*duration)).collect();
        sorted.sort_by(f64::total_cmp);
        let [p10, p50, p90, p99, max] = [10, 50, 90, 99, 100].map(|percent| nearest_rank(&sorted, percent));
        Self { p10, p50, p90, p99, max }
    }
}

/// Returns the smallest value that is at least as large as this share of all values.
fn nearest_rank(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]
}

/// Returns the median, in milliseconds.
pub fn median(durations: &[Duration]) -> f64 {
    Percentiles::of(durations).p50
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Returns the milliseconds that Lambda bills: each duration is rounded up to a millisecond.
pub fn billed(durations: &[Duration]) -> u64 {
    durations.iter().map(|duration| duration.as_micros().div_ceil(1000) as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn durations(milliseconds: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        milliseconds.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let all = Percentiles::of(&durations((1..=500).rev()));
        assert_eq!(all, Percentiles { p10: 50.0, p50: 250.0, p90: 450.0, p99: 495.0, max: 500.0 });
    }

    #[test]
    fn percentiles_of_one_duration_are_that_duration() {
        assert_eq!(Percentiles::of(&durations([7])), Percentiles { p10: 7.0, p50: 7.0, p90: 7.0, p99: 7.0, max: 7.0 });
    }

    #[test]
    fn median_of_an_even_number_is_the_lower_one() {
        assert_eq!(median(&durations([4, 1, 3, 2])), 2.0);
    }

    #[test]
    fn each_duration_is_billed_in_full_milliseconds() {
        let durations = [1, 1_000, 1_001, 2_500].map(Duration::from_micros);
        assert_eq!(billed(&durations), 1 + 1 + 2 + 3);
        assert_eq!(billed(&[]), 0);
    }
}
