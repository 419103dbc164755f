//! Cron expressions ([fields](https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based)), in UTC.

use lrt_core::__private::date;

const MINUTES_OF_DAY: u64 = 24 * 60;

/// Years in a cycle of the calendar in which each date has had each weekday.
const MAX_DAYS: u64 = 400 * 366;

/// A parsed cron expression: the items of each field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: Vec<Item>,
    hours: Vec<Item>,
    days: Vec<Item>,
    months: Vec<Item>,
    weekdays: Vec<Item>,
    years: Vec<Item>,
}

/// An item of a field.
#[derive(Debug, PartialEq, Eq)]
enum Item {
    /// `?`, or `*` without a step.
    Any,
    /// Every `step`-th value of a range, which may continue after the largest value: `20-2`.
    Range { from: u64, to: u64, step: u64 },
    /// The last day of the month: `L`.
    LastDay,
    /// The last weekday of the month: `LW`.
    LastWeekday,
    /// The weekday nearest to a day, in the same month: `3W`.
    NearestWeekday(u64),
    /// The last such day of the week in the month: `6L`.
    LastOfMonth(u64),
    /// The n-th such day of the week in the month: `6#3`.
    Nth { weekday: u64, n: u64 },
}

/// A field: its name and the range of its values.
struct Field {
    name: &'static str,
    min: u64,
    max: u64,
    /// Names of the values.
    names: &'static [&'static str],
}

const MINUTES: Field = Field { name: "minutes", min: 0, max: 59, names: &[] };
const HOURS: Field = Field { name: "hours", min: 0, max: 23, names: &[] };
const DAYS: Field = Field { name: "day of the month", min: 1, max: 31, names: &[] };
const MONTHS: Field = Field {
    name: "month",
    min: 1,
    max: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const WEEKDAYS: Field =
    Field { name: "day of the week", min: 1, max: 7, names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };
const YEARS: Field = Field { name: "year", min: 1970, max: 2199, names: &[] };

impl Cron {
    /// Parses `0 9 ? * MON-FRI *`.
    pub(super) fn parse(text: &str) -> Result<Cron, String> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minutes, hours, days, months, weekdays, years] = fields[..] else {
            return Err(format!("cron({text}) has {} fields (expected 6)", fields.len()));
        };
        Ok(Cron {
            minutes: MINUTES.parse(minutes)?,
            hours: HOURS.parse(hours)?,
            days: DAYS.parse(days)?,
            months: MONTHS.parse(months)?,
            weekdays: WEEKDAYS.parse(weekdays)?,
            years: YEARS.parse(years)?,
        })
    }

    /// Returns the first minute after `last` that matches, both since 1970.
    pub(super) fn next(&self, last: u64) -> Option<u64> {
        let first = last + 1;
        let first_day = first / MINUTES_OF_DAY;
        for day in first_day..first_day + MAX_DAYS {
            let Some(date) = Date::of(day).filter(|date| self.matches(date)) else { continue };
            if date.year > YEARS.max {
                return None;
            }
            let start = if day == first_day { first % MINUTES_OF_DAY } else { 0 };
            let is_time = |minute: &u64| has(&self.hours, minute / 60) && has(&self.minutes, minute % 60);
            if let Some(minute) = (start..MINUTES_OF_DAY).find(is_time) {
                return Some(day * MINUTES_OF_DAY + minute);
            }
        }
        None
    }

    fn matches(&self, date: &Date) -> bool {
        has(&self.years, date.year)
            && has(&self.months, date.month)
            && self.days.iter().any(|item| item.has_day(date))
            && self.weekdays.iter().any(|item| item.has_weekday(date))
    }
}

fn has(items: &[Item], value: u64) -> bool {
    items.iter().any(|item| item.has(value))
}

/// A day of the calendar.
struct Date {
    year: u64,
    month: u64,
    day: u64,
    /// 1 is Sunday.
    weekday: u64,
    last_day: u64,
}

impl Date {
    /// Returns the date that is this many days after 1970-01-01.
    fn of(days: u64) -> Option<Date> {
        let (year, month, day) = date(days);
        let last_day = (28..=31).rev().find(|last| date(days - day + last).1 == month)?;
        Some(Date { year, month, day, weekday: weekday(days), last_day })
    }

    /// Returns the weekday of a day of the same month.
    fn weekday_of(&self, day: u64) -> u64 {
        (self.weekday - 1 + 35 + day - self.day) % 7 + 1
    }

    /// Returns the day that is not on a weekend and nearest to this day of the month.
    fn nearest_weekday(&self, day: u64) -> u64 {
        match self.weekday_of(day) {
            7 if day > 1 => day - 1,
            7 => day + 2,
            1 if day < self.last_day => day + 1,
            1 => day - 2,
            _ => day,
        }
    }
}

/// Returns the day of the week, from 1 for Sunday. 1970-01-01 was a Thursday.
fn weekday(days: u64) -> u64 {
    (days + 4) % 7 + 1
}

impl Item {
    fn has(&self, value: u64) -> bool {
        match *self {
            Item::Any => true,
            Item::Range { from, to, step } if from <= to => {
                (from..=to).contains(&value) && (value - from).is_multiple_of(step)
            }
            // A range over the end. AWS's only examples are hours and weekdays, without a step.
            Item::Range { from, to, .. } => value >= from || value <= to,
            _ => false,
        }
    }

    fn has_day(&self, date: &Date) -> bool {
        match *self {
            Item::LastDay => date.day == date.last_day,
            Item::LastWeekday => date.day == date.nearest_weekday(date.last_day),
            Item::NearestWeekday(day) => day <= date.last_day && date.day == date.nearest_weekday(day),
            _ => self.has(date.day),
        }
    }

    fn has_weekday(&self, date: &Date) -> bool {
        match *self {
            // The last day of the week.
            Item::LastDay => date.weekday == WEEKDAYS.max,
            Item::LastOfMonth(weekday) => date.weekday == weekday && date.day + 7 > date.last_day,
            Item::Nth { weekday, n } => date.weekday == weekday && date.day.div_ceil(7) == n,
            _ => self.has(date.weekday),
        }
    }
}

impl Field {
    fn parse(&self, text: &str) -> Result<Vec<Item>, String> {
        let items: Option<Vec<_>> = text.split(',').map(|item| self.item(&item.to_ascii_uppercase())).collect();
        items.ok_or_else(|| format!("invalid {} {text:?}", self.name))
    }

    fn item(&self, item: &str) -> Option<Item> {
        if let Some((range, step)) = item.split_once('/') {
            let step = step.parse().ok().filter(|step| *step > 0)?;
            let (from, to) = match range {
                "*" => (self.min, self.max),
                range => match range.split_once('-') {
                    Some((from, to)) => (self.number(from)?, self.number(to)?),
                    None => (self.number(range)?, self.max),
                },
            };
            return Some(Item::Range { from, to, step });
        }
        if let Some((weekday, n)) = item.split_once('#') {
            let n = n.parse().ok().filter(|n| (1..=5).contains(n))?;
            return Some(Item::Nth { weekday: self.number(weekday)?, n });
        }
        if let Some((from, to)) = item.split_once('-') {
            return Some(Item::Range { from: self.number(from)?, to: self.number(to)?, step: 1 });
        }
        match item {
            "*" | "?" => return Some(Item::Any),
            "L" => return Some(Item::LastDay),
            "LW" => return Some(Item::LastWeekday),
            _ => {}
        }
        if let Some(day) = self.number(item) {
            return Some(Item::Range { from: day, to: day, step: 1 });
        }
        match (item.strip_suffix('W'), item.strip_suffix('L')) {
            (Some(day), _) => self.number(day).map(Item::NearestWeekday),
            (None, Some(weekday)) => self.number(weekday).map(Item::LastOfMonth),
            (None, None) => None,
        }
    }

    fn number(&self, text: &str) -> Option<u64> {
        let named = || self.names.iter().position(|name| *name == text).map(|at| at as u64 + self.min);
        text.parse().ok().or_else(named).filter(|number| (self.min..=self.max).contains(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt_core::__private::rfc3339_seconds;
    use std::time::{Duration, UNIX_EPOCH};

    /// Returns the first times after 2026-11-29T05:00Z, a Sunday.
    fn times(text: &str, count: usize) -> Vec<String> {
        let cron = Cron::parse(text).unwrap();
        let mut minute = 1_795_928_400 / 60;
        let next = || {
            minute = cron.next(minute)?;
            Some(rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(minute * 60)).replace(":00Z", ""))
        };
        std::iter::from_fn(next).take(count).collect()
    }

    #[test]
    fn next_times_match_the_fields() {
        for (text, expected) in [
            ("* * * * ? *", ["2026-11-29T05:01", "2026-11-29T05:02", "2026-11-29T05:03"]),
            ("0/15 * * * ? *", ["2026-11-29T05:15", "2026-11-29T05:30", "2026-11-29T05:45"]),
            ("0 10 * * ? *", ["2026-11-29T10:00", "2026-11-30T10:00", "2026-12-01T10:00"]),
            ("0 18 ? * MON-FRI *", ["2026-11-30T18:00", "2026-12-01T18:00", "2026-12-02T18:00"]),
            ("0 8 1 * ? *", ["2026-12-01T08:00", "2027-01-01T08:00", "2027-02-01T08:00"]),
            ("0 0 L * ? *", ["2026-11-30T00:00", "2026-12-31T00:00", "2027-01-31T00:00"]),
            // 31 January 2027 is a Sunday.
            ("0 0 LW JAN-MAR ? *", ["2027-01-29T00:00", "2027-02-26T00:00", "2027-03-31T00:00"]),
            // 1 May 2027 is a Saturday, 1 August a Sunday.
            ("0 0 1W MAY,AUG ? *", ["2027-05-03T00:00", "2027-08-02T00:00", "2028-05-01T00:00"]),
            ("0 9 ? * 2#1 *", ["2026-12-07T09:00", "2027-01-04T09:00", "2027-02-01T09:00"]),
            ("15 10 ? * 6L 2026-2027", ["2026-12-25T10:15", "2027-01-29T10:15", "2027-02-26T10:15"]),
            ("0/30 20-2 ? * SUN *", ["2026-11-29T20:00", "2026-11-29T20:30", "2026-11-29T21:00"]),
            ("0 0 29 2 ? *", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]),
            ("0 0 ? * L *", ["2026-12-05T00:00", "2026-12-12T00:00", "2026-12-19T00:00"]),
        ] {
            assert_eq!(times(text, 3), expected, "{text}");
        }
    }

    #[test]
    fn expression_ends_with_its_years() {
        assert_eq!(times("0 0 30 12 ? 2026", 3), ["2026-12-30T00:00"]);
        assert_eq!(times("0 0 1 1 ? 2020", 3), [""; 0]);
        assert_eq!(times("0 0 31 2 ? *", 1), [""; 0]);
    }

    #[test]
    fn invalid_fields_are_named() {
        for (text, error) in [
            ("0 9", "cron(0 9) has 2 fields (expected 6)"),
            ("60 9 * * ? *", "invalid minutes \"60\""),
            ("0 24 * * ? *", "invalid hours \"24\""),
            ("0 9 32 * ? *", "invalid day of the month \"32\""),
            ("0 9 * XXX ? *", "invalid month \"XXX\""),
            ("0 9 ? * 2#6 *", "invalid day of the week \"2#6\""),
            ("0 9 * * ? 1969", "invalid year \"1969\""),
            ("0/0 9 * * ? *", "invalid minutes \"0/0\""),
        ] {
            assert_eq!(Cron::parse(text), Err(error.to_owned()), "{text}");
        }
    }
}
