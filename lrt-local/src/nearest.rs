//! What somebody may have meant.

/// The known word that is the nearest to what was written, if one is near. As in the attribute's messages (lrt-macros).
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = written.chars().count().max(3) / 3;
    let near = known.into_iter().map(|word| (distance(written, word), word));
    near.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// The letters that have to be added, left out, replaced or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let replaced = last[j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let swapped = match i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                true => before[j - 2] + 1,
                false => usize::MAX,
            };
            row.push(replaced.min(last[j] + 1).min(row[j - 1] + 1).min(swapped));
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_is_near() {
        let known = ["invoke", "sample", "template", "help"];
        for (written, word) in [
            ("inovke", Some("invoke")),
            ("invok", Some("invoke")),
            ("simple", Some("sample")),
            ("templates", Some("template")),
            ("helps", Some("help")),
            ("serve", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), word, "{written}");
        }
    }
}
