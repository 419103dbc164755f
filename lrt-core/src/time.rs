//! Formats times as in RFC 3339.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// Appends `2026-01-31T23:59:59.123Z`.
pub fn write_rfc3339(out: &mut String, time: SystemTime) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let ms = since.subsec_millis();
    // Writing to a String cannot fail.
    let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z");
}

/// Returns `2026-01-31T23:59:59Z`, without the fraction of a second.
pub fn rfc3339_seconds(time: SystemTime) -> String {
    let mut text = String::new();
    write_rfc3339(&mut text, time);
    text.truncate(text.len() - ".123Z".len());
    text.push('Z');
    text
}

/// Returns the date that is this many days after 1970-01-01, in the Gregorian calendar.
///
/// Years are counted from March, so that a leap day is the last day of its year. The lengths of the months then repeat
/// every five months (153 days), and eras of 400 years have 146,097 days each.
pub fn date(days: u64) -> (u64, u64, u64) {
    // There are 719,468 days between 0000-03-01 and 1970-01-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn written(ms: u64) -> String {
        let mut out = String::new();
        write_rfc3339(&mut out, UNIX_EPOCH + Duration::from_millis(ms));
        out
    }

    #[test]
    fn times_match_the_calendar() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_164_800_001, "2024-02-29T00:00:00.001Z"),
            (1_798_761_599_123, "2026-12-31T23:59:59.123Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(written(ms), text);
            let seconds = rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(ms));
            assert_eq!(seconds, format!("{}Z", text.split_once('.').unwrap().0));
        }
    }

    #[test]
    fn consecutive_days_have_consecutive_dates() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..400 * 366 {
            assert_eq!(date(days), (year, month, day));
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = [31, 28 + u64::from(is_leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1];
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }
}
