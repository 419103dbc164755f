//! Schedule expressions ([schedule types](https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html)).

use super::cron::Cron;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A parsed schedule.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expression {
    Rate(Duration),
    Cron(Cron),
}

impl Expression {
    pub(super) fn parse(text: &str) -> Result<Expression, String> {
        let expected = || format!("{text:?} (expected `rate(5 minutes)` or `cron(0 9 ? * MON-FRI *)`)");
        let parts = text.split_once('(').and_then(|(kind, rest)| Some((kind, rest.strip_suffix(')')?)));
        match parts {
            Some(("rate", rate)) => parse_rate(rate).map(Expression::Rate).ok_or_else(expected),
            Some(("cron", cron)) => Cron::parse(cron).map(Expression::Cron),
            _ => Err(expected()),
        }
    }

    /// Returns the first time after `last`. A cron expression has none if all of its years have passed.
    pub(super) fn next(&self, last: SystemTime) -> Option<SystemTime> {
        match self {
            Expression::Rate(interval) => last.checked_add(*interval),
            Expression::Cron(cron) => {
                let minute = last.duration_since(UNIX_EPOCH).ok()?.as_secs() / 60;
                UNIX_EPOCH.checked_add(Duration::from_secs(cron.next(minute)? * 60))
            }
        }
    }
}

/// Parses `5 minutes`.
fn parse_rate(text: &str) -> Option<Duration> {
    let (count, unit) = text.split_once(' ')?;
    let minutes = match unit.strip_suffix('s').unwrap_or(unit) {
        "minute" => 1,
        "hour" => 60,
        "day" => 24 * 60,
        _ => return None,
    };
    let count = count.parse::<u32>().ok().filter(|count| *count > 0)?;
    Some(Duration::from_secs(u64::from(count) * minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_intervals() {
        for (text, minutes) in
            [("rate(1 minute)", 1), ("rate(5 minutes)", 5), ("rate(2 hours)", 120), ("rate(1 day)", 1440)]
        {
            let expression = Expression::parse(text).unwrap();
            let last = UNIX_EPOCH + Duration::from_secs(7);
            assert_eq!(expression.next(last), Some(last + Duration::from_secs(minutes * 60)), "{text}");
        }
    }

    #[test]
    fn invalid_expressions_are_errors() {
        for text in
            ["", "rate", "rate(5)", "rate(0 minutes)", "rate(1 second)", "rate(1 minute", "at(2027-01-01T00:00:00)"]
        {
            let error = Expression::parse(text).unwrap_err();
            assert!(error.contains("expected `rate(5 minutes)`"), "{text}: {error}");
        }
        assert!(Expression::parse("cron(0 9)").is_err());
    }
}
