//! Finds the function and the events that the arguments of `invoke` name.

use crate::function::{self, LocalFunction};
use crate::lambda::MAX_PAYLOAD_BYTES;
use lrt_testing::__private::check_json;
use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

/// A function and its events.
pub(super) struct Target<'a> {
    pub(super) function: &'a dyn LocalFunction,
    pub(super) sources: Vec<EventSource>,
    /// True if the arguments name a single event instead of a folder.
    pub(super) is_single: bool,
}

/// Source of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EventSource {
    Stdin,
    File(PathBuf),
}

impl Display for EventSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            EventSource::Stdin => f.write_str("standard input"),
            EventSource::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Parses the arguments `[NAME] FILE…`.
pub(super) fn find<'a>(functions: &[&'a dyn LocalFunction], args: &[OsString]) -> Result<Target<'a>, String> {
    let (name, args) = split(functions, args);
    let function = function::find(functions, name.as_deref())?;
    let is_single = args.len() == 1 && !is_folder(&args[0]);
    let mut sources = Vec::new();
    for arg in args {
        match is_folder(arg) {
            true => sources.extend(files_in(Path::new(arg))?),
            false if arg == "-" => sources.push(EventSource::Stdin),
            false => sources.push(EventSource::File(PathBuf::from(arg))),
        }
    }
    match sources.is_empty() {
        true => {
            Err(format!("`invoke {}` requires an event (expected a file, or - for standard input)", function.name()))
        }
        false => Ok(Target { function, sources, is_single }),
    }
}

/// Splits off the name of a function. It takes precedence over a file with the same name, which can be written as
/// `./NAME`.
fn split<'a>(functions: &[&dyn LocalFunction], args: &'a [OsString]) -> (Option<String>, &'a [OsString]) {
    let Some((first, rest)) = args.split_first() else { return (None, args) };
    let text = first.to_string_lossy();
    let is_name = functions.iter().any(|function| function.name() == text);
    // If an argument is not a file and does not look like one, it is a misspelled name.
    let is_event = text == "-" || text.contains(['.', '/']) || Path::new(first).exists();
    match is_name || (!is_event && !rest.is_empty()) {
        true => (Some(text.into_owned()), rest),
        false => (None, args),
    }
}

fn is_folder(arg: &OsString) -> bool {
    Path::new(arg).is_dir()
}

/// Returns the JSON files of a folder, sorted by name.
fn files_in(folder: &Path) -> Result<Vec<EventSource>, String> {
    let read_error = |error| format!("cannot read {}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(read_error)?.collect::<Result<Vec<_>, _>>().map_err(read_error)?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json") && !path.is_dir());
    files.sort();
    match files.is_empty() {
        true => Err(format!("no .json file in {}", folder.display())),
        false => Ok(files.into_iter().map(EventSource::File).collect()),
    }
}

impl EventSource {
    /// Reads the event and checks that it is JSON and does not exceed Lambda's limit.
    pub(super) fn read(&self) -> Result<Vec<u8>, String> {
        let read = match self {
            EventSource::File(path) => std::fs::read(path),
            EventSource::Stdin => {
                let mut payload = Vec::new();
                stdin().lock().read_to_end(&mut payload).map(|_| payload)
            }
        };
        let payload =
            read.map_err(|error| format!("cannot read {self}: {error} (expected a file, or - for standard input)"))?;
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(format!("{self} exceeds the limit of {MAX_PAYLOAD_BYTES} bytes: {} bytes", payload.len()));
        }
        check_json(&payload).map_err(|error| format!("invalid JSON in {self}: {error}"))?;
        Ok(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_util::TestFunction;

    /// Returns the function and its events for a command line.
    fn parse(functions: &[&dyn LocalFunction], line: &str) -> Result<(String, String), String> {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        find(functions, &args).map(|target| {
            let sources: Vec<String> = target.sources.iter().map(EventSource::to_string).collect();
            (target.function.name().to_owned(), sources.join(" "))
        })
    }

    #[test]
    fn first_argument_may_be_a_function() {
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
            assert_eq!(parse(functions, line), Ok((name.to_owned(), events.to_owned())), "{line}");
        }
    }

    #[test]
    fn unknown_and_missing_names_list_the_functions() {
        let (process, get) = (TestFunction::new("process", "sqs"), TestFunction::new("get", "http"));
        let only = "the only function is `process`, and its name is optional";
        for (functions, line, error) in [
            (
                &[&process as &dyn LocalFunction][..],
                "processes a.json",
                &*format!("unknown function \"processes\": {only}"),
            ),
            (&[&process, &get], "put a.json", "unknown function \"put\" (expected one of `process`, `get`)"),
            (&[&process, &get], "a.json b.json", "missing function name (expected one of `process`, `get`)"),
            (&[&process, &get], "-", "missing function name (expected one of `process`, `get`)"),
            (&[&process, &get], "get", "`invoke get` requires an event (expected a file, or - for standard input)"),
        ] {
            assert_eq!(parse(functions, line), Err(error.to_owned()), "{line}");
        }
    }

    #[test]
    fn folder_stands_for_its_json_files() {
        let folder = std::env::temp_dir().join(format!("lrt-invoke-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("of.json")).unwrap();
        let process = TestFunction::new("process", "sqs");
        let line = folder.display().to_string();
        assert_eq!(parse(&[&process], &line), Err(format!("no .json file in {line}")));
        for name in ["b.json", "a.json", "a.process.snap"] {
            std::fs::write(folder.join(name), "1").unwrap();
        }
        let events = format!("{line}/a.json {line}/b.json");
        assert_eq!(parse(&[&process], &line), Ok(("process".to_owned(), events)));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
