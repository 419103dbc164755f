//! What the tests that `snapshot_tests!` writes have in common.

use super::{Harness, Outcome, event, insta, pattern};
use bytes::Bytes;
use std::env;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use tokio::runtime::Builder;

/// The snapshot tests of a function: what `snapshot_tests!` writes down, a test for each file.
///
/// ```no_run
/// # async fn hello(name: String) -> String { name }
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
    /// Handles an event, on a runtime of its own.
    handle: Box<dyn Fn(Bytes) -> Outcome>,
    assert: Box<Assert>,
}

/// Compares what is the content of the snapshot of this name.
type Assert = dyn Fn(&str, &Outcome);

impl SnapshotTests {
    /// Tests in the crate at `home` of the function that `harness` makes.
    ///
    /// `assert` is given a snapshot's name and its content. It calls insta's macro, which has to be written in the crate
    /// under test.
    pub fn new<F: 'static>(
        home: &'static str,
        function: &'static str,
        harness: impl AsyncFn() -> Harness<F> + 'static,
        assert: impl Fn(&str, &Outcome) + 'static,
    ) -> SnapshotTests {
        let handle = move |event: Bytes| {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a test may start a runtime");
            let outcome = runtime.block_on(async { harness().await.invoke(event).await });
            // Blocking work that still runs has no say in the outcome.
            runtime.shutdown_background();
            outcome
        };
        // Tests may run elsewhere than they were compiled; cargo, or what runs them in its place, says so then.
        let home = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| home.into(), PathBuf::from);
        SnapshotTests { home, function, handle: Box::new(handle), assert: Box::new(assert) }
    }

    /// Has the function handle the event in `file`, a path relative to the crate, and compares the outcome with the
    /// snapshot beside it: `events/ada.hello.snap`.
    ///
    /// # Panics
    ///
    /// When the file cannot be read or is no JSON, and when the outcome is another.
    #[track_caller]
    pub fn test(&self, file: &str) {
        let outcome = match event::read(&self.home, Path::new(file)) {
            Ok(event) => (self.handle)(event),
            Err(why) => panic!("{why}"),
        };
        let path = self.home.join(file);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().unwrap_or(&self.home));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_input_file(&path);
        settings.bind(|| (self.assert)(&snapshot_name(file, self.function), &outcome));
    }

    /// Tests each file that matches and is not among `known`: those that were added since the tests were compiled, for
    /// which there is no test of their own yet.
    ///
    /// # Panics
    ///
    /// When one of them fails; after all were tested, with the names of those that did.
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

/// `ada.hello` for `events/ada.json`. What is no `.json` keeps its ending, so that `ada.txt` may lie beside it.
fn snapshot_name(file: &str, function: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    format!("{}.{function}", name.strip_suffix(".json").unwrap_or(name))
}
