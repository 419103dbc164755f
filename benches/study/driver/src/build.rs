//! Builds the functions.

use crate::peer::{Folders, Peer, has_ric, which};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Folder of the sources of Go libraries that Debian installs.
const GO_LIBRARIES: &str = "/usr/share/gocode";

/// The functions of a peer.
pub struct Built {
    /// Versions of the runtime, its framework and its AWS SDK.
    pub version: String,
    /// Sizes of the stripped programs of a compiled language: wave, and the others.
    pub bytes: Option<[u64; 2]>,
}

/// Builds the functions of a peer.
///
/// # Errors
///
/// Returns the reason why they cannot be built, such as a missing tool.
pub fn build(peer: Peer, folders: &Folders) -> Result<Built, Box<dyn Error>> {
    match peer {
        Peer::Lrt => rust(peer, folders, "lrt-functions", &[]),
        Peer::LrtLean => rust(peer, folders, "lrt-functions", &["--no-default-features"]),
        Peer::LambdaRuntime => rust(peer, folders, "lambda-runtime-functions", &[]),
        Peer::LambdaRuntimeTuned => rust(peer, folders, "lambda-runtime-functions", &["--no-default-features"]),
        Peer::Go => go(folders),
        Peer::Node => node(folders),
        Peer::Python => python(folders),
    }
}

fn rust(peer: Peer, folders: &Folders, package: &str, features: &[&str]) -> Result<Built, Box<dyn Error>> {
    let workspace = folders.study.join("functions/rust");
    let target = folders.target.join("rust");
    let binaries = folders.binaries(peer);
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
    let rustc = output(Command::new("rustc").arg("--version"))?;
    Ok(Built { version: format!("{}, {rustc}", versions.join(", ")), bytes: Some(bytes) })
}

fn go(folders: &Folders) -> Result<Built, Box<dyn Error>> {
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
    let version = format!("{go}, aws-sdk-go-v2 {version}, a Runtime API client of the study");
    Ok(Built { version, bytes: Some(bytes) })
}

fn node(folders: &Folders) -> Result<Built, Box<dyn Error>> {
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
    let sdk = package("@aws-sdk/client-dynamodb")?;
    Ok(Built { version: format!("Node.js {node}, @aws-sdk/client-dynamodb {sdk}, {client}"), bytes: None })
}

fn python(folders: &Folders) -> Result<Built, Box<dyn Error>> {
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
    Ok(Built { version: format!("{python}, {}", packages.join(", ")), bytes: None })
}

/// Returns the version of a crate in a Cargo.lock.
fn locked<'a>(lock: &'a str, name: &str) -> &'a str {
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{name}\""));
    lines.nth(1).and_then(|line| line.split('"').nth(1)).unwrap_or("unknown version")
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
}
