//! Which function is meant, and where its events are.

use crate::function::{LocalFunction, named};
use crate::lambda::MAX_PAYLOAD_BYTES;
use lrt_testing::__private::check_json;
use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

/// What is to be invoked, and on what.
pub(super) struct Target<'a> {
    pub(super) function: &'a dyn LocalFunction,
    pub(super) sources: Vec<Source>,
    /// Whether there can be but one event: a folder may have any number.
    pub(super) is_one: bool,
}

/// Where an event comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    Stdin,
    File(PathBuf),
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Source::Stdin => f.write_str("standard input"),
            Source::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// The function and the events that the words behind `invoke` name: `[NAME] FILE…`.
pub(super) fn find<'a>(functions: &[&'a dyn LocalFunction], words: &[OsString]) -> Result<Target<'a>, String> {
    let (name, words) = split(functions, words);
    let function = named(functions, name.as_deref())?;
    let is_one = words.len() == 1 && !is_folder(&words[0]);
    let mut sources = Vec::new();
    for word in words {
        match is_folder(word) {
            true => sources.extend(files_in(Path::new(word))?),
            false if word == "-" => sources.push(Source::Stdin),
            false => sources.push(Source::File(PathBuf::from(word))),
        }
    }
    match sources.is_empty() {
        true => Err(format!("`invoke {}` takes an event: a file, or - for standard input", function.name())),
        false => Ok(Target { function, sources, is_one }),
    }
}

/// Whether the first word is a name. A function's name is one even where there is a file that is called so: `./NAME` is that.
fn split<'a>(functions: &[&dyn LocalFunction], words: &'a [OsString]) -> (Option<String>, &'a [OsString]) {
    let Some((first, rest)) = words.split_first() else { return (None, words) };
    let text = first.to_string_lossy();
    let is_name = functions.iter().any(|function| function.name() == text);
    // What is no file and does not look like one is a name that is wrong.
    let is_event = text == "-" || text.contains(['.', '/']) || Path::new(first).exists();
    match is_name || (!is_event && !rest.is_empty()) {
        true => (Some(text.into_owned()), rest),
        false => (None, words),
    }
}

fn is_folder(word: &OsString) -> bool {
    Path::new(word).is_dir()
}

/// The JSON files of a folder, by their names.
fn files_in(folder: &Path) -> Result<Vec<Source>, String> {
    let cannot = |error| format!("cannot read {}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(cannot)?.collect::<Result<Vec<_>, _>>().map_err(cannot)?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json") && !path.is_dir());
    files.sort();
    match files.is_empty() {
        true => Err(format!("there is no .json file in {}", folder.display())),
        false => Ok(files.into_iter().map(Source::File).collect()),
    }
}

impl Source {
    /// The event; or what is wrong with it.
    pub(super) fn read(&self) -> Result<Vec<u8>, String> {
        let read = match self {
            Source::File(path) => std::fs::read(path),
            Source::Stdin => {
                let mut payload = Vec::new();
                stdin().lock().read_to_end(&mut payload).map(|_| payload)
            }
        };
        let payload = read.map_err(|error| {
            format!("cannot read {self}: {error}; `invoke` takes an event's file, or - for standard input")
        })?;
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(format!("{self} has {} bytes, and Lambda takes at most {MAX_PAYLOAD_BYTES}", payload.len()));
        }
        check_json(&payload).map_err(|why| format!("{self} is no JSON: {why}"))?;
        Ok(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_util::TestFunction;

    /// What the words behind `invoke` mean: the function, and its events.
    fn meant(functions: &[&dyn LocalFunction], line: &str) -> Result<(String, String), String> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        find(functions, &words).map(|target| {
            let sources: Vec<String> = target.sources.iter().map(Source::to_string).collect();
            (target.function.name().to_owned(), sources.join(" "))
        })
    }

    #[test]
    fn the_first_word_may_be_a_function() {
        let (process, get) = (TestFunction::new("process", "sqs"), TestFunction::new("get", "http"));
        for (functions, line, name, events) in [
            (&[&process as &dyn LocalFunction][..], "a.json", "process", "a.json"),
            (&[&process], "-", "process", "standard input"),
            (&[&process], "a.json - b.json", "process", "a.json standard input b.json"),
            (&[&process], "process a.json b.json", "process", "a.json b.json"),
            (&[&process], "event", "process", "event"),
            (&[&process], "./process", "process", "./process"),
            (&[&process, &get], "get a.json b.json", "get", "a.json b.json"),
            (&[&process, &get], "get get", "get", "get"),
        ] {
            assert_eq!(meant(functions, line), Ok((name.to_owned(), events.to_owned())), "{line}");
        }
    }

    #[test]
    fn a_wrong_name_or_none_lists_what_there_is() {
        let (process, get) = (TestFunction::new("process", "sqs"), TestFunction::new("get", "http"));
        let one = "it is `process`, which need not be named";
        for (functions, line, wrong) in [
            (
                &[&process as &dyn LocalFunction][..],
                "processes a.json",
                &*format!("no function is called \"processes\": {one}"),
            ),
            (&[&process, &get], "put a.json", "no function is called \"put\": they are `process`, `get`"),
            (&[&process, &get], "a.json b.json", "which function? One of `process`, `get`"),
            (&[&process, &get], "-", "which function? One of `process`, `get`"),
            (&[&process, &get], "get", "`invoke get` takes an event: a file, or - for standard input"),
        ] {
            assert_eq!(meant(functions, line), Err(wrong.to_owned()), "{line}");
        }
    }

    #[test]
    fn a_folder_is_all_of_its_json_files() {
        let folder = std::env::temp_dir().join(format!("lrt-invoke-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("of.json")).unwrap();
        let process = TestFunction::new("process", "sqs");
        let line = folder.display().to_string();
        assert_eq!(meant(&[&process], &line), Err(format!("there is no .json file in {line}")));
        for name in ["b.json", "a.json", "a.process.snap"] {
            std::fs::write(folder.join(name), "1").unwrap();
        }
        let events = format!("{line}/a.json {line}/b.json");
        assert_eq!(meant(&[&process], &line), Ok(("process".to_owned(), events)));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
