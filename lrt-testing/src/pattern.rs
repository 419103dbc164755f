//! Finds files by a glob pattern, such as `events/*.json` or `events/**/*.json`.
//!
//! `lrt-testing` and `lrt-macros` contain the same file, because a proc-macro crate cannot export functions. A test of `lrt`
//! (`tests/it/snapshots.rs`) compares the two.

use glob::{MatchOptions, Pattern, glob_with};
use std::fs;
use std::path::Path;

/// Maximum number of names in a message.
const MAX_LISTED: usize = 8;

/// Returns the files that match, sorted, as paths relative to `home`.
///
/// Hidden files match only a pattern with a leading dot. Snapshots never match, because they are in the folder of their events.
pub(crate) fn find(home: &Path, pattern: &str) -> Vec<String> {
    let options =
        MatchOptions { require_literal_separator: true, require_literal_leading_dot: true, ..MatchOptions::new() };
    let pattern = format!("{}/{pattern}", Pattern::escape(&home.to_string_lossy()));
    let paths = glob_with(&pattern, options).into_iter().flatten().flatten().filter(|path| path.is_file());
    let relative = |path: &Path| Some(path.strip_prefix(home).ok()?.to_str()?.replace('\\', "/"));
    let mut files: Vec<String> = paths.filter_map(|path| relative(&path)).collect();
    files.retain(|path| !path.ends_with(".snap") && !path.ends_with(".snap.new"));
    files.sort();
    files.dedup();
    files
}

/// Lists the files and folders in a folder.
pub(crate) fn contents(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    let more = names.len().saturating_sub(MAX_LISTED);
    names.truncate(MAX_LISTED);
    match (&names[..], more) {
        ([], _) => "nothing".to_owned(),
        (names, 0) => names.join(", "),
        (names, more) => format!("{} and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_and_relative() {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = find(home, "src/**/*.rs");
        assert!(found.contains(&"src/lib.rs".to_owned()), "{found:?}");
        assert!(found.is_sorted());
        assert_eq!(find(home, "s*/lib.rs"), ["src/lib.rs"]);
        assert_eq!(find(home, "src/lib.rs"), ["src/lib.rs"]);
        assert_eq!(find(home, "src/../Cargo.t*"), ["src/../Cargo.toml"]);
        assert_eq!(find(home, "**/lib.rs").iter().filter(|path| *path == "src/lib.rs").count(), 1);
        assert!(find(home, "src").is_empty());
        assert!(find(home, "missing/*").is_empty());
    }
}
