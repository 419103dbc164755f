//! The log settings in the environment.
//!
//! See [Setting log formats and levels](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html).

use super::filter::{Filter, parse_lambda_level};
use std::env::VarError;
use tracing_core::LevelFilter;

const FORMAT: &str = "AWS_LAMBDA_LOG_FORMAT";
const LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
const DIRECTIVES: &str = "RUST_LOG";

/// The format of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) format: Format,
    pub(super) filter: Filter,
    /// Messages about invalid settings.
    pub(super) warnings: Vec<String>,
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
        let mut warnings = Vec::new();
        let format = match variable(FORMAT) {
            Some(format) if format.eq_ignore_ascii_case("json") => Format::Json,
            Some(format) if format.eq_ignore_ascii_case("text") => Format::Text,
            Some(format) => {
                warnings.push(format!("ignoring invalid {FORMAT}={format:?} (expected JSON or Text)"));
                Format::Text
            }
            None => Format::Text,
        };
        let level = variable(LEVEL).and_then(|level| {
            let known = parse_lambda_level(&level);
            if known.is_none() {
                let levels = "TRACE, DEBUG, INFO, WARN, ERROR or FATAL";
                warnings.push(format!("ignoring invalid {LEVEL}={level:?} (expected {levels})"));
            }
            known
        });
        let filter = match level {
            Some(level) => Filter::from(level),
            None => Filter::parse(&variable(DIRECTIVES).unwrap_or_default(), LevelFilter::INFO, |directive| {
                warnings.push(format!(
                    "ignoring invalid directive {directive:?} in {DIRECTIVES} (expected LEVEL or TARGET=LEVEL)"
                ));
            }),
        };
        Settings { format, filter, warnings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Settings {
        Settings::of(|name| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn lambda_level_overrides_rust_log_which_overrides_info() {
        let level = |variables| of(variables).filter;
        assert_eq!(level(&[]), LevelFilter::INFO.into());
        assert_eq!(level(&[(DIRECTIVES, "debug")]), LevelFilter::DEBUG.into());
        assert_eq!(level(&[(DIRECTIVES, "debug"), (LEVEL, "ERROR")]), LevelFilter::ERROR.into());
        assert_eq!(level(&[(DIRECTIVES, "error,app=debug"), (LEVEL, "TRACE")]), LevelFilter::TRACE.into());
        assert_eq!(level(&[(DIRECTIVES, "debug"), (LEVEL, "")]), LevelFilter::DEBUG.into());
    }

    #[test]
    fn invalid_settings_are_reported() {
        let settings = of(&[(FORMAT, "yaml"), (LEVEL, "lo\nud"), (DIRECTIVES, "warn,app=loud")]);
        assert_eq!((settings.format, settings.filter), (Format::Text, LevelFilter::WARN.into()));
        assert_eq!(
            settings.warnings,
            [
                r#"ignoring invalid AWS_LAMBDA_LOG_FORMAT="yaml" (expected JSON or Text)"#,
                r#"ignoring invalid AWS_LAMBDA_LOG_LEVEL="lo\nud" (expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL)"#,
                r#"ignoring invalid directive "app=loud" in RUST_LOG (expected LEVEL or TARGET=LEVEL)"#,
            ]
        );
        assert_eq!(of(&[(FORMAT, "json")]).format, Format::Json);
        assert_eq!(of(&[(FORMAT, "Text")]), of(&[]));
    }
}
