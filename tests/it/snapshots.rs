//! `snapshot_tests!`: a test for each file, and a test for files that were added later.

use lrt::testing::SnapshotTests;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::rc::Rc;

/// `#[lambda]` must be in the root of a crate, or in a module that looks like one.
#[allow(dead_code)]
mod greet {
    use lrt::prelude::*;

    #[derive(serde::Deserialize)]
    pub(super) struct Guest {
        name: String,
    }

    #[lambda]
    async fn greet(guest: Guest, ctx: Context) -> Result<String, Error> {
        match &*guest.name {
            "type" => panic!("invalid name: {}", guest.name),
            name => Ok(format!("hello {name}: {}", ctx.request_id())),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        lrt::snapshot_tests!(greet, "tests/events/greet/*.json");
    }

    /// Arguments of the macro are resolved in its module.
    mod elsewhere {
        use lrt as renamed;

        renamed::snapshot_tests!(super::greet, "tests/events/greet/ada.json", crate = renamed,);
    }
}

#[allow(dead_code)]
mod stored {
    use lrt::prelude::*;

    struct Db(&'static str);

    #[lambda(init = connect)]
    async fn stored(key: String, db: &Db) -> String {
        format!("{key} in {}", db.0)
    }

    async fn connect() -> Result<Db, Error> {
        Err(Error::msg("init should not run"))
    }

    // A name that is also the name of a file's test.
    async fn a() -> Db {
        // A state that needs a runtime, like a connection pool.
        tokio::spawn(async { Db("the fake") }).await.unwrap()
    }

    lrt::snapshot_tests!(stored, "tests/events/stored/**/*.json", state = a().await);
}

#[test]
fn tests_are_named_after_files() {
    let list = Command::new(std::env::current_exe().unwrap()).arg("--list").output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let mut tests: Vec<&str> = list
        .lines()
        .filter_map(|line| line.strip_prefix("snapshots::")?.strip_suffix(": test"))
        .filter(|name| name.contains("::"))
        .collect();
    tests.sort_unstable();
    assert_eq!(
        tests,
        [
            "greet::elsewhere::greet_snapshots::ada",
            "greet::elsewhere::greet_snapshots::files_added_since",
            "greet::tests::greet_snapshots::ada",
            "greet::tests::greet_snapshots::another_kind",
            "greet::tests::greet_snapshots::files_added_since",
            "greet::tests::greet_snapshots::r#type",
            "greet::tests::greet_snapshots::two_words",
            "stored::stored_snapshots::a",
            "stored::stored_snapshots::deep_a",
            "stored::stored_snapshots::files_added_since",
        ]
    );
}

/// Creates tests that record the names of their snapshots instead of comparing them.
fn recording() -> (SnapshotTests, Rc<RefCell<Vec<String>>>) {
    async fn echo(value: serde_json::Value) -> Result<serde_json::Value, lrt::Error> {
        Ok(value)
    }
    let names = Rc::<RefCell<Vec<String>>>::default();
    let noted = names.clone();
    let tests = SnapshotTests::new(
        env!("CARGO_MANIFEST_DIR"),
        "echo",
        async || lrt::json(echo).harness(),
        move |name, outcome| {
            noted.borrow_mut().push(format!("{name} {}", serde_json::to_string(outcome).unwrap()));
        },
    );
    (tests, names)
}

fn panic_of(f: impl FnOnce()) -> String {
    *catch_unwind(AssertUnwindSafe(f)).unwrap_err().downcast::<String>().unwrap()
}

#[test]
fn only_added_files_are_tested() {
    let (tests, names) = recording();
    tests.test_added_since("tests/events/stored/**/*.json", &["tests/events/stored/a.json"]);
    assert_eq!(*names.borrow(), [r#"a.echo {"reply":"b"}"#]);
    tests.test_added_since("tests/events/stored/*.json", &["tests/events/stored/a.json", "removed.json"]);
    assert_eq!(names.borrow().len(), 1);
}

#[test]
fn all_added_files_are_tested_before_failures_are_reported() {
    let (tests, names) = recording();
    let message = panic_of(|| tests.test_added_since("tests/events/broken/*", &[]));
    let expected = "1 of 2 files that were added since the last compilation failed: tests/events/broken/broken.json";
    assert_eq!(message, expected);
    assert_eq!(*names.borrow(), [r#"whole.echo {"reply":{"name":"Ada"}}"#]);
}

#[test]
fn invalid_json_fails_with_file_and_line() {
    let (tests, _) = recording();
    let message = panic_of(|| tests.test("tests/events/broken/broken.json"));
    assert_eq!(message, "invalid JSON in event tests/events/broken/broken.json: expected value at line 3 column 1");
}

#[test]
fn macro_and_runtime_find_the_same_files() {
    assert!(
        include_str!("../../lrt-testing/src/pattern.rs") == include_str!("../../lrt-macros/src/pattern.rs"),
        "copy one over"
    );
}
