//! Suggests corrections of misspelled words ("did you mean").

/// Returns the known word with the smallest edit distance to `word`, if at most a third of the letters differ. lrt-macros
/// uses the same limit.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.chars().count().max(3) / 3;
    let distances = known.into_iter().map(|known| (strsim::osa_distance(word, known), known));
    distances.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn close_words_are_suggested_and_distant_ones_are_not() {
        let known = ["invoke", "sample", "template", "help"];
        for (word, suggestion) in [
            ("inovke", Some("invoke")),
            ("invok", Some("invoke")),
            ("simple", Some("sample")),
            ("templates", Some("template")),
            ("helps", Some("help")),
            ("serve", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), suggestion, "{word}");
        }
    }
}
