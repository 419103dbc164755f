//! Support for the tests that `snapshot_tests!` generates.

use super::{Harness, Outcome, event, insta, pattern};
use bytes::Bytes;
use std::env;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use tokio::runtime::Builder;

/// Snapshot tests of a function. `snapshot_tests!` generates one test per event file.
///
/// ```no_run
/// # async fn hello(name: String) -> Result<String, lrt::Error> { Ok(name) }
/// use lrt::testing::{SnapshotTests, insta};
///
/// fn snapshots() -> SnapshotTests {
///     SnapshotTests::new(env!("CARGO_MANIFEST_DIR"), "hello", async || lrt::json(hello).harness(), |name, outcome| {
///         insta::assert_json_snapshot!(name, outcome);
///     })
/// }
///
/// #[test]
/// fn ada() {
///     snapshots().test("events/ada.json");
/// }
/// ```
pub struct SnapshotTests {
    home: PathBuf,
    function: &'static str,
    /// Invokes the function on a new runtime.
    handle: Box<dyn Fn(Bytes) -> Outcome>,
    assert: Box<Assert>,
}

/// Asserts that an outcome matches the snapshot with this name.
type Assert = dyn Fn(&str, &Outcome);

impl SnapshotTests {
    /// Creates the tests for the crate at `home` and the function that `harness` returns.
    ///
    /// `assert` receives the name of a snapshot and its content. It calls insta's macro, which must be expanded in the crate under
    /// test.
    pub fn new<F: 'static>(
        home: &'static str,
        function: &'static str,
        harness: impl AsyncFn() -> Harness<F> + 'static,
        assert: impl Fn(&str, &Outcome) + 'static,
    ) -> SnapshotTests {
        let handle = move |event: Bytes| {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a test may start a runtime");
            let outcome = runtime.block_on(async { harness().await.invoke(event).await });
            // Does not wait for blocking work that is still running.
            runtime.shutdown_background();
            outcome
        };
        // Tests may run on a different machine than the one that compiled them. In that case, cargo and other test
        // runners set this variable.
        let home = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| home.into(), PathBuf::from);
        SnapshotTests { home, function, handle: Box::new(handle), assert: Box::new(assert) }
    }

    /// Invokes the function with the event in `file`, a path relative to the crate, and compares the outcome with the snapshot next to
    /// it: `events/ada.hello.snap`.
    ///
    /// # Panics
    ///
    /// Panics if the file cannot be read or contains invalid JSON, or if the outcome differs from the snapshot.
    #[track_caller]
    pub fn test(&self, file: &str) {
        let outcome = match event::read(&self.home, Path::new(file)) {
            Ok(event) => (self.handle)(event),
            Err(error) => panic!("{error}"),
        };
        let path = self.home.join(file);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().unwrap_or(&self.home));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_input_file(&path);
        settings.bind(|| (self.assert)(&snapshot_name(file, self.function), &outcome));
    }

    /// Tests all matching files that are not in `known`: files that were added after the tests were compiled, for which
    /// no test was generated.
    ///
    /// # Panics
    ///
    /// Panics if a file fails, after all files have been tested.
    #[track_caller]
    pub fn test_added_since(&self, pattern: &str, known: &[&str]) {
        let mut added = pattern::find(&self.home, pattern);
        added.retain(|file| !known.contains(&&**file));
        let fails = |file: &&str| catch_unwind(AssertUnwindSafe(|| self.test(file))).is_err();
        let failed: Vec<&str> = added.iter().map(String::as_str).filter(fails).collect();
        if !failed.is_empty() {
            let (n, of) = (failed.len(), added.len());
            panic!("{n} of {of} files that were added since the last compilation failed: {}", failed.join(", "));
        }
    }
}

impl fmt::Debug for SnapshotTests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotTests").field("function", &self.function).finish_non_exhaustive()
    }
}

/// Returns `ada.hello` for `events/ada.json`. Other extensions are kept, so that the name for `ada.txt` in the same
/// folder differs.
fn snapshot_name(file: &str, function: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    format!("{}.{function}", name.strip_suffix(".json").unwrap_or(name))
}
