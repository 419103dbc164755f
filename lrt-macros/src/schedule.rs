//! `schedule = "rate(5 minutes)"` and `schedule = "cron(0 9 ? * MON-FRI *)"`.
//!
//! See [schedule types](https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).

use syn::{Expr, LitStr};

use crate::errors::nearest;
use crate::option_value;

pub(crate) fn read(value: Expr) -> syn::Result<LitStr> {
    let schedule = option_value::string("schedule", value).map_err(|error| {
        syn::Error::new(error.span(), "`schedule` takes a string: `schedule = \"rate(5 minutes)\"`")
    })?;
    match check(&schedule.value()) {
        Ok(()) => Ok(schedule),
        Err(message) => Err(syn::Error::new_spanned(schedule, message)),
    }
}

fn check(schedule: &str) -> Result<(), String> {
    let parts = schedule.split_once('(').and_then(|(kind, rest)| Some((kind, rest.strip_suffix(')')?)));
    match parts {
        Some(("rate", inside)) => check_rate(inside),
        Some(("cron", inside)) => check_cron(inside),
        Some(("at", _)) => Err("`at(…)` runs once, so that it is not a trigger: use `rate(…)` or `cron(…)`".to_owned()),
        _ => Err("a schedule is `rate(5 minutes)` or `cron(0 9 ? * MON-FRI *)`".to_owned()),
    }
}

/// Checks `5 minutes`.
fn check_rate(inside: &str) -> Result<(), String> {
    const UNITS: [&str; 3] = ["minute", "hour", "day"];
    let expected = "a rate is a number and a unit: `rate(5 minutes)`";
    let Some((count, unit)) = inside.split_once(' ') else { return Err(expected.to_owned()) };
    let count = count.parse::<u32>().map_err(|_| expected.to_owned())?;
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    if count == 0 {
        return Err("a rate is at least 1: `rate(1 minute)`".to_owned());
    }
    if !UNITS.contains(&singular) {
        return Err(match nearest(singular, UNITS) {
            Some(near) => format!("unknown unit `{unit}`: did you mean `{near}s`?"),
            None => format!("unknown unit `{unit}`: the units are `minutes`, `hours` and `days`"),
        });
    }
    // EventBridge rules reject the other form.
    let right = if count == 1 { singular.to_owned() } else { format!("{singular}s") };
    if unit != right {
        return Err(format!("write `rate({count} {right})`"));
    }
    Ok(())
}

/// A field of a cron expression.
struct Field {
    name: &'static str,
    range: std::ops::RangeInclusive<u32>,
    /// Names of the values, from the first one of the range.
    names: &'static [&'static str],
    /// Characters that are only valid in this field, after or in place of a number.
    marks: &'static str,
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 6] = [
    Field { name: "minutes", range: 0..=59, names: &[], marks: "" },
    Field { name: "hours", range: 0..=23, names: &[], marks: "" },
    Field { name: "day of the month", range: 1..=31, names: &[], marks: "?LW" },
    Field { name: "month", range: 1..=12, names: &MONTHS, marks: "" },
    Field { name: "day of the week", range: 1..=7, names: &DAYS, marks: "?L#" },
    Field { name: "year", range: 1970..=2199, names: &[], marks: "" },
];

/// Checks `0 9 ? * MON-FRI *`.
fn check_cron(inside: &str) -> Result<(), String> {
    let fields: Vec<&str> = inside.split_ascii_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!(
            "a cron expression has 6 fields (minutes, hours, day of the month, month, day of the week, year), this one has {}",
            fields.len()
        ));
    }
    for (field, written) in FIELDS.iter().zip(&fields) {
        field.check(written)?;
    }
    let is_any = [fields[2], fields[4]].map(|field| field == "?");
    if is_any == [false, false] || is_any == [true, true] {
        return Err("one of the day of the month and the day of the week is `?`, and the other is not".to_owned());
    }
    Ok(())
}

impl Field {
    fn check(&self, written: &str) -> Result<(), String> {
        if written == "?" && self.marks.contains('?') {
            return Ok(());
        }
        match written.split(',').all(|item| self.is_valid(item)) {
            true => Ok(()),
            false => {
                let (first, last) = (self.range.start(), self.range.end());
                let names = match self.names {
                    [] => String::new(),
                    names => format!(" or {} to {}", names[0], names[names.len() - 1]),
                };
                Err(format!(
                    "invalid {} `{written}` (expected {first} to {last}{names}, a list, a range or `*`)",
                    self.name
                ))
            }
        }
    }

    /// Returns true for a value, a range or a step, and for the marks of days.
    fn is_valid(&self, item: &str) -> bool {
        let item = item.to_ascii_uppercase();
        if let Some((start, step)) = item.split_once('/') {
            let is_start = start == "*" || self.is_range(start);
            return is_start && step.parse::<u32>().is_ok_and(|step| step > 0 && step <= *self.range.end());
        }
        item == "*" || self.is_range(&item) || self.is_mark(&item)
    }

    fn is_range(&self, item: &str) -> bool {
        match item.split_once('-') {
            Some((from, to)) => self.number(from).is_some() && self.number(to).is_some(),
            None => self.number(item).is_some(),
        }
    }

    /// Returns true for the last day (`L`), the weekday nearest to a day (`3W`), or the n-th day of the month (`MON#2`).
    fn is_mark(&self, item: &str) -> bool {
        let has = |mark| self.marks.contains(mark);
        let is_value = |value: Option<&str>| value.is_some_and(|value| self.number(value).is_some());
        match item.split_once('#') {
            Some((day, week)) => has('#') && is_value(Some(day)) && matches!(week, "1" | "2" | "3" | "4" | "5"),
            None if item == "L" => has('L'),
            None if item == "LW" => has('W'),
            None => (has('W') && is_value(item.strip_suffix('W'))) || (has('#') && is_value(item.strip_suffix('L'))),
        }
    }

    fn number(&self, text: &str) -> Option<u32> {
        let named = || self.names.iter().position(|name| *name == text).map(|at| at as u32 + self.range.start());
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if is_number { text.parse().ok() } else { named() };
        number.filter(|number| self.range.contains(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the pages of EventBridge and EventBridge Scheduler.
    #[test]
    fn valid_schedules_are_accepted() {
        for schedule in [
            "rate(1 minute)",
            "rate(5 minutes)",
            "rate(1 hour)",
            "rate(7 days)",
            "cron(0 10 * * ? *)",
            "cron(15 12 * * ? *)",
            "cron(0 18 ? * MON-FRI *)",
            "cron(0 8 1 * ? *)",
            "cron(0/15 * * * ? *)",
            "cron(0/10 * ? * MON-FRI *)",
            "cron(0/5 8-17 ? * mon-fri *)",
            "cron(0/30 20-2 ? * MON-FRI *)",
            "cron(0 9 ? * 2#1 *)",
            "cron(15 10 ? * 6L 2022-2023)",
            "cron(0 0 L * ? *)",
            "cron(0 0 LW JAN,MAR ? 2027)",
            "cron(0 0 3W * ? *)",
            "cron(*/5 * * * ? *)",
        ] {
            assert_eq!(check(schedule), Ok(()), "{schedule}");
        }
    }

    #[test]
    fn invalid_schedules_are_rejected() {
        for (schedule, message) in [
            ("", "a schedule is `rate(5 minutes)` or `cron(0 9 ? * MON-FRI *)`"),
            ("5 minutes", "a schedule is `rate(5 minutes)` or `cron(0 9 ? * MON-FRI *)`"),
            ("at(2027-01-01T00:00:00)", "`at(…)` runs once, so that it is not a trigger: use `rate(…)` or `cron(…)`"),
            ("rate(5)", "a rate is a number and a unit: `rate(5 minutes)`"),
            ("rate(five minutes)", "a rate is a number and a unit: `rate(5 minutes)`"),
            ("rate(0 minutes)", "a rate is at least 1: `rate(1 minute)`"),
            ("rate(1 minutes)", "write `rate(1 minute)`"),
            ("rate(5 minute)", "write `rate(5 minutes)`"),
            ("rate(5 minuets)", "unknown unit `minuets`: did you mean `minutes`?"),
            ("rate(5 seconds)", "unknown unit `seconds`: the units are `minutes`, `hours` and `days`"),
            (
                "cron(0 9 * * *)",
                "a cron expression has 6 fields (minutes, hours, day of the month, month, day of the week, year), this one has 5",
            ),
            ("cron(60 9 * * ? *)", "invalid minutes `60` (expected 0 to 59, a list, a range or `*`)"),
            (
                "cron(0 9 ? * FUN *)",
                "invalid day of the week `FUN` (expected 1 to 7 or SUN to SAT, a list, a range or `*`)",
            ),
            (
                "cron(0 9 ? * 0 *)",
                "invalid day of the week `0` (expected 1 to 7 or SUN to SAT, a list, a range or `*`)",
            ),
            ("cron(0/0 9 * * ? *)", "invalid minutes `0/0` (expected 0 to 59, a list, a range or `*`)"),
            ("cron(? 9 * * ? *)", "invalid minutes `?` (expected 0 to 59, a list, a range or `*`)"),
            ("cron(0 9 * * * *)", "one of the day of the month and the day of the week is `?`, and the other is not"),
            ("cron(0 9 ? * ? *)", "one of the day of the month and the day of the week is `?`, and the other is not"),
        ] {
            assert_eq!(check(schedule), Err(message.to_owned()), "{schedule}");
        }
    }
}
