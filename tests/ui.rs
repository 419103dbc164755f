//! What the compiler says about `#[lambda]`: one case for each mistake, and one for each accepted form.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the messages anew, for the version of rustc below.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Messages change from one rustc to the next, so those beside the cases are of this one.
const MESSAGES_OF: &str = "1.95.";

#[test]
fn each_mistake_has_its_message() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc is at hand where cargo is");
    let version = String::from_utf8_lossy(&output.stdout);
    if version.starts_with(&format!("rustc {MESSAGES_OF}")) {
        trybuild::TestCases::new().compile_fail("tests/ui/*/fail/*.rs");
    } else {
        println!("skipped: the messages are those of rustc {MESSAGES_OF}x, and this is {}", version.trim());
    }
}

/// trybuild would build, link and run one after the other, and a function waits for events. So these are binaries of one
/// package, which is checked.
#[test]
fn each_form_is_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("accepted");
    let mut manifest = format!(
        "[package]\nname = 'accepted'\nedition = '2024'\nautobins = false\n\n[workspace]\n\n\
         [dependencies]\nlrt = {{ path = '{}', features = ['testing'] }}\nserde = {{ version = '1', features = ['derive'] }}\n",
        root.display()
    );
    for kind in entries(&root.join("tests/ui")) {
        for case in entries(&kind.join("pass")) {
            let name = format!("{}_{}", name(&kind), name(&case));
            manifest += &format!("\n[[bin]]\nname = '{name}'\npath = '{}'\n", case.display());
        }
    }
    fs::create_dir_all(project.join("events")).expect("the folder for tests can be written");
    fs::write(project.join("events/ada.json"), "\"Ada\"").expect("the folder for tests can be written");
    fs::write(project.join("Cargo.toml"), manifest).expect("the folder for tests can be written");
    fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).expect("the workspace keeps its Cargo.lock");
    let check = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--bins", "--tests", "--keep-going", "--offline"])
        .current_dir(&project)
        .env("CARGO_TARGET_DIR", project.join("target"))
        .env_remove("RUSTFLAGS")
        .status()
        .expect("cargo is at hand in a test");
    assert!(check.success(), "the compiler's messages are above");
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("a folder that opens can be read").path()).collect()
}

fn name(path: &Path) -> String {
    path.file_stem().expect("an entry of a folder has a name").to_string_lossy().into_owned()
}
