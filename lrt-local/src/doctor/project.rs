//! The files that the rules examine.

use super::binary::Binary;
use super::lockfile::Lockfile;
use super::template::Template;
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Names of templates, in the order in which AWS SAM looks for them, then those of CloudFormation's documentation.
const TEMPLATES: [&str; 4] = ["template.yml", "template.yaml", "template.json", "cloudformation.yaml"];

/// Names of Cargo's configuration. The first has precedence.
const CONFIGURATIONS: [&str; 2] = ["config", "config.toml"];

/// The package of this binary, and the workspace that contains it.
#[derive(Debug)]
pub(super) struct Project {
    folder: PathBuf,
    pub(super) binary_name: String,
    /// `Cargo.toml` of the package.
    pub(super) manifest: Table,
    /// `Cargo.toml` of the workspace; that of the package if it is not in a workspace.
    pub(super) workspace: Table,
    pub(super) lockfile: Option<Lockfile>,
    /// `.cargo/config.toml` of the package and of the folders above it. The first has precedence.
    pub(super) configurations: Vec<Table>,
    /// Only the rules about the deployment need it. See [`with_template`](Project::with_template).
    pub(super) template: Option<Template>,
    pub(super) binary: Option<Binary>,
}

impl Project {
    /// Reads the package that cargo runs, or the one in the current folder, without its template.
    ///
    /// # Errors
    ///
    /// Returns an error that names the file if there is no package, or if a file is not valid.
    pub(super) fn read(binary_name: &str) -> Result<Project, String> {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
        let executable = std::env::current_exe().ok();
        // target/debug/NAME, or target/TRIPLE/debug/NAME
        let target = executable.as_deref().and_then(|path| path.ancestors().nth(2));
        Project::read_from(&folder, target, binary_name)
    }

    /// Reads the package in `folder`, whose builds are in the folder `target`, without its template.
    pub(super) fn read_from(folder: &Path, target: Option<&Path>, binary_name: &str) -> Result<Project, String> {
        let folder = fs::canonicalize(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
        let manifest = read_toml(&folder.join("Cargo.toml"))?
            .ok_or_else(|| format!("{} has no Cargo.toml (expected the folder of the package)", folder.display()))?;
        // A workspace has one lock file, which is next to its manifest.
        let root = folder.ancestors().find(|folder| folder.join("Cargo.lock").exists()).unwrap_or(&folder);
        let lockfile = read_toml(&root.join("Cargo.lock"))?.as_ref().map(Lockfile::new);
        let mut configurations = Vec::new();
        for folder in folder.ancestors() {
            for name in CONFIGURATIONS {
                configurations.extend(read_toml(&folder.join(".cargo").join(name))?);
            }
        }
        Ok(Project {
            binary_name: binary_name.to_owned(),
            workspace: read_toml(&root.join("Cargo.toml"))?.unwrap_or_else(|| manifest.clone()),
            manifest,
            lockfile,
            configurations,
            template: None,
            binary: target.and_then(|target| Binary::newest(target, binary_name)),
            folder,
        })
    }

    /// Reads the template next to `Cargo.toml`, if there is one.
    ///
    /// # Errors
    ///
    /// Returns an error if the template is not valid.
    pub(super) fn with_template(self) -> Result<Project, String> {
        let path = TEMPLATES.iter().map(|name| self.folder.join(name)).find(|path| path.exists());
        Ok(Project { template: path.map(|path| Template::read(&path)).transpose()?, ..self })
    }

    /// Returns the first value of a setting in `.cargo/config.toml`.
    pub(super) fn configured(&self, section: &str, key: &str) -> Option<&Value> {
        self.configurations.iter().find_map(|configuration| configuration.get(section)?.get(key))
    }

    /// Names the files that were read.
    pub(super) fn checked(&self) -> Vec<String> {
        let mut checked = vec!["Cargo.toml".to_owned()];
        checked.extend(self.lockfile.is_some().then(|| "Cargo.lock".to_owned()));
        checked.extend(self.template.as_ref().map(|template| template.name.clone()));
        checked.extend(self.binary.as_ref().map(|binary| binary.path.display().to_string()));
        checked
    }

    /// Names the files that do not exist.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let missing = [
            (self.lockfile.is_none(), "dependencies (there is no Cargo.lock)"),
            (self.template.is_none(), "deployment (there is no template next to Cargo.toml)"),
            (self.binary.is_none(), "glibc and linked symbols (there is no release build for Linux)"),
        ];
        missing.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, what)| what).collect()
    }
}

/// Reads a file. Returns `None` if it does not exist.
fn read_toml(path: &Path) -> Result<Option<Table>, String> {
    if !path.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let table = text.parse::<Table>();
    table.map(Some).map_err(|error| format!("{} is not valid TOML: {}", path.display(), error.message()))
}
