//! Rules about the release build, an ELF file.

use super::project::Project;
use super::{Finding, Severity};
use object::elf::{FileHeader64, SHT_SYMTAB, VER_FLG_WEAK};
use object::read::elf::{FileHeader, Sym};
use object::{Endianness, StringTable};
use std::fs;
use std::path::{Path, PathBuf};

/// The version of glibc in Amazon Linux 2023
/// ([comparison](https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html)).
const AMAZON_LINUX_GLIBC: (u32, u32) = (2, 34);

/// The beginning of the names of all functions of the jitter entropy.
const JITTER: &[u8] = b"jent_";

/// The newest release build.
#[derive(Debug)]
pub(super) struct Binary {
    pub(super) path: PathBuf,
    /// The newest version of glibc that the binary requires; `None` for a static binary.
    glibc: Option<(u32, u32)>,
    /// `None` if the symbols have been stripped.
    has_jitter_entropy: Option<bool>,
}

impl Binary {
    /// Reads the newest release build of a binary below cargo's folder `target`. Returns `None` if it is not for Linux.
    pub(super) fn newest(target: &Path, name: &str) -> Option<Binary> {
        let mut paths = vec![target.join("lambda").join(name).join("bootstrap"), target.join("release").join(name)];
        // target/TRIPLE/release/NAME
        let triples = fs::read_dir(target).into_iter().flatten().flatten();
        paths.extend(triples.map(|triple| triple.path().join("release").join(name)));
        let modified = |path: &PathBuf| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        let newest = paths.into_iter().filter_map(|path| Some((modified(&path)?, path))).max()?;
        Binary::parse(newest.1)
    }

    /// Returns true if the jitter entropy is linked, or `None` if this cannot be seen.
    pub(super) fn has_jitter_entropy(&self) -> Option<bool> {
        self.has_jitter_entropy
    }

    fn parse(path: PathBuf) -> Option<Binary> {
        let bytes = fs::read(&path).ok()?;
        let (glibc, has_jitter_entropy) = read_elf(&bytes).ok()?;
        Some(Binary { path, glibc, has_jitter_entropy })
    }
}

/// Returns the newest version of glibc, and `Some(true)` if a symbol belongs to the jitter entropy.
fn read_elf(bytes: &[u8]) -> object::read::Result<(Option<(u32, u32)>, Option<bool>)> {
    let header = FileHeader64::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let mut newest = None;
    if let Some((mut files, strings)) = sections.gnu_verneed(endian, bytes)? {
        let strings: StringTable<'_> = sections.strings(endian, bytes, strings)?;
        while let Some((_, mut versions)) = files.next()? {
            while let Some(version) = versions.next()? {
                // The dynamic linker ignores missing versions of weak symbols, of which the standard library has several.
                let is_weak = version.vna_flags.get(endian).0 & VER_FLG_WEAK.0 != 0;
                newest = newest.max(glibc_version(version.name(endian, strings)?).filter(|_| !is_weak));
            }
        }
    }
    let symbols = sections.symbols(endian, bytes, SHT_SYMTAB)?;
    let mut names = symbols.iter().map(|symbol| symbol.name(endian, symbols.strings()));
    let jitter =
        names.try_fold(false, |found, name| Ok::<_, object::read::Error>(found || name?.starts_with(JITTER)))?;
    Ok((newest, (!symbols.is_empty()).then_some(jitter)))
}

/// Parses `GLIBC_2.34`, and `GLIBC_2.2.5`.
fn glibc_version(name: &[u8]) -> Option<(u32, u32)> {
    let mut numbers = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Checks that the binary can be loaded in Lambda.
pub(super) fn newer_glibc(project: &Project) -> Option<Finding> {
    let Binary { path, glibc, .. } = project.binary.as_ref()?;
    let (major, minor) = (*glibc)?;
    ((major, minor) > AMAZON_LINUX_GLIBC).then(|| Finding {
        severity: Severity::Error,
        defect: format!("{} requires glibc {major}.{minor}", path.display()),
        effect: "The runtime provided.al2023 has glibc 2.34, so that the binary does not start.",
        fix: "build it with `cargo lambda build --release`, or link it statically (docs/guide/deploy.md)".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_glibc_are_parsed() {
        for (name, version) in [
            ("GLIBC_2.34", Some((2, 34))),
            ("GLIBC_2.2.5", Some((2, 2))),
            ("GLIBC_PRIVATE", None),
            ("GLIBC_2", None),
            ("GCC_3.0", None),
        ] {
            assert_eq!(glibc_version(name.as_bytes()), version, "{name}");
        }
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn elf_files_are_read() {
        let bytes = fs::read(std::env::current_exe().unwrap()).unwrap();
        let (glibc, has_jitter_entropy) = read_elf(&bytes).unwrap();
        assert!(glibc.is_some_and(|version| version > (2, 2)), "{glibc:?}");
        assert_eq!(has_jitter_entropy, Some(false));
        for end in [0, 3, 63, 64, 1000, bytes.len() / 2] {
            assert!(read_elf(&bytes[..end]).is_err(), "{end}");
        }
    }
}
