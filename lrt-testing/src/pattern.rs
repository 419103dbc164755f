//! Files by a pattern: `events/*.json`, `events/**/*.json`.
//!
//! `lrt` and `lrt-macros` each have this file, word for word, because a crate of macros can export nothing else. A test
//! of `lrt` (`tests/snapshots.rs`) compares the two.

use std::fs;
use std::path::Path;

/// Names that a message lists.
const LISTED: usize = 8;

/// The files that match, sorted, as paths relative to `home`.
///
/// `*` stands for any part of a name, `**` for any folders, none included. Hidden files are found by a pattern with
/// their dot only; snapshots never are, so that they may lie beside what they are of.
pub(crate) fn find(home: &Path, pattern: &str) -> Vec<String> {
    let parts: Vec<&str> = pattern.split('/').collect();
    let mut found = Vec::new();
    walk(home, "", &parts, &mut found);
    found.retain(|path| !path.ends_with(".snap") && !path.ends_with(".snap.new"));
    found.sort();
    found.dedup();
    found
}

/// Follows `parts` from the folder `path` on.
fn walk(home: &Path, path: &str, parts: &[&str], found: &mut Vec<String>) {
    let Some((&part, rest)) = parts.split_first() else {
        if home.join(path).is_file() {
            found.push(path.to_owned());
        }
        return;
    };
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    if !part.contains('*') {
        return walk(home, &below(part), rest, found);
    }
    if part == "**" {
        walk(home, path, rest, found);
    }
    for name in names(&home.join(path)) {
        let below = below(&name);
        if part != "**" && matches(part, &name) {
            walk(home, &below, rest, found);
        } else if part == "**" && is_folder(&home.join(&below)) && !name.starts_with('.') {
            walk(home, &below, parts, found);
        }
    }
}

/// A link to a folder may lead back to where it stands.
fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}

fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let mut parts = pattern.split('*');
    let (first, last) = (parts.next().unwrap_or_default(), parts.next_back().unwrap_or_default());
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    // The earliest place of each part leaves the most for those that follow.
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// What a folder holds, in words.
pub(crate) fn contents(folder: &Path) -> String {
    let mut names = names(folder);
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    match (&names[..], more) {
        ([], _) => "nothing".to_owned(),
        (names, 0) => names.join(", "),
        (names, more) => format!("{} and {more} more", names.join(", ")),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_part_of_a_name() {
        for (pattern, name) in [
            ("*", "a"),
            ("*.json", "a.json"),
            ("a*", "a"),
            ("a*a", "aa"),
            ("a*b*c", "a-b-b-c"),
            (".*", ".a"),
            ("**", "a"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.json", "a.jsonl"), ("*", ".a"), ("a*a", "a"), ("a*b*c", "a-c-b"), ("a*b*b", "a-b")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn files_are_found_in_order() {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = find(home, "src/**/*.rs");
        assert!(found.contains(&"src/lib.rs".to_owned()), "{found:?}");
        assert!(found.is_sorted());
        assert_eq!(find(home, "s*/lib.rs"), ["src/lib.rs"]);
        assert_eq!(find(home, "src/lib.rs"), ["src/lib.rs"]);
        assert_eq!(find(home, "src/../Cargo.t*"), ["src/../Cargo.toml"]);
        assert_eq!(find(home, "**/lib.rs").iter().filter(|path| *path == "src/lib.rs").count(), 1);
        assert!(find(home, "src").is_empty());
        assert!(find(home, "nowhere/*").is_empty());
    }
}
