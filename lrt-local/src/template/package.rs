//! The package: the name of the binary, and its source, which names variables and SDK clients.

use std::fs;
use std::path::{Path, PathBuf};

/// A binary and its source.
#[derive(Debug, Default)]
pub(crate) struct Package {
    /// Cargo's name of the binary.
    pub(super) binary: String,
    /// The code of all files, without lines that are comments.
    pub(super) source: String,
}

/// Variables of the system and of Lambda, which a function does not set.
const RESERVED: [&str; 9] = ["AWS_", "CARGO_", "LAMBDA_", "RUST_", "HOME", "LANG", "PATH", "TMPDIR", "USER"];

impl Package {
    /// Reads the source of a binary in the package that cargo runs. The source is empty if cargo does not run it.
    pub(crate) fn read(binary: String) -> Package {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(|folder| PathBuf::from(folder).join("src"));
        let source = folder.map_or_else(String::new, |folder| source(&folder, &binary));
        Package { binary, source }
    }

    /// Returns the names of the environment variables that the code reads, in the order of the code, without those that the
    /// system or Lambda sets. Recognizes names that are literals.
    pub(super) fn variables(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for (at, matched) in self.source.match_indices("env") {
            let (before, after) = (&self.source[..at], &self.source[at + matched.len()..]);
            // `Command::env` sets a variable.
            if before.ends_with(|letter: char| letter == '.' || letter == '_' || letter.is_alphanumeric()) {
                continue;
            }
            let call = ["::var_os(", "::var(", "("].iter().find_map(|call| after.strip_prefix(call));
            for name in call.into_iter().flat_map(literals) {
                if is_settable(name) && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

/// Returns the literals at the beginning of the argument of a call: one, or those of a tuple, as in `lrt::env(("A", "B"))`.
fn literals(argument: &str) -> impl Iterator<Item = &str> {
    let argument = argument.trim_start();
    let tuple = argument.strip_prefix('(');
    let mut rest = Some(tuple.unwrap_or(argument));
    std::iter::from_fn(move || {
        let (name, after) = rest?.trim_start().strip_prefix('"')?.split_once('"')?;
        rest = tuple.and_then(|_| after.trim_start().strip_prefix(','));
        Some(name)
    })
}

/// Returns true for names that a function's configuration may contain
/// ([Environment](https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html)).
fn is_settable(name: &str) -> bool {
    let is_reserved = RESERVED.iter().any(|reserved| match reserved.strip_suffix('_') {
        Some(_) => name.starts_with(reserved),
        None => name == *reserved,
    });
    let is_valid = name.len() > 1
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_valid && !is_reserved
}

/// Returns the code of all files in the folder, except for those of other binaries.
fn source(folder: &Path, binary: &str) -> String {
    let bin = folder.join("bin");
    let own = [bin.join(format!("{binary}.rs")), bin.join(binary)];
    let is_in_bin = own.iter().any(|path| path.exists());
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.retain(|file| match file.starts_with(&bin) {
        true => own.iter().any(|path| file.starts_with(path)),
        false => !is_in_bin || *file != folder.join("main.rs"),
    });
    files.sort();
    let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    let mut source = String::new();
    for text in texts {
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            source.push_str(line);
            source.push('\n');
        }
    }
    source
}

/// Adds all Rust files in a folder and in the folders below.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(&path, files),
            _ if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_the_code_reads_are_found() {
        let source = r#"
            let a = std::env::var("TABLE")?;
            let b = env::var_os("MAX_PRICE").or(env::var(
                "TABLE"));
            let c = lrt::env("Queue_2")?;
            let (d, e) = lrt::env(("LIMIT",
                "URL", ))?;
            let d = env::var(NAME).or(env!("COMPILED")).or(option_env!("COMPILED"));
            command.env("CHILD", "1").my_env("OTHER");
            env::var("AWS_REGION").or(env::var("RUST_LOG")).or(env::var("HOME")).or(env::var("no name")).or(env::var(""));
        "#;
        let package = Package { source: source.to_owned(), ..Package::default() };
        assert_eq!(package.variables(), ["TABLE", "MAX_PRICE", "Queue_2", "LIMIT", "URL"]);
    }

    #[test]
    fn source_contains_the_files_of_one_binary() {
        let folder = std::env::temp_dir().join(format!("lrt-package-{}", std::process::id()));
        for (file, text) in [
            ("main.rs", "main\n  // comment\n"),
            ("deep/shared.rs", "shared\n"),
            ("note.txt", "text\n"),
            ("bin/one.rs", "one\n"),
            ("bin/two/main.rs", "two\n"),
        ] {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        assert_eq!(source(&folder, "app"), "shared\nmain\n");
        assert_eq!(source(&folder, "one"), "one\nshared\n");
        assert_eq!(source(&folder, "two"), "two\nshared\n");
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(source(&folder, "app"), "");
    }
}
