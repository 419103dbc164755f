//! The sample events in `tests/samples`.

use std::path::{Path, PathBuf};

/// Returns the paths of all sample events.
pub(crate) fn samples() -> Vec<PathBuf> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").read_dir().unwrap();
    let folders = folders.map(|folder| folder.unwrap().path()).filter(|folder| folder.is_dir());
    let files: Vec<_> =
        folders.flat_map(|folder| folder.read_dir().unwrap()).map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 100, "only {} sample events", files.len());
    files
}

/// Returns the kind of a sample event: `s3` for `s3.s3-event.json`.
pub(crate) fn kind(file: &Path) -> &str {
    file.file_name().and_then(|name| name.to_str()?.split('.').next()).unwrap()
}
