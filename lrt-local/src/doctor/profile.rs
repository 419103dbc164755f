//! Rules about the release profile.

use super::project::Project;
use super::{Finding, Severity};
use toml::Value;

/// Checks `panic`, `lto` and `strip`.
pub(super) fn findings(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    let panic = setting(project, "panic").and_then(Value::as_str);
    if panic != Some("unwind") {
        findings.push(Finding {
            severity: Severity::Error,
            defect: match panic {
                Some(panic) => format!("Cargo.toml: panic = {panic:?} in the release profile"),
                None => "Cargo.toml: no `panic` in the release profile, so that cargo-lambda builds with \"abort\""
                    .to_owned(),
            },
            effect: "A panic ends the process instead of one invocation, and the next invocation is a cold start.",
            fix: "panic = \"unwind\" below [profile.release]".to_owned(),
        });
    }
    let missing: Vec<_> = [("lto", "\"fat\""), ("strip", "\"symbols\"")]
        .into_iter()
        .filter(|(key, _)| !is_enabled(setting(project, key)))
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    if !missing.is_empty() {
        findings.push(Finding {
            severity: Severity::Warning,
            defect: format!("Cargo.toml: the release profile is without {}", missing.join(" and ")),
            effect: "The binary is several times as large, and loading it is most of a cold start.",
            fix: format!("{} below [profile.release]", missing.join(" and ")),
        });
    }
    findings
}

/// Returns a setting of the release profile. `.cargo/config.toml` overrides the workspace's `Cargo.toml`.
fn setting<'a>(project: &'a Project, key: &str) -> Option<&'a Value> {
    let release = |profiles: &'a Value| profiles.get("release")?.get(key);
    let configured = project.configurations.iter().find_map(|configuration| release(configuration.get("profile")?));
    configured.or_else(|| release(project.workspace.get("profile")?))
}

/// Returns true for all values of `lto` and `strip` but those that disable them
/// ([profiles](https://doc.rust-lang.org/cargo/reference/profiles.html)).
fn is_enabled(value: Option<&Value>) -> bool {
    match value {
        // `lto = false` optimizes each crate alone.
        Some(Value::Boolean(value)) => *value,
        Some(Value::String(value)) => !matches!(&**value, "off" | "none"),
        _ => false,
    }
}
