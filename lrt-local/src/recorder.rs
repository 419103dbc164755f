//! `--record DIR`: saves each event and its reply as test fixtures.

use super::indent::indent;
use super::redact::remove_credentials;
use super::response_stream::DELIMITER;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// An event that has been saved.
#[derive(Debug)]
pub(super) struct RecordedEvent {
    pub(super) path: PathBuf,
    /// Names of the credentials that were removed from the files. Without them, the function may reply differently in a
    /// test.
    pub(super) removed: BTreeSet<String>,
}

impl Display for RecordedEvent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if self.removed.is_empty() {
            return Ok(());
        }
        let removed: Vec<&str> = self.removed.iter().map(|name| &**name).collect();
        write!(f, ", without {} (kept with --with-credentials)", removed.join(", "))
    }
}

/// Writes fixtures into a folder.
pub(super) struct Recorder {
    folder: PathBuf,
    with_credentials: bool,
}

impl Recorder {
    /// Creates a recorder for a folder, which does not need to exist.
    pub(super) fn new(folder: PathBuf, with_credentials: bool) -> Recorder {
        Recorder { folder, with_credentials }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Creates the folder and checks that it is writable.
    pub(super) fn open(folder: &Path, with_credentials: bool) -> Result<Recorder, String> {
        let recorder = Recorder::new(folder.to_owned(), with_credentials);
        recorder.check_writable().map_err(|error| format!("cannot record into {}: {error}", folder.display()))?;
        Ok(recorder)
    }

    /// Writes and removes a file, so that an error is reported at the start instead of at the first event.
    fn check_writable(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let file = self.folder.join(format!(".lrt-{}", std::process::id()));
        fs::write(&file, "")?;
        fs::remove_file(file)
    }

    /// Saves an event as `NAME-N.json`, which `snapshot_tests!` reads, and its reply as `NAME-N.reply`, which it does not.
    /// Never overwrites a file.
    pub(super) fn record(&self, function: &str, event: &[u8], reply: Option<&[u8]>) -> io::Result<RecordedEvent> {
        let name: String = function.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
        fs::create_dir_all(&self.folder)?;
        for number in 1.. {
            let path = self.folder.join(format!("{name}-{number}.json"));
            let reply_path = path.with_extension("reply");
            let mut file = match create_new(&path) {
                Ok(_) if reply_path.exists() => {
                    fs::remove_file(&path)?;
                    continue;
                }
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            let mut removed = BTreeSet::new();
            file.write_all(&self.redact(event, &mut removed))?;
            if let Some(reply) = reply {
                create_new(&reply_path)?.write_all(&self.redact(reply, &mut removed))?;
            }
            return Ok(RecordedEvent { path, removed });
        }
        Err(io::Error::other("too many recorded events"))
    }

    /// Returns the content of a file. JSON is indented; other bytes are kept, except for the head of a streamed response.
    fn redact(&self, bytes: &[u8], removed: &mut BTreeSet<String>) -> Vec<u8> {
        let Ok(mut json) = serde_json::from_slice::<Value>(bytes) else { return self.redact_stream(bytes, removed) };
        // Only a document with credentials is serialized again, since that changes the order of members and the digits
        // of numbers.
        let mut text = match self.remove_credentials(&mut json, removed) {
            true => indent(json.to_string().as_bytes()),
            false => indent(bytes),
        };
        text.push(b'\n');
        text
    }

    /// A streamed response is a JSON prelude with status and headers, a delimiter and the body.
    fn redact_stream(&self, bytes: &[u8], removed: &mut BTreeSet<String>) -> Vec<u8> {
        let end = bytes.windows(DELIMITER.len()).position(|window| window == DELIMITER);
        let Some((prelude, rest)) = end.and_then(|end| bytes.split_at_checked(end)) else { return bytes.to_vec() };
        let Ok(Value::Object(mut response)) = serde_json::from_slice(prelude) else { return bytes.to_vec() };
        let (delimiter, body) = rest.split_at(DELIMITER.len());
        // The body of a response that is not streamed is a member.
        if let Ok(text) = std::str::from_utf8(body) {
            response.insert("body".to_owned(), text.into());
        }
        let mut json = Value::Object(response);
        if !self.remove_credentials(&mut json, removed) {
            return bytes.to_vec();
        }
        let text = json.as_object_mut().and_then(|response| response.remove("body"));
        let body = text.as_ref().and_then(Value::as_str).map_or(body, str::as_bytes);
        [json.to_string().as_bytes(), delimiter, body].concat()
    }

    /// Returns true if there were credentials to remove.
    fn remove_credentials(&self, json: &mut Value, removed: &mut BTreeSet<String>) -> bool {
        if self.with_credentials {
            return false;
        }
        let mut found = remove_credentials(json);
        let is_changed = !found.is_empty();
        removed.append(&mut found);
        is_changed
    }
}

/// Creates a file that other users cannot read, since it may contain personal data, or secrets under unusual names.
fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
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
    fn files_are_not_overwritten() {
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

    #[cfg(unix)]
    #[test]
    fn other_users_cannot_read_the_files() {
        use std::os::unix::fs::PermissionsExt;
        let folder = scratch("mode");
        let path = Recorder::open(&folder, false).unwrap().record("f", b"1", Some(b"2")).unwrap().path;
        for path in [path.with_extension("reply"), path] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn credentials_are_kept_on_request_only() {
        let folder = scratch("credentials");
        let event = br#"{"requestContext":{},"headers":{"authorization":"a","b":"c"}}"#;
        let reply = br#"{"statusCode":200,"headers":{"set-cookie":"a"}}"#;
        for (with_credentials, suffix) in
            [(false, ", without authorization, set-cookie (kept with --with-credentials)"), (true, "")]
        {
            let recorder = Recorder::open(&folder, with_credentials).unwrap();
            let recorded = recorder.record("f", event, Some(reply)).unwrap();
            assert_eq!(recorded.to_string(), format!("{}{suffix}", recorded.path.display()));
            let text = fs::read_to_string(recorded.path).unwrap();
            assert_eq!(text.contains("authorization"), with_credentials, "{text}");
            assert!(text.contains("\"b\": \"c\""), "{text}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn cookies_are_removed_from_streamed_responses() {
        let folder = scratch("streamed");
        let body = b"\0\0\0\0\0\0\0\0{\"cookies\":[1]}\xff\0\0\0\0\0\0\0\0";
        let prelude = br#"{"statusCode":200,"headers":{"Set-Cookie":"a=secret"},"cookies":["b=secret"]}"#;
        let reply = [prelude, &body[..]].concat();
        let redacted = [br#"{"headers":{},"statusCode":200}"#, &body[..]].concat();
        for (with_credentials, reply, recorded) in
            [(false, &reply, &redacted), (true, &reply, &reply), (false, &body.to_vec(), &body.to_vec())]
        {
            let recorder = Recorder::open(&folder, with_credentials).unwrap();
            let path = recorder.record("f", b"{}", Some(reply)).unwrap().path;
            assert_eq!(&fs::read(path.with_extension("reply")).unwrap(), recorded);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn credentials_are_removed_from_streamed_bodies() {
        let folder = scratch("streamed-body");
        let reply = |body: &str| [br#"{"statusCode":200}"#, &DELIMITER[..], body.as_bytes()].concat();
        let recorder = Recorder::open(&folder, false).unwrap();
        for (body, recorded, removed) in [
            (r#"{"access_token":"secret"}"#, r#"{"access_token":"REDACTED"}"#, vec!["access_token"]),
            ("data: 1\n\n", "data: 1\n\n", vec![]),
        ] {
            let event = recorder.record("f", b"{}", Some(&reply(body))).unwrap();
            assert_eq!(fs::read(event.path.with_extension("reply")).unwrap(), reply(recorded));
            assert_eq!(event.removed.iter().collect::<Vec<_>>(), removed);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn unwritable_folder_is_reported() {
        let file = scratch("file");
        fs::write(&file, "").unwrap();
        let error = Recorder::open(&file, false).err().unwrap();
        assert!(error.starts_with(&format!("cannot record into {}: ", file.display())), "{error}");
        fs::remove_file(file).unwrap();
    }
}
