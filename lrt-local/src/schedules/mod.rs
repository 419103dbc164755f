//! `--schedules`: invokes functions with a schedule, as EventBridge does.

mod cron;
mod expression;

use super::function::LocalFunction;
use super::pool::Pool;
use super::sample;
use super::terminal::say;
use expression::Expression;
use lrt_core::__private::rfc3339_seconds;
use lrt_testing::events;
use lrt_testing::{Event, IntoEvent};
use std::time::{Duration, SystemTime};
use tokio::time::sleep;

/// A function with a schedule, and the payload of its events.
pub(super) struct ScheduledFunction {
    name: String,
    expression: Expression,
    payload: Payload,
}

enum Payload {
    /// The scheduled event of an EventBridge rule, which contains the time.
    OfRule,
    /// The input of EventBridge Scheduler.
    Input(String),
}

/// Returns the functions with a schedule.
///
/// # Errors
///
/// Returns an error if no function has one, or if one is invalid.
pub(super) fn find(functions: &[&dyn LocalFunction]) -> Result<Vec<Option<ScheduledFunction>>, String> {
    let found = functions.iter().map(|function| of_function(*function)).collect::<Result<Vec<_>, _>>()?;
    match found.iter().any(Option::is_some) {
        true => Ok(found),
        false => Err("--schedules: no function has a schedule (expected the option `schedule`)".to_owned()),
    }
}

fn of_function(function: &dyn LocalFunction) -> Result<Option<ScheduledFunction>, String> {
    let Some(schedule) = function.deployment().schedule else { return Ok(None) };
    let name = function.name().to_owned();
    let expression = Expression::parse(schedule).map_err(|error| format!("invalid schedule of `{name}`: {error}"))?;
    let payload = match function.kind() {
        "eventbridge" => Payload::OfRule,
        // The function reports a payload that it does not accept.
        _ => Payload::Input(sample::scheduled_payload(function).unwrap_or_else(|| "{}".to_owned())),
    };
    Ok(Some(ScheduledFunction { name, expression, payload }))
}

impl ScheduledFunction {
    /// Invokes the function at each time of its schedule, until the task is aborted.
    pub(super) async fn run(self, pool: Pool) {
        let mut last = SystemTime::now();
        while let Some(next) = self.expression.next(last) {
            say(format!("{}: next scheduled event at {}", self.name, rfc3339_seconds(next)).as_bytes());
            // In short steps, since the clock may be set and the machine may sleep.
            while let Ok(remaining) = next.duration_since(SystemTime::now()) {
                if remaining.is_zero() {
                    break;
                }
                sleep(remaining.min(Duration::from_secs(30))).await;
            }
            match self.event(next) {
                Ok(payload) => pool.invoke_async(Event::new(payload)),
                Err(error) => eprintln!("ERROR {}: {error}", self.name),
            }
            // Times that have passed in the meantime are skipped.
            last = next.max(SystemTime::now());
        }
    }

    fn event(&self, time: SystemTime) -> Result<Vec<u8>, String> {
        match &self.payload {
            Payload::OfRule => {
                let event = events::scheduled().time(rfc3339_seconds(time)).into_event();
                event.map(|event| event.to_vec()).map_err(|error| error.to_string())
            }
            Payload::Input(payload) => Ok(payload.clone().into_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_util::TestFunction;
    use std::time::UNIX_EPOCH;

    #[test]
    fn functions_without_schedule_and_invalid_schedules_are_reported() {
        let plain = TestFunction::new("plain", "json");
        let error = find(&[&plain]).err();
        assert_eq!(error.as_deref(), Some("--schedules: no function has a schedule (expected the option `schedule`)"));
        let invalid = TestFunction { schedule: Some("rate(1)"), ..TestFunction::new("tick", "json") };
        let error = find(&[&plain, &invalid]).err().unwrap();
        assert!(error.starts_with("invalid schedule of `tick`: "), "{error}");
        let valid = TestFunction { schedule: Some("rate(1 minute)"), ..TestFunction::new("tick", "json") };
        assert_eq!(find(&[&plain, &valid]).unwrap().iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn event_of_a_rule_contains_the_time() {
        let function = TestFunction { schedule: Some("rate(1 minute)"), ..TestFunction::new("tick", "eventbridge") };
        let scheduled = of_function(&function).unwrap().unwrap();
        // The times of a rate are those of its start, which is not a full second.
        let time = scheduled.expression.next(UNIX_EPOCH + Duration::from_millis(250)).unwrap();
        assert_eq!(time, UNIX_EPOCH + Duration::from_millis(60_250));
        let event = scheduled.event(time).unwrap();
        let event: serde_json::Value = serde_json::from_slice(&event).unwrap();
        assert_eq!(
            (&event["detail-type"], &event["time"]),
            (&"Scheduled Event".into(), &"1970-01-01T00:01:00Z".into())
        );
    }
}
