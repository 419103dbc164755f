//! Filters log lines by level and target.

use tracing_core::{LevelFilter, Metadata};

/// The maximum level of all targets, and of particular ones.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(super) level: LevelFilter,
    /// `target=level`, the longest target first: the most specific one applies.
    targets: Vec<(String, LevelFilter)>,
}

impl From<LevelFilter> for Filter {
    fn from(level: LevelFilter) -> Filter {
        Filter { level, targets: Vec::new() }
    }
}

impl Filter {
    /// Parses the directives of `RUST_LOG`: levels, `target=level`s, and targets without a level, which are enabled at
    /// TRACE. Unless a level is given for them, all other targets have the level `default`.
    ///
    /// Invalid directives are passed to `invalid` and skipped.
    pub(super) fn parse(directives: &str, default: LevelFilter, mut invalid: impl FnMut(&str)) -> Filter {
        let mut filter = Filter::from(default);
        for directive in directives.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
            let (target, level) = match directive.split_once('=') {
                Some((target, level)) => (Some(target.trim()), parse_level(level.trim())),
                None => match parse_level(directive) {
                    Some(level) => (None, Some(level)),
                    None => (Some(directive), Some(LevelFilter::TRACE)),
                },
            };
            match (target, level) {
                (None, Some(level)) => filter.level = level,
                (Some(target), Some(level)) if is_target(target) => {
                    // The last directive of a target wins.
                    filter.targets.retain(|(other, _)| other != target);
                    filter.targets.push((target.to_owned(), level));
                }
                _ => invalid(directive),
            }
        }
        filter.targets.sort_by_key(|(target, _)| std::cmp::Reverse(target.len()));
        filter
    }

    pub(super) fn enables(&self, level: LevelFilter, target: &str) -> bool {
        let of_target = self.targets.iter().find(|(prefix, _)| target.starts_with(&**prefix));
        level <= of_target.map_or(self.level, |(_, level)| *level)
    }

    pub(super) fn enables_metadata(&self, metadata: &Metadata<'_>) -> bool {
        self.enables(LevelFilter::from_level(*metadata.level()), metadata.target())
    }

    /// Returns the maximum level of all targets.
    pub(super) fn max_level(&self) -> LevelFilter {
        self.targets.iter().map(|(_, level)| *level).fold(self.level, LevelFilter::max)
    }
}

fn parse_level(level: &str) -> Option<LevelFilter> {
    let words = [
        ("off", LevelFilter::OFF),
        ("error", LevelFilter::ERROR),
        ("warn", LevelFilter::WARN),
        ("info", LevelFilter::INFO),
        ("debug", LevelFilter::DEBUG),
        ("trace", LevelFilter::TRACE),
    ];
    words.into_iter().find(|(parse_level, _)| parse_level.eq_ignore_ascii_case(level)).map(|(_, level)| level)
}

/// Parses a level of Lambda.
///
/// Functions have no level `FATAL`. Messages of lrt that explain why the process exits are always written.
pub(super) fn parse_lambda_level(level: &str) -> Option<LevelFilter> {
    if level.eq_ignore_ascii_case("fatal") {
        return Some(LevelFilter::OFF);
    }
    parse_level(level).filter(|level| *level != LevelFilter::OFF)
}

/// Returns true if the text is a target. Filters of spans and their fields, which tracing-subscriber supports, are not.
fn is_target(text: &str) -> bool {
    !text.is_empty() && !text.contains(['[', ']', '{', '}', '=', '"', '/']) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(directives: &str) -> (Filter, Vec<String>) {
        let mut invalid = Vec::new();
        let filter = Filter::parse(directives, LevelFilter::INFO, |directive| invalid.push(directive.to_owned()));
        (filter, invalid)
    }

    #[test]
    fn longest_target_wins() {
        let (filter, invalid) = parsed("warn, app=debug,app::db=off,app::db=ERROR,hyper");
        assert!(invalid.is_empty());
        for (target, max_level) in [
            ("other", LevelFilter::WARN),
            ("app", LevelFilter::DEBUG),
            ("app::http", LevelFilter::DEBUG),
            ("app::db::pool", LevelFilter::ERROR),
            ("hyper::proto", LevelFilter::TRACE),
        ] {
            assert!(filter.enables(max_level, target), "{target}");
            let more = [LevelFilter::WARN, LevelFilter::INFO, LevelFilter::DEBUG, LevelFilter::TRACE];
            assert!(!more.into_iter().any(|level| level > max_level && filter.enables(level, target)), "{target}");
        }
        assert_eq!(filter.max_level(), LevelFilter::TRACE);
    }

    #[test]
    fn other_targets_keep_the_default_level() {
        let (filter, invalid) = parsed("app=debug");
        assert_eq!((filter.level, filter.max_level(), invalid.len()), (LevelFilter::INFO, LevelFilter::DEBUG, 0));
    }

    #[test]
    fn invalid_filter_directives_are_skipped_and_reported() {
        let (filter, invalid) = parsed("app=loud,[span{field=1}]=debug,a b=info,=info,error,,");
        assert_eq!(invalid, ["app=loud", "[span{field=1}]=debug", "a b=info", "=info"]);
        assert_eq!(filter, Filter::from(LevelFilter::ERROR));
    }

    #[test]
    fn lambda_levels_are_parsed_in_any_case() {
        for (text, level) in [
            ("TRACE", Some(LevelFilter::TRACE)),
            ("debug", Some(LevelFilter::DEBUG)),
            ("Info", Some(LevelFilter::INFO)),
            ("WARN", Some(LevelFilter::WARN)),
            ("ERROR", Some(LevelFilter::ERROR)),
            ("FATAL", Some(LevelFilter::OFF)),
            ("off", None),
            ("loud", None),
            ("", None),
        ] {
            assert_eq!(parse_lambda_level(text), level, "{text}");
        }
    }
}
