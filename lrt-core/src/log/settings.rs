//! What the environment says of the log.
//!
//! See [Setting log formats and levels](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html).

use super::filter::{Filter, lambdas};
use std::env::VarError;
use tracing_core::LevelFilter;

const FORMAT: &str = "AWS_LAMBDA_LOG_FORMAT";
const LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
const DIRECTIVES: &str = "RUST_LOG";

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) format: Format,
    pub(super) filter: Filter,
    /// What could not be made sense of, a sentence each.
    pub(super) odd: Vec<String>,
}

impl Settings {
    pub(super) fn read() -> Settings {
        Settings::of(|name| match std::env::var(name) {
            Ok(value) => Some(value),
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(value)) => Some(value.to_string_lossy().into_owned()),
        })
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Settings {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let mut odd = Vec::new();
        let format = match variable(FORMAT) {
            Some(format) if format.eq_ignore_ascii_case("json") => Format::Json,
            Some(format) if format.eq_ignore_ascii_case("text") => Format::Text,
            Some(format) => {
                odd.push(format!("{FORMAT}={format:?} is no format (JSON or Text): it is Text"));
                Format::Text
            }
            None => Format::Text,
        };
        let level = variable(LEVEL).and_then(|level| {
            let known = lambdas(&level);
            if known.is_none() {
                let levels = "TRACE, DEBUG, INFO, WARN, ERROR or FATAL";
                odd.push(format!("{LEVEL}={level:?} is no level ({levels}): it is as if it were not set"));
            }
            known
        });
        let filter = match level {
            Some(level) => Filter::from(level),
            None => Filter::parse(&variable(DIRECTIVES).unwrap_or_default(), LevelFilter::INFO, |directive| {
                odd.push(format!("{DIRECTIVES}: {directive:?} is neither a level nor target=level, and is left out"));
            }),
        };
        Settings { format, filter, odd }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Settings {
        Settings::of(|name| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn lambdas_level_is_over_that_of_rust_log_which_is_over_info() {
        let level = |variables| of(variables).filter;
        assert_eq!(level(&[]), LevelFilter::INFO.into());
        assert_eq!(level(&[(DIRECTIVES, "debug")]), LevelFilter::DEBUG.into());
        assert_eq!(level(&[(DIRECTIVES, "debug"), (LEVEL, "ERROR")]), LevelFilter::ERROR.into());
        assert_eq!(level(&[(DIRECTIVES, "error,app=debug"), (LEVEL, "TRACE")]), LevelFilter::TRACE.into());
        assert_eq!(level(&[(DIRECTIVES, "debug"), (LEVEL, "")]), LevelFilter::DEBUG.into());
    }

    #[test]
    fn what_is_odd_is_told_in_a_sentence() {
        let settings = of(&[(FORMAT, "yaml"), (LEVEL, "lo\nud"), (DIRECTIVES, "warn,app=loud")]);
        assert_eq!((settings.format, settings.filter), (Format::Text, LevelFilter::WARN.into()));
        assert_eq!(
            settings.odd,
            [
                r#"AWS_LAMBDA_LOG_FORMAT="yaml" is no format (JSON or Text): it is Text"#,
                r#"AWS_LAMBDA_LOG_LEVEL="lo\nud" is no level (TRACE, DEBUG, INFO, WARN, ERROR or FATAL): it is as if it were not set"#,
                r#"RUST_LOG: "app=loud" is neither a level nor target=level, and is left out"#,
            ]
        );
        assert_eq!(of(&[(FORMAT, "json")]).format, Format::Json);
        assert_eq!(of(&[(FORMAT, "Text")]), of(&[]));
    }
}
