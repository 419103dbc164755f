//! Which lines are written.

use tracing_core::{LevelFilter, Metadata};

/// The most detail that is written, of all and of some targets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) level: LevelFilter,
    /// `target=level`, the longest target first: the one that says most of a line's target counts.
    targets: Vec<(String, LevelFilter)>,
}

impl From<LevelFilter> for Filter {
    fn from(level: LevelFilter) -> Filter {
        Filter { level, targets: Vec::new() }
    }
}

impl Filter {
    /// Reads what `RUST_LOG` has: levels and `target=level`s, and targets alone, of which all is written. Where no level
    /// stands alone, it is `default`.
    ///
    /// What is none of these is handed to `odd`, and left out.
    pub(super) fn parse(directives: &str, default: LevelFilter, mut odd: impl FnMut(&str)) -> Filter {
        let mut filter = Filter::from(default);
        for directive in directives.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
            let (target, level) = match directive.split_once('=') {
                Some((target, level)) => (Some(target.trim()), word(level.trim())),
                None => match word(directive) {
                    Some(level) => (None, Some(level)),
                    None => (Some(directive), Some(LevelFilter::TRACE)),
                },
            };
            match (target, level) {
                (None, Some(level)) => filter.level = level,
                (Some(target), Some(level)) if is_target(target) => {
                    // The last one of a target counts.
                    filter.targets.retain(|(other, _)| other != target);
                    filter.targets.push((target.to_owned(), level));
                }
                _ => odd(directive),
            }
        }
        filter.targets.sort_by_key(|(target, _)| std::cmp::Reverse(target.len()));
        filter
    }

    pub(super) fn enables(&self, level: LevelFilter, target: &str) -> bool {
        let of_target = self.targets.iter().find(|(prefix, _)| target.starts_with(&**prefix));
        level <= of_target.map_or(self.level, |(_, level)| *level)
    }

    pub(super) fn enables_all_of(&self, metadata: &Metadata<'_>) -> bool {
        self.enables(LevelFilter::from_level(*metadata.level()), metadata.target())
    }

    /// The most detail of any target.
    pub(super) fn most(&self) -> LevelFilter {
        self.targets.iter().map(|(_, level)| *level).fold(self.level, LevelFilter::max)
    }
}

fn word(level: &str) -> Option<LevelFilter> {
    let words = [
        ("off", LevelFilter::OFF),
        ("error", LevelFilter::ERROR),
        ("warn", LevelFilter::WARN),
        ("info", LevelFilter::INFO),
        ("debug", LevelFilter::DEBUG),
        ("trace", LevelFilter::TRACE),
    ];
    words.into_iter().find(|(word, _)| word.eq_ignore_ascii_case(level)).map(|(_, level)| level)
}

/// A level of Lambda's.
///
/// No line of a Rust function is `FATAL`; those of lrt are which say why the process ends, and they are always written.
pub(super) fn lambdas(level: &str) -> Option<LevelFilter> {
    if level.eq_ignore_ascii_case("fatal") {
        return Some(LevelFilter::OFF);
    }
    word(level).filter(|level| *level != LevelFilter::OFF)
}

/// Paths, or what a `target:` may say; but no filters of spans and their fields, which tracing-subscriber knows.
fn is_target(text: &str) -> bool {
    !text.is_empty() && !text.contains(['[', ']', '{', '}', '=', '"', '/']) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(directives: &str) -> (Filter, Vec<String>) {
        let mut odd = Vec::new();
        let filter = Filter::parse(directives, LevelFilter::INFO, |directive| odd.push(directive.to_owned()));
        (filter, odd)
    }

    #[test]
    fn the_longest_target_counts() {
        let (filter, odd) = parsed("warn, app=debug,app::db=off,app::db=ERROR,hyper");
        assert!(odd.is_empty());
        for (target, most) in [
            ("other", LevelFilter::WARN),
            ("app", LevelFilter::DEBUG),
            ("app::http", LevelFilter::DEBUG),
            ("app::db::pool", LevelFilter::ERROR),
            ("hyper::proto", LevelFilter::TRACE),
        ] {
            assert!(filter.enables(most, target), "{target}");
            let more = [LevelFilter::WARN, LevelFilter::INFO, LevelFilter::DEBUG, LevelFilter::TRACE];
            assert!(!more.into_iter().any(|level| level > most && filter.enables(level, target)), "{target}");
        }
        assert_eq!(filter.most(), LevelFilter::TRACE);
    }

    #[test]
    fn targets_that_are_not_named_stay_as_they_are() {
        let (filter, odd) = parsed("app=debug");
        assert_eq!((filter.level, filter.most(), odd.len()), (LevelFilter::INFO, LevelFilter::DEBUG, 0));
    }

    #[test]
    fn what_is_odd_is_left_out_and_told() {
        let (filter, odd) = parsed("app=loud,[span{field=1}]=debug,a b=info,=info,error,,");
        assert_eq!(odd, ["app=loud", "[span{field=1}]=debug", "a b=info", "=info"]);
        assert_eq!(filter, Filter::from(LevelFilter::ERROR));
    }

    #[test]
    fn lambdas_levels_are_known_in_any_case() {
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
            assert_eq!(lambdas(text), level, "{text}");
        }
    }
}
