//! Compiler messages for `#[lambda]`: one case for each mistake, and one for each accepted form.
//!
//! `TRYBUILD=overwrite cargo test --test it ui` rewrites the expected messages, with the version of rustc below.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version of rustc whose messages are expected, since messages change from one version to the next.
const RUSTC_OF_MESSAGES: &str = "1.95.";

#[test]
fn mistakes_have_the_expected_messages() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc is installed with cargo");
    let version = String::from_utf8_lossy(&output.stdout);
    if version.starts_with(&format!("rustc {RUSTC_OF_MESSAGES}")) {
        trybuild::TestCases::new().compile_fail("tests/ui/*/fail/*.rs");
    } else {
        // Not `eprintln!`, which the test harness captures.
        let warning = format!(
            "warning: compiler messages were not compared: they are those of rustc {RUSTC_OF_MESSAGES}x, this is {}\n",
            version.trim()
        );
        std::io::stderr().write_all(warning.as_bytes()).expect("stderr is open");
    }
}

/// Each file of expected messages has one error for each mistake, in the user's terms.
#[test]
fn mistakes_are_reported_once() {
    // Cases with several mistakes, and those that the compiler reports more than once.
    let several = [
        ("authorizer/options_of_an_authorizer", 4),
        ("json/several_mistakes", 8),
        ("json/types_of_all_parts", 4),
        ("json/unknown_names_in_bodies", 2),
        ("json/option_without_value", 2),
        ("json/option_of_another_kind", 2),
        // The macro cannot write items next to a method, so `main` is missing.
        ("json/self_parameter", 2),
        // The compiler reports each item that cannot be in an `impl`, and those that are missing for this reason.
        ("json/lambda_in_an_impl", 5),
        ("dispatch/handler_in_an_impl", 3),
        // Two functions called `main` are an error of the compiler. The message of lrt follows it.
        ("json/two_lambdas", 2),
        ("json/main_next_to_lambda", 2),
        ("dispatch/lambda_in_main", 2),
        ("dispatch/main_next_to_the_macro", 2),
        ("dispatch/defaults_with_mistakes", 2),
        // The compiler reports the type that the function's name would have, at its impls of `Function` and
        // `WithState`.
        ("json/name_is_also_a_module", 2),
        ("snapshot_tests/arguments_swapped", 2),
        ("snapshot_tests/several_mistakes", 3),
        ("snapshot_tests/unknown_option", 2),
        ("kinesis/window_out_of_order", 2),
        ("sqs/batch_with_options_of_a_record", 3),
        ("sqs/words_and_numbers", 3),
        ("streaming/streaming_of_other_origins", 2),
    ];
    let inner = ["Definition", "Handler", "Kind<", "RefAt<", "ProvideState", "types implement trait"];
    for (case, message) in messages() {
        let errors = message.lines().filter(|line| line.starts_with("error")).count();
        let mistakes = several.iter().find(|(name, _)| *name == case).map_or(1, |(_, mistakes)| *mistakes);
        assert_eq!(errors, mistakes, "{case}:\n{message}");
        // The compiler lists the types that are events of a test, replies of a batch function, or parameters of a function.
        let lists_types =
            ["builder/batch_without_deserialize", "json/test_event_is_not_an_event", "sqs/unsupported_reply"];
        let is_expected = |word: &&str| lists_types.contains(&&*case) && *word == "types implement trait";
        // A public type of `lrt::http`, and a trait that shows which function is meant.
        let message = message.replace("HandlerMode", "").replace("OfKind<", "");
        // The signature of `Builder::harness`.
        let message =
            if case == "builder/payload_in_a_harness" { message.replace("Harness<Definition<", "") } else { message };
        for word in inner.iter().filter(|word| !is_expected(word)) {
            assert!(!message.contains(word), "{case} mentions `{word}`:\n{message}");
        }
    }
}

/// The builder's bounds are on generic methods, whose messages can list every type that is involved.
#[test]
fn mistakes_with_the_builder_have_short_messages_without_private_types() {
    let traits = ["Args", "ErrorReply", "Extract", "FromPayload", "JsonReply", "OfKind"];
    let cases: Vec<_> = messages().filter(|(case, _)| case.starts_with("builder/")).collect();
    assert!(cases.len() >= 10, "{} cases", cases.len());
    for (case, message) in cases {
        let lines = message.lines().count();
        assert!(lines <= 30, "{case} has {lines} lines:\n{message}");
        let words =
            message.split("__private::").skip(1).filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
        let types: Vec<_> = words.filter(|word| !traits.contains(word)).collect();
        assert!(types.is_empty(), "{case} shows private types ({types:?}):\n{message}");
    }
}

/// The guide shows the code of a case, then its message with the names of the user's file and crate.
#[test]
fn guide_shows_expected_messages() {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let without_trailing_spaces =
        |text: &str| -> String { text.lines().map(|line| line.trim_end().to_owned() + "\n").collect() };
    let cases: Vec<(String, String)> = messages()
        .map(|(name, message)| {
            let (kind, case) = name.split_once('/').expect("a kind and a case");
            let code = fs::read_to_string(ui.join(kind).join("fail").join(case).with_extension("rs"))
                .expect("a case has code");
            let message = message.replace(&format!("tests/ui/{kind}/fail/{case}.rs"), "src/main.rs");
            (code, without_trailing_spaces(&message.replace("$DIR/", "").replace("$CRATE", "orders")))
        })
        .collect();
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mistakes.md")).expect("a guide");
    let (mut rest, mut shown) = (&*guide, 0);
    while let Some((before, after)) = rest.split_once("```text\n") {
        let (message, next) = after.split_once("```").expect("a block has an end");
        let block = before.rsplit_once("```rust,ignore\n").expect("code precedes a message").1;
        let (code, _) = block.split_once("```").expect("a block has an end");
        let is_shown = |case: &(String, String)| case.0 == code && case.1 == without_trailing_spaces(message);
        assert!(cases.iter().any(is_shown), "no case has this code and this message:\n{code}\n{message}");
        (rest, shown) = (next, shown + 1);
    }
    assert!(shown >= 5, "the guide shows {shown} messages");
}

/// Returns the expected messages, by kind and name.
fn messages() -> impl Iterator<Item = (String, String)> {
    let kinds = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui"));
    let files = kinds.into_iter().flat_map(|kind| entries(&kind.join("fail")));
    files.filter(|file| file.extension().is_some_and(|extension| extension == "stderr")).map(|file| {
        let message = fs::read_to_string(&file).expect("a message is text");
        let kind = file.ancestors().nth(2).expect("a case is in a kind's folder");
        (format!("{}/{}", name(kind), name(&file)), message)
    })
}

/// cargo-lambda builds releases with `abort` unless the project says otherwise. With `unwind`, it is not warned about: the
/// expected messages of all other cases would contain the warning.
#[test]
fn panic_abort_is_warned_about_once_per_function() {
    let warnings = |attribute: &str| {
        let manifest = format!(
            "[package]\nname = 'panics'\nedition = '2024'\n\n[workspace]\n\n[profile.dev]\npanic = 'abort'\n\n\
             [dependencies]\nlrt = {{ path = '{}', default-features = false }}\n",
            env!("CARGO_MANIFEST_DIR")
        );
        let main = format!("use lrt::prelude::*;\n\n#[lambda]\n{attribute}\nasync fn process(_: String) {{}}\n");
        let output = check("panics", &manifest, &[("src/main.rs", &main)], &[]).output().expect("cargo is installed");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{stderr}");
        stderr.lines().filter(|line| line.starts_with("warning") && line.contains("PANIC_ABORT")).count()
    };
    assert_eq!(warnings(""), 1);
    assert_eq!(warnings("#[allow(deprecated)]"), 0);
}

/// The public API does not depend on the build profile: `lrt::testing` exists if and only if the feature `testing` is on. A release
/// build differs in `debug_assertions`, on which only the crate `lrt` depends.
#[test]
#[ignore = "compiles lrt four times; .ci/full runs it"]
fn testing_module_requires_the_testing_feature_in_every_profile() {
    let main = "pub use lrt::testing::RuntimeApi;\n\nfn main() {}\n";
    let compile = |features: &str, debug_assertions: bool| {
        let manifest = format!(
            "[package]\nname = 'uses-testing'\nedition = '2024'\n\n[workspace]\n\n\
             [profile.dev.package.lrt]\ndebug-assertions = {debug_assertions}\n\n\
             [dependencies]\nlrt = {{ path = '{}', default-features = false, features = [{features}] }}\n",
            env!("CARGO_MANIFEST_DIR")
        );
        let output = check("testing", &manifest, &[("src/main.rs", main)], &[]).output().expect("cargo runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for debug_assertions in [true, false] {
        let (compiled, messages) = compile("'local'", debug_assertions);
        assert!(!compiled && messages.contains("unresolved import `lrt::testing`"), "{debug_assertions}: {messages}");
        let (compiled, messages) = compile("'local', 'testing'", debug_assertions);
        assert!(compiled, "{debug_assertions}: {messages}");
    }
}

/// Returns a command that checks a package with these files. All packages share a target folder, and so their dependencies.
fn check(name: &str, manifest: &str, files: &[(&str, &str)], arguments: &[&str]) -> Command {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("checks");
    let project = folder.join(name);
    let write = |path: PathBuf, text: &str| {
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the target folder is writable");
        fs::write(path, text).expect("the target folder is writable");
    };
    write(project.join("Cargo.toml"), manifest);
    files.iter().for_each(|(path, text)| write(project.join(path), text));
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    fs::copy(lock, project.join("Cargo.lock")).expect("the workspace keeps its Cargo.lock");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["check", "--offline"]).args(arguments).current_dir(project);
    cargo.env("CARGO_TARGET_DIR", folder.join("target")).env_remove("RUSTFLAGS");
    cargo
}

/// trybuild would build, link and run each case, and a function waits for events. Here, the cases are modules of one program,
/// which is only checked: for a program of its own, each takes as long as ten modules. Cases that refer to the root of their
/// crate, or with attributes for the entire crate, are programs.
#[test]
fn supported_forms_compile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut manifest = format!(
        "[package]\nname = 'accepted'\nedition = '2024'\n\n[workspace]\n\n\
         [dependencies]\nlrt = {{ path = '{}', features = ['idempotency', 'metrics', 'testing'] }}\nserde = {{ version = '1', features = ['derive'] }}\n\
         axum-core = '0.5'\nfutures-util = {{ version = '0.3', default-features = false }}\n\
         tower = {{ version = '0.5', features = ['limit', 'load-shed', 'timeout', 'util'] }}\n",
        root.display()
    );
    let mut main = "#![allow(warnings)]\n\nfn main() {}\n".to_owned();
    for kind in entries(&root.join("tests/ui")) {
        for case in entries(&kind.join("pass")) {
            let name = format!("{}_{}", name(&kind), name(&case));
            let text = fs::read_to_string(&case).expect("a case is text");
            if text.contains("#![") || text.contains("crate::") {
                manifest += &format!("\n[[bin]]\nname = '{name}'\npath = '{}'\n", case.display());
            } else {
                main += &format!("\n#[path = {:?}]\nmod {name};\n", case.display().to_string());
            }
        }
    }
    let files = [("src/main.rs", &*main), ("events/ada.json", "\"Ada\"")];
    let arguments = ["--bins", "--tests", "--keep-going"];
    let check = check("accepted", &manifest, &files, &arguments).status().expect("cargo is installed");
    assert!(check.success(), "see the compiler's messages above");
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("the folder is readable").path()).collect()
}

fn name(path: &Path) -> String {
    path.file_stem().expect("an entry of a folder has a name").to_string_lossy().into_owned()
}
