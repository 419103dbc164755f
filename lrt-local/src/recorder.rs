//! `--record DIR`: each event is kept as a fixture, and what was answered to it lies beside it.

use super::indent::indent;
use super::redact::leave_out;
use super::response_stream::DELIMITER;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// An event that was kept.
#[derive(Debug)]
pub(super) struct RecordedEvent {
    pub(super) path: PathBuf,
    /// It had credentials that were left out, so its test may see another answer.
    pub(super) without_credentials: bool,
}

/// Where fixtures go.
pub(super) struct Recorder {
    folder: PathBuf,
    with_credentials: bool,
}

impl Recorder {
    /// A folder that may not be there yet.
    pub(super) fn into(folder: PathBuf, with_credentials: bool) -> Recorder {
        Recorder { folder, with_credentials }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A folder that is made if it is not there; or what is wrong with it.
    pub(super) fn open(folder: &Path, with_credentials: bool) -> Result<Recorder, String> {
        let recorder = Recorder::into(folder.to_owned(), with_credentials);
        recorder.try_out().map_err(|error| format!("cannot record into {}: {error}", folder.display()))?;
        Ok(recorder)
    }

    /// Writes a file and removes it: the first event should not be the first to know.
    fn try_out(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let file = self.folder.join(format!(".lrt-{}", std::process::id()));
        fs::write(&file, "")?;
        fs::remove_file(file)
    }

    /// Keeps an event, and the answer if there is one: as `NAME-N.json`, which `snapshot_tests!` takes for an event, and
    /// `NAME-N.reply`, which it does not. Nothing is overwritten. Says where the event is.
    pub(super) fn record(&self, function: &str, event: &[u8], answer: Option<&[u8]>) -> io::Result<RecordedEvent> {
        let name: String = function.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
        fs::create_dir_all(&self.folder)?;
        for number in 1.. {
            let path = self.folder.join(format!("{name}-{number}.json"));
            let beside = path.with_extension("reply");
            let mut file = match File::create_new(&path) {
                Ok(_) if beside.exists() => {
                    fs::remove_file(&path)?;
                    continue;
                }
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            let (kept, without_credentials) = self.kept(event);
            file.write_all(&kept)?;
            if let Some(answer) = answer {
                fs::write(beside, self.kept(answer).0)?;
            }
            return Ok(RecordedEvent { path, without_credentials });
        }
        Err(io::Error::other("there is no number left"))
    }

    /// What is kept of these bytes, and whether credentials were left out. JSON is indented, and what is none stays as it is, but
    /// for the head of a response that is streamed.
    fn kept(&self, bytes: &[u8]) -> (Vec<u8>, bool) {
        let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else { return self.kept_stream(bytes) };
        let is_less = !self.with_credentials && leave_out(&mut value);
        let mut kept = match is_less {
            true => indent(value.to_string().as_bytes()),
            false => indent(bytes),
        };
        kept.push(b'\n');
        (kept, is_less)
    }

    /// A response that is streamed is JSON with its status and headers, a delimiter and the body.
    fn kept_stream(&self, bytes: &[u8]) -> (Vec<u8>, bool) {
        let whole = || (bytes.to_vec(), false);
        let end = bytes.windows(DELIMITER.len()).position(|window| window == DELIMITER);
        let Some((prelude, rest)) = end.and_then(|end| bytes.split_at_checked(end)) else { return whole() };
        let Ok(mut value) = serde_json::from_slice::<Value>(prelude) else { return whole() };
        match !self.with_credentials && leave_out(&mut value) {
            true => ([value.to_string().as_bytes(), rest].concat(), true),
            false => whole(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("lrt-record-{}-{name}", std::process::id()));
        _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = scratch("numbers");
        let recorder = Recorder::open(&folder.join("deep"), false).unwrap();
        let read = |name: &str| fs::read_to_string(folder.join("deep").join(name)).unwrap();
        fs::write(folder.join("deep/a-b-1.json"), "mine").unwrap();
        fs::write(folder.join("deep/a-b-3.reply"), "mine").unwrap();
        for (event, file) in [("[1]", "a-b-2.json"), ("[2]", "a-b-4.json"), ("[3]", "a-b-5.json")] {
            let path = recorder.record("a/b", event.as_bytes(), Some(b"\xff")).unwrap().path;
            assert_eq!(path, folder.join("deep").join(file));
            assert_eq!(fs::read(path.with_extension("reply")).unwrap(), b"\xff");
        }
        assert_eq!(read("a-b-2.json"), "[\n  1\n]\n");
        assert_eq!((&*read("a-b-1.json"), &*read("a-b-3.reply")), ("mine", "mine"));
        assert!(!folder.join("deep/a-b-3.json").exists());
        recorder.record("none", b"1", None).unwrap();
        assert!(folder.join("deep/none-1.json").exists() && !folder.join("deep/none-1.reply").exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn credentials_are_kept_only_if_that_was_asked_for() {
        let folder = scratch("credentials");
        let event = br#"{"requestContext":{},"headers":{"authorization":"a","b":"c"}}"#;
        for (with_credentials, kept) in [(false, false), (true, true)] {
            let recorded = Recorder::open(&folder, with_credentials).unwrap().record("f", event, None).unwrap();
            assert_eq!(recorded.without_credentials, !with_credentials);
            let text = fs::read_to_string(recorded.path).unwrap();
            assert_eq!((text.contains("authorization"), text.contains("\"b\": \"c\"")), (kept, true), "{text}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    /// Its reply is no JSON, so that it was once kept whole.
    #[test]
    fn a_streamed_answers_cookies_are_left_out_and_its_body_stays() {
        let folder = scratch("streamed");
        let body = b"\0\0\0\0\0\0\0\0{\"cookies\":[1]}\xff\0\0\0\0\0\0\0\0";
        let prelude = br#"{"statusCode":200,"headers":{"Set-Cookie":"a=secret"},"cookies":["b=secret"]}"#;
        let answer = [prelude, &body[..]].concat();
        let kept = [br#"{"headers":{},"statusCode":200}"#, &body[..]].concat();
        for (with_credentials, answer, kept) in
            [(false, &answer, &kept), (true, &answer, &answer), (false, &body.to_vec(), &body.to_vec())]
        {
            let recorder = Recorder::open(&folder, with_credentials).unwrap();
            let path = recorder.record("f", b"{}", Some(answer)).unwrap().path;
            assert_eq!(&fs::read(path.with_extension("reply")).unwrap(), kept);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_at_once() {
        let file = scratch("file");
        fs::write(&file, "").unwrap();
        let said = Recorder::open(&file, false).err().unwrap();
        assert!(said.starts_with(&format!("cannot record into {}: ", file.display())), "{said}");
        fs::remove_file(file).unwrap();
    }
}
