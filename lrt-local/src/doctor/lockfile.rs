//! The graph of dependencies in `Cargo.lock`.

use std::collections::{HashMap, VecDeque};
use toml::{Table, Value};

/// The packages of a `Cargo.lock`. It does not say which of them are development dependencies of a workspace's members.
#[derive(Debug)]
pub(super) struct Lockfile {
    /// The names of a package's dependencies, by its name. Versions of a package are merged.
    dependencies: HashMap<String, Vec<String>>,
}

impl Lockfile {
    pub(super) fn new(lockfile: &Table) -> Lockfile {
        let mut dependencies: HashMap<String, Vec<String>> = HashMap::new();
        for package in lockfile.get("package").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = package.get("name").and_then(Value::as_str) else { continue };
            let names = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
            // `NAME`, `NAME VERSION` or `NAME VERSION (SOURCE)`
            let names = names.filter_map(|name| name.as_str()?.split(' ').next().map(str::to_owned));
            dependencies.entry(name.to_owned()).or_default().extend(names);
        }
        Lockfile { dependencies }
    }

    /// Returns a shortest path from one of the packages `from` to `to` that has no package for which `avoid` returns true.
    pub(super) fn path<'a>(
        &'a self,
        from: impl IntoIterator<Item = &'a str>,
        to: &str,
        avoid: impl Fn(&str) -> bool,
    ) -> Option<Vec<&'a str>> {
        let mut paths: VecDeque<Vec<&str>> = from.into_iter().map(|name| vec![name]).collect();
        let mut visited = Vec::new();
        while let Some(path) = paths.pop_front() {
            let name = *path.last()?;
            if avoid(name) || visited.contains(&name) {
                continue;
            }
            if name == to {
                return Some(path);
            }
            visited.push(name);
            for next in self.dependencies.get(name).into_iter().flatten() {
                paths.push_back(path.iter().copied().chain([&**next]).collect());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_paths_are_found() {
        let lockfile = "
            [[package]]\nname = \"a\"\ndependencies = [\"b\", \"c 1.0.0\"]
            [[package]]\nname = \"b\"\ndependencies = [\"d\", \"a\"]
            [[package]]\nname = \"c\"\ndependencies = [\"target 1.0.0 (registry+https://example.com)\"]
            [[package]]\nname = \"c\"\nversion = \"2.0.0\"\ndependencies = [\"other\"]
            [[package]]\nname = \"d\"\ndependencies = [\"e\"]
            [[package]]\nname = \"e\"\ndependencies = [\"target\"]
            [[package]]\nname = \"target\"";
        let lockfile = Lockfile::new(&lockfile.parse().unwrap());
        let path = |from, avoided: &'static str| lockfile.path([from], "target", |name| name == avoided);
        assert_eq!(path("a", ""), Some(vec!["a", "c", "target"]));
        assert_eq!(path("a", "c"), Some(vec!["a", "b", "d", "e", "target"]));
        assert_eq!(path("a", "target"), None);
        assert_eq!(path("other", ""), None);
        assert_eq!(path("unknown", ""), None);
    }
}
