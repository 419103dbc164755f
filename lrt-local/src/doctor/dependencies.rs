//! Rules about dependencies: TLS without jitter entropy, features of the AWS SDK, the trace header of its requests.

use super::binary::Binary;
use super::project::Project;
use super::{Finding, Severity};
use toml::{Table, Value};

/// The cryptographic library whose random number generator collects entropy from timing jitter of the CPU.
const JITTER: &str = "aws-lc-sys";

/// The variable that builds [`JITTER`] without that entropy
/// ([build script](https://github.com/aws/aws-lc-rs/tree/main/aws-lc-sys)).
const NO_JITTER: &str = "AWS_LC_SYS_NO_JITTER_ENTROPY";

/// A direct dependency that is not only for development.
struct Dependency<'a> {
    /// Name of the package.
    package: &'a str,
    /// The name in `Cargo.toml`.
    key: &'a str,
    has_default_features: bool,
    features: Vec<&'a str>,
}

/// Checks that no TLS handshake waits for jitter entropy.
pub(super) fn jitter_entropy(project: &Project) -> Option<Finding> {
    let linked = project.binary.as_ref().and_then(Binary::has_jitter_entropy);
    let defect = match linked {
        Some(false) => return None,
        Some(true) => format!("{} contains jitter entropy", project.binary.as_ref()?.path.display()),
        None if is_disabled(project) => return None,
        None => {
            let dependencies = dependencies(project);
            // Clients that lrt-aws configures do not use the TLS library that the default features of the SDK add.
            let has_lrt_aws = has_lrt_aws(&dependencies);
            let avoid = |name: &str| has_lrt_aws && (name.starts_with("aws-smithy-") || name.starts_with("aws-sdk-"));
            let from = dependencies.iter().map(|dependency| dependency.package);
            let path = project.lockfile.as_ref()?.path(from, JITTER, avoid)?;
            format!("Cargo.lock: {JITTER} is linked with jitter entropy ({})", path.join(" -> "))
        }
    };
    Some(Finding {
        severity: Severity::Error,
        defect,
        effect: "The first TLS handshake collects entropy for about 30 ms of CPU time, which are over 400 ms at 128 MB.",
        fix: format!(
            "for the AWS SDK, create clients from `lrt_aws::config()`, and leave out the default features of the SDK's crates; \
             otherwise use rustls with ring, or set {NO_JITTER} = \"1\" below [env] in .cargo/config.toml"
        ),
    })
}

/// Returns true if the build of [`JITTER`] leaves out the entropy.
fn is_disabled(project: &Project) -> bool {
    let configured = project.configured("env", NO_JITTER);
    let value = configured.map(|value| value.get("value").unwrap_or(value));
    value.and_then(Value::as_str).is_some_and(|value| value == "1")
}

/// Checks that the AWS SDK is used without its default features, which contain a TLS library and an HTTP client that `lrt-aws`
/// does not use.
pub(super) fn sdk_defaults(project: &Project) -> Option<Finding> {
    let dependencies = dependencies(project);
    if !has_lrt_aws(&dependencies) {
        return None;
    }
    let is_sdk = |dependency: &&Dependency<'_>| is_sdk(dependency.package) || dependency.package == "aws-config";
    let keys = dependencies.iter().filter(is_sdk).filter(|dependency| dependency.has_default_features);
    let keys: Vec<_> = keys.map(|dependency| dependency.key).collect();
    (!keys.is_empty()).then(|| Finding {
        severity: Severity::Warning,
        defect: format!("Cargo.toml: default features of {}", keys.join(", ")),
        effect: "They add a second TLS library, which takes a minute to compile and several MB of the binary, and is not used.",
        fix: "default-features = false, features = [\"rt-tokio\"]".to_owned(),
    })
}

/// Checks that requests of the AWS SDK have the trace header of the invocation.
pub(super) fn trace_header(project: &Project) -> Option<Finding> {
    let dependencies = dependencies(project);
    let sdk = dependencies.iter().find(|dependency| is_sdk(dependency.package))?;
    (!has_lrt_aws(&dependencies) && !has_trace_env(project, &dependencies)).then(|| Finding {
        severity: Severity::Warning,
        defect: format!("Cargo.toml: {} without lrt-aws, and without the feature `trace-env` of lrt", sdk.key),
        effect: "Requests have no trace header: Lambda does not detect recursive loops, and X-Ray shows no calls.",
        fix: "create clients from `lrt_aws::config()`, or add the feature `trace-env` to lrt".to_owned(),
    })
}

fn is_sdk(package: &str) -> bool {
    package.starts_with("aws-sdk-")
}

fn has_lrt_aws(dependencies: &[Dependency<'_>]) -> bool {
    dependencies.iter().any(|dependency| dependency.package == "lrt-aws")
}

/// Returns true if the dependency on lrt or a feature of the package enables `trace-env`.
fn has_trace_env(project: &Project, dependencies: &[Dependency<'_>]) -> bool {
    let is_enabled = |dependency: &Dependency<'_>| {
        let feature = format!("{}/trace-env", dependency.key);
        let features = project.manifest.get("features").and_then(Value::as_table).into_iter().flat_map(Table::values);
        let mut enabled = features.filter_map(Value::as_array).flatten();
        dependency.features.contains(&"trace-env") || enabled.any(|enabled| enabled.as_str() == Some(&*feature))
    };
    dependencies.iter().filter(|dependency| dependency.package == "lrt").any(is_enabled)
}

/// Returns the dependencies in `Cargo.toml`, those of targets included.
fn dependencies(project: &Project) -> Vec<Dependency<'_>> {
    let targets = project.manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = targets.map(|target| target.get("dependencies")).chain([project.manifest.get("dependencies")]);
    let inherited = project.workspace.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    let entries = tables.flatten().filter_map(Value::as_table).flatten();
    entries.map(|(key, value)| dependency(key, value, inherited.and_then(|inherited| inherited.get(key)))).collect()
}

/// Returns a dependency, of which `workspace = true` inherits parts.
fn dependency<'a>(key: &'a str, value: &'a Value, inherited: Option<&'a Value>) -> Dependency<'a> {
    let inherited = inherited.filter(|_| value.get("workspace").and_then(Value::as_bool) == Some(true));
    let both = || [Some(value), inherited].into_iter().flatten();
    let features = both().filter_map(|value| value.get("features")?.as_array()).flatten();
    Dependency {
        package: both().find_map(|value| value.get("package")?.as_str()).unwrap_or(key),
        key,
        // The workspace decides, unless it has them and the member does not mention them.
        has_default_features: inherited
            .unwrap_or(value)
            .get("default-features")
            .and_then(Value::as_bool)
            .unwrap_or(true),
        features: features.filter_map(Value::as_str).collect(),
    }
}
