//! The functions that are compared: how they are built, and how they are started.

use crate::sandbox::Program;
use crate::workload::Workload;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Peer {
    Lrt,
    LrtLean,
    LambdaRuntime,
    LambdaRuntimeTuned,
    Go,
    Node,
    Python,
}

/// Folder of the sources of Go libraries that Debian installs.
const GO_LIBRARIES: &str = "/usr/share/gocode";

/// Runtime interface client of Node.js.
const RIC: &str = "node_modules/aws-lambda-ric/bin/index.mjs";

/// Folders of the sources, and of what is built.
pub struct Folders {
    /// `benches/study`.
    pub study: PathBuf,
    pub target: PathBuf,
}

/// A peer that has been built.
pub struct Built {
    /// Versions of the runtime, its framework and its AWS SDK.
    pub version: String,
    /// Size of the stripped programs, wave and the others, if there are any.
    pub bytes: Option<[u64; 2]>,
}

impl Peer {
    /// All peers, in the order of the tables.
    pub const ALL: [Self; 7] =
        [Self::Lrt, Self::LrtLean, Self::LambdaRuntime, Self::LambdaRuntimeTuned, Self::Go, Self::Node, Self::Python];

    pub fn name(self) -> &'static str {
        match self {
            Self::Lrt => "lrt",
            Self::LrtLean => "lrt-lean",
            Self::LambdaRuntime => "lambda_runtime",
            Self::LambdaRuntimeTuned => "lambda_runtime-tuned",
            Self::Go => "go",
            Self::Node => "node",
            Self::Python => "python",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|peer| peer.name() == name)
    }

    /// Builds the functions, or returns the reason why it cannot: a missing tool, for example.
    pub fn build(self, folders: &Folders) -> Result<Built, Box<dyn Error>> {
        let (version, bytes) = match self {
            Self::Lrt => self.build_rust(folders, "lrt-functions", &[])?,
            Self::LrtLean => self.build_rust(folders, "lrt-functions", &["--no-default-features"])?,
            Self::LambdaRuntime => self.build_rust(folders, "lambda-runtime-functions", &[])?,
            Self::LambdaRuntimeTuned => {
                self.build_rust(folders, "lambda-runtime-functions", &["--no-default-features"])?
            }
            Self::Go => build_go(folders)?,
            Self::Node => (build_node(folders)?, None),
            Self::Python => (build_python(folders)?, None),
        };
        Ok(Built { version, bytes })
    }

    fn build_rust(
        self,
        folders: &Folders,
        package: &str,
        features: &[&str],
    ) -> Result<(String, Option<[u64; 2]>), Box<dyn Error>> {
        let workspace = folders.study.join("functions/rust");
        let target = folders.target.join("rust");
        let binaries = folders.binaries(self);
        fs::create_dir_all(&binaries)?;
        let mut bytes = [0; 2];
        for (index, (binary, more)) in [("wave", &[][..]), ("aws", &["--features", "aws"])].into_iter().enumerate() {
            let mut cargo = Command::new("cargo");
            cargo.args(["build", "--locked", "--quiet", "--release", "--package", package, "--bin", binary]);
            cargo.args(features).args(more).current_dir(&workspace).env("CARGO_TARGET_DIR", &target);
            // Incremental compilation changes the code of release builds.
            run(cargo.env_remove("CARGO_INCREMENTAL"))?;
            fs::copy(target.join("release").join(binary), binaries.join(format!("{binary}.unstripped")))?;
            let stripped = binaries.join(binary);
            run(Command::new("strip").arg("-o").arg(&stripped).arg(binaries.join(format!("{binary}.unstripped"))))?;
            bytes[index] = fs::metadata(stripped)?.len();
        }
        let lock = fs::read_to_string(workspace.join("Cargo.lock"))?;
        let framework = if package == "lrt-functions" { "lrt" } else { "lambda_runtime" };
        let versions = [framework, "aws-sdk-dynamodb"].map(|name| format!("{name} {}", locked(&lock, name)));
        Ok((format!("{}, {}", versions.join(", "), output(Command::new("rustc").arg("--version"))?), Some(bytes)))
    }

    /// Returns the program of a workload, without the variables that depend on the table.
    pub fn program(self, folders: &Folders, workload: Workload) -> Program {
        let path = |path: PathBuf| path.to_string_lossy().into_owned();
        let (binary, module) = if workload == Workload::Wave { ("wave", "plain") } else { ("aws", "aws") };
        let handler = workload.name();
        let (command, handler, folder) = match self {
            Self::Go => (vec![path(folders.binaries(self).join(binary))], handler.to_owned(), folders.target.clone()),
            Self::Node => {
                let folder = folders.target.join("node");
                let client = if has_ric(&folder) { RIC } else { "runtime.mjs" };
                let handler = format!("{module}.{handler}");
                let node = path(which("node").unwrap_or_default());
                (vec![node, client.to_owned(), handler.clone()], handler, folder)
            }
            Self::Python => {
                let folder = folders.target.join("python");
                let handler = format!("{module}.{handler}");
                let python = path(folder.join("venv/bin/python"));
                (vec![python, "-m".to_owned(), "awslambdaric".to_owned(), handler.clone()], handler, folder)
            }
            _ => (vec![path(folders.binaries(self).join(binary))], handler.to_owned(), folders.target.clone()),
        };
        Program { command, environment: vec![("_HANDLER".to_owned(), handler)], folder }
    }

    /// Returns the variable that names the trusted certificates, and which ones these are.
    pub fn trust(self) -> (&'static str, Roots) {
        match self {
            // On AWS, these roots are in the binary.
            Self::Lrt | Self::LrtLean => ("SSL_CERT_FILE", Roots::Amazon),
            Self::LambdaRuntime | Self::LambdaRuntimeTuned | Self::Go => ("SSL_CERT_FILE", Roots::System),
            // In addition to those that Node contains.
            Self::Node => ("NODE_EXTRA_CA_CERTS", Roots::Own),
            // Instead of those that botocore contains, which are as many.
            Self::Python => ("AWS_CA_BUNDLE", Roots::System),
        }
    }
}

/// Certificates that a function trusts, besides the root of the study's server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Roots {
    /// No other certificates.
    Own,
    /// Amazon Trust Services, whose roots are part of lrt-aws.
    Amazon,
    /// The roots of the system.
    System,
}

impl Folders {
    /// Returns the root of the repository.
    pub fn repository(&self) -> &Path {
        self.study.ancestors().nth(2).expect("the study is two folders below the root")
    }

    pub fn binaries(&self, peer: Peer) -> PathBuf {
        self.target.join("bin").join(peer.name())
    }
}

fn build_go(folders: &Folders) -> Result<(String, Option<[u64; 2]>), Box<dyn Error>> {
    let sdk = Path::new(GO_LIBRARIES).join("src/github.com/aws/aws-sdk-go-v2");
    let own = folders.target.join("go/go/bin/go");
    let go = if own.is_file() {
        own
    } else {
        which("go").ok_or("go is not installed, and benches/study/get-go has not been run")?
    };
    if !sdk.is_dir() {
        return Err("the Debian package golang-github-aws-aws-sdk-go-v2-dev is not installed".into());
    }
    let binaries = folders.binaries(Peer::Go);
    fs::create_dir_all(&binaries)?;
    let mut bytes = [0; 2];
    for (index, (binary, sources)) in
        [("wave", &["main.go", "wave.go"][..]), ("aws", &["main.go", "store.go", "geohash.go"])].into_iter().enumerate()
    {
        let mut build = Command::new(&go);
        build.args(["build", "-trimpath", "-ldflags=-s -w", "-o"]).arg(binaries.join(binary)).args(sources);
        build.current_dir(folders.study.join("functions/go"));
        // Debian's libraries are sources below a GOPATH, not modules.
        build.env("GO111MODULE", "off").env("GOPATH", GO_LIBRARIES).env("GOFLAGS", "").env("GOTOOLCHAIN", "local");
        run(build.env("GOCACHE", folders.target.join("go-cache")).env("CGO_ENABLED", "0"))?;
        bytes[index] = fs::metadata(binaries.join(binary))?.len();
    }
    let source = fs::read_to_string(sdk.join("aws/go_module_metadata.go"))?;
    let version = source.split('"').nth(1).unwrap_or("unknown version");
    let go = output(Command::new(go).arg("version").env("GOTOOLCHAIN", "local"))?;
    Ok((format!("{go}, aws-sdk-go-v2 {version}, a Runtime API client of the study"), Some(bytes)))
}

fn build_node(folders: &Folders) -> Result<String, Box<dyn Error>> {
    let node = which("node").ok_or("node is not installed")?;
    let (source, target) = (folders.study.join("functions/node"), folders.target.join("node"));
    fs::create_dir_all(&target)?;
    let lock = fs::read(source.join("package-lock.json"))?;
    // The installation compiles the runtime interface client, which takes minutes.
    let is_installed = fs::read(target.join("installed.json")).is_ok_and(|installed| installed == lock);
    for name in ["package.json", "package-lock.json", "aws.mjs", "geohash.mjs", "plain.mjs", "runtime.mjs"] {
        fs::copy(source.join(name), target.join(name))?;
    }
    if !is_installed {
        let npm = which("npm").ok_or("npm is not installed")?;
        run(Command::new(npm).args(["ci", "--no-audit", "--no-fund"]).current_dir(&target))?;
        fs::write(target.join("installed.json"), lock)?;
    }
    let package = |name: &str| -> Result<String, Box<dyn Error>> {
        let package = fs::read(target.join("node_modules").join(name).join("package.json"))?;
        let package: serde_json::Value = serde_json::from_slice(&package)?;
        Ok(package["version"].as_str().unwrap_or_default().to_owned())
    };
    let client = match has_ric(&target) {
        true => format!("aws-lambda-ric {}", package("aws-lambda-ric")?),
        false => "a Runtime API client of the study, because aws-lambda-ric could not be installed".to_owned(),
    };
    let node = output(Command::new(node).arg("--version"))?;
    Ok(format!("Node.js {node}, @aws-sdk/client-dynamodb {}, {client}", package("@aws-sdk/client-dynamodb")?))
}

fn has_ric(folder: &Path) -> bool {
    folder.join("node_modules/aws-lambda-ric/dist/rapid-client.node").is_file()
}

fn build_python(folders: &Folders) -> Result<String, Box<dyn Error>> {
    let (source, target) = (folders.study.join("functions/python"), folders.target.join("python"));
    fs::create_dir_all(&target)?;
    for name in ["aws.py", "geohash.py", "plain.py"] {
        fs::copy(source.join(name), target.join(name))?;
    }
    let (environment, installed) = (target.join("venv"), target.join("installed.txt"));
    let wanted = fs::read_to_string(source.join("requirements.txt"))?;
    if fs::read_to_string(&installed).ok().as_ref() != Some(&wanted) {
        let python = which("python3").ok_or("python3 is not installed")?;
        run(Command::new(python).args(["-m", "venv"]).arg(&environment))?;
        let mut pip = Command::new(environment.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        run(pip.arg(source.join("requirements.txt")))?;
        fs::write(&installed, &wanted)?;
    }
    let packages = wanted.lines().filter(|line| line.starts_with("awslambdaric") || line.starts_with("boto3"));
    let packages: Vec<_> = packages.map(|line| line.replace("==", " ")).collect();
    let python = output(Command::new(environment.join("bin/python")).arg("--version"))?;
    Ok(format!("{python}, {}", packages.join(", ")))
}

/// Returns the version of a crate in a Cargo.lock.
fn locked<'a>(lock: &'a str, name: &str) -> &'a str {
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{name}\""));
    lines.nth(1).and_then(|line| line.split('"').nth(1)).unwrap_or("unknown version")
}

/// Returns the path of a program, as a shell finds it.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.stdin(Stdio::null()).status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

fn output(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_read_from_the_lock_file() {
        let lock =
            "[[package]]\nname = \"a-b\"\nversion = \"2.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n";
        assert_eq!(locked(lock, "a"), "1.2.3");
        assert_eq!(locked(lock, "b"), "unknown version");
    }

    #[test]
    fn peers_are_found_by_their_names() {
        for peer in Peer::ALL {
            assert_eq!(Peer::named(peer.name()), Some(peer));
        }
    }
}
