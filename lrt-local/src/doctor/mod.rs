//! `cargo run -- doctor`: settings that make a cold start slow or a deployment unsafe.
//!
//! `project` reads the files of the package. The rules: `dependencies` (Cargo.toml, Cargo.lock), `profile` (the release profile),
//! `binary` (the release build), `deployment` (the template). Each returns findings and changes nothing.

mod binary;
mod dependencies;
mod deployment;
mod lockfile;
mod profile;
mod project;
mod template;

use super::function::LocalFunction;
use super::terminal::say;
use project::Project;
use std::fmt;
use std::process::ExitCode;

/// A defect of the project, and how to fix it.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    severity: Severity,
    /// The setting, with its file.
    defect: String,
    /// The effect on the function.
    effect: &'static str,
    fix: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    /// The function fails, loses events, or has a cold start that is several times as long.
    Error,
    /// Everything else.
    Warning,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}: {}\n  {}\n  help: {}", self.defect, self.effect, self.fix)
    }
}

/// Prints all findings. The exit code is 1 if there is any.
pub(super) fn doctor(functions: &[&dyn LocalFunction], binary_name: &str) -> Result<ExitCode, String> {
    let project = Project::read(binary_name)?.with_template()?;
    let findings = examine(&project, functions);
    for finding in &findings {
        say(format!("{finding}\n").as_bytes());
    }
    say(summary(&project, findings.len()).as_bytes());
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the line that `cargo run` prints about a defect that makes each cold start more than 100 ms longer. `None`
/// without such a defect, or if a file cannot be read.
///
/// This reads the entire release build, so it must not delay the local Lambda.
pub(super) fn slow_cold_start(binary_name: &str) -> Option<String> {
    slow_cold_start_of(&Project::read(binary_name).ok()?)
}

fn slow_cold_start_of(project: &Project) -> Option<String> {
    let finding = dependencies::jitter_entropy(project)?;
    Some(format!("{finding}\n  `cargo run -- doctor` checks all settings"))
}

/// Returns the findings of all rules, errors first.
fn examine(project: &Project, functions: &[&dyn LocalFunction]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = dependencies::jitter_entropy(project).into_iter().collect();
    findings.extend(dependencies::sdk_defaults(project));
    findings.extend(dependencies::trace_header(project));
    findings.extend(profile::findings(project));
    findings.extend(binary::newer_glibc(project));
    findings.extend(deployment::findings(project, functions));
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// Returns the number of findings, and the files that the rules have read.
fn summary(project: &Project, findings: usize) -> String {
    let count = match findings {
        0 => "no findings".to_owned(),
        1 => "1 finding".to_owned(),
        several => format!("{several} findings"),
    };
    let mut text = format!("{count}; checked {}", project.checked().join(", "));
    for missing in project.missing() {
        text.push_str(&format!("\nnot checked: {missing}"));
    }
    text
}

#[cfg(test)]
mod tests;
