//! Measures Lambda functions of several runtimes in sandboxes, and reports the results. See benches/study/README.md.

mod build;
mod cgroup;
mod check;
mod dynamodb;
mod http;
mod measure;
mod peer;
mod plot;
mod report;
mod results;
mod runtime_api;
mod sandbox;
mod statistics;
mod workload;

use cgroup::{Version, WHOLE_CPU_MB};
use measure::{Amount, Laboratory, Setup};
use peer::{Folders, Peer};
use results::Results;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;
use time::OffsetDateTime;
use time::macros::format_description;
use workload::Workload;

const HELP: &str = "\
benches/study/run [OPTIONS]

  --peers LIST      of lrt, lrt-lean, lambda_runtime, lambda_runtime-tuned, go, node, python (default: all)
  --memory LIST     of 128, 256, … or `cpu`, which is 1769 MB and a whole CPU (default: 128,256,cpu)
  --workloads LIST  of wave, save, search_in_turn, search_at_once, api (default: all)
  --tls             leaves out http without TLS
  --quick           3 sandboxes and 60 requests; unless selected otherwise, wave and api with 128 MB over TLS
  --output DIR      folder of the report (default: docs/study, and target/study/quick with --quick)
  --build           only builds the functions
  --check           only checks exact figures: instructions, connections and symbols. Needs valgrind
";

struct Options {
    peers: Vec<Peer>,
    memory_mb: Vec<u64>,
    workloads: Vec<Workload>,
    tls: Vec<bool>,
    amount: Amount,
    output: PathBuf,
    action: Action,
}

#[derive(PartialEq)]
enum Action {
    Build,
    Check,
    Measure,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool, Box<dyn Error>> {
    let study = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the driver is in benches/study").to_owned();
    let target = std::env::var_os("CARGO_TARGET_DIR").ok_or("CARGO_TARGET_DIR is not set: use benches/study/run")?;
    let folders = Folders { study, target: target.into() };
    let Some(options) = options(&folders)? else {
        print!("{HELP}");
        return Ok(true);
    };
    let mut results = environment(&folders);
    prepare(&folders, &options, &mut results);
    match options.action {
        Action::Build => Ok(true),
        Action::Check if results.skipped.is_empty() => check::check(&Laboratory::new(folders, None)?).await,
        Action::Check => Ok(false),
        Action::Measure => measure(folders, &options, results).await,
    }
}

/// Returns the options, or nothing if help is wanted.
fn options(folders: &Folders) -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;
    let (mut peers, mut memory_mb, mut workloads, mut output) = (None, None, None, None);
    let (mut is_quick, mut is_tls, mut action) = (false, false, Action::Measure);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("peers") => peers = Some(list(&arguments.value()?.string()?, Peer::named)?),
            Long("memory") => memory_mb = Some(list(&arguments.value()?.string()?, memory)?),
            Long("workloads") => workloads = Some(list(&arguments.value()?.string()?, Workload::named)?),
            Long("output") => output = Some(PathBuf::from(arguments.value()?)),
            Long("tls") => is_tls = true,
            Long("quick") => is_quick = true,
            Long("build") => action = Action::Build,
            Long("check") => action = Action::Check,
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let is_checked = action == Action::Check;
    let default_peers = || match is_checked {
        true => vec![Peer::Lrt, Peer::LrtLean, Peer::LambdaRuntime, Peer::LambdaRuntimeTuned],
        false => Peer::ALL.to_vec(),
    };
    Ok(Some(Options {
        peers: peers.unwrap_or_else(default_peers),
        memory_mb: memory_mb.unwrap_or(if is_quick { vec![128] } else { vec![128, 256, WHOLE_CPU_MB] }),
        workloads: workloads.unwrap_or(if is_quick {
            vec![Workload::Wave, Workload::Api]
        } else {
            Workload::ALL.to_vec()
        }),
        tls: if is_tls || is_quick { vec![true] } else { vec![false, true] },
        amount: if is_quick { Amount { sandboxes: 3, requests: 60 } } else { Amount { sandboxes: 10, requests: 500 } },
        output: output.unwrap_or_else(|| match is_quick {
            true => folders.target.join("quick"),
            false => folders.repository().join("docs/study"),
        }),
        action,
    }))
}

fn memory(text: &str) -> Option<u64> {
    if text == "cpu" { Some(WHOLE_CPU_MB) } else { text.parse().ok() }
}

/// Parses a list that is separated by commas.
fn list<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    text.split(',').map(|name| parse(name).ok_or_else(|| format!("unknown name: {name:?}"))).collect()
}

/// Builds the functions. Peers that cannot be built are reported and left out.
fn prepare(folders: &Folders, options: &Options, results: &mut Results) {
    for peer in &options.peers {
        eprintln!("building {}", peer.name());
        let started = Instant::now();
        match build::build(*peer, folders) {
            Ok(built) => {
                eprintln!("building {} took {:.0} s", peer.name(), started.elapsed().as_secs_f64());
                results.bytes.extend(built.bytes.map(|bytes| (peer.name().to_owned(), bytes)));
                results.versions.insert(peer.name().to_owned(), built.version);
            }
            Err(error) => {
                eprintln!("{} is left out: {error}", peer.name());
                results.skipped.insert(peer.name().to_owned(), error.to_string());
            }
        }
    }
}

async fn measure(folders: Folders, options: &Options, mut results: Results) -> Result<bool, Box<dyn Error>> {
    let mut memory_mb = options.memory_mb.clone();
    let quota = match Version::detect() {
        Ok(version) => {
            results.quota = format!("control groups, {version:?}");
            Some(version)
        }
        Err(reason) => {
            let reason = format!("none: no control group can be created ({reason})");
            eprintln!("CPU quota: {reason}. Memory sizes below {WHOLE_CPU_MB} MB are left out.");
            results.quota = reason;
            memory_mb = vec![WHOLE_CPU_MB];
            None
        }
    };
    let laboratory = Laboratory::new(folders, quota)?;
    let mut is_complete = true;
    for &memory_mb in &memory_mb {
        for &workload in &options.workloads {
            for &tls in options.tls.iter().filter(|tls| **tls || workload.table().is_some()) {
                // The report distinguishes TLS only for functions that use DynamoDB.
                let tls = tls && workload.table().is_some();
                for &peer in options.peers.iter().filter(|peer| results.versions.contains_key(peer.name())) {
                    let setup = Setup { peer, workload, memory_mb, tls };
                    let started = Instant::now();
                    match laboratory.measure(setup, options.amount).await {
                        Ok(run) => {
                            let seconds = started.elapsed().as_secs_f64();
                            let (cold, warm) = (run.cold.total.p50, run.load.duration.p50);
                            let (name, transport) = (workload.name(), if tls { "TLS" } else { "http" });
                            eprint!("{:20} {name:14} {memory_mb:4} MB {transport:4} ", peer.name());
                            eprintln!("cold {cold:8.1} ms, P50 {warm:8.2} ms ({seconds:.1} s)");
                            results.runs.push(run);
                        }
                        Err(error) => {
                            eprintln!("{setup:?} failed: {error}");
                            is_complete = false;
                        }
                    }
                }
                // The report is complete up to here if the study is interrupted.
                report::write(&results, &options.output)?;
            }
        }
    }
    eprintln!("wrote {}", options.output.display());
    Ok(is_complete)
}

/// Describes the machine.
fn environment(folders: &Folders) -> Results {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cpus = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let date = OffsetDateTime::now_utc().format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC"));
    let output = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(folders.repository()).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    Results {
        date: date.unwrap_or_default(),
        machine: format!("{cpus} CPUs, {}", model.unwrap_or("unknown")),
        kernel: output("uname", &["-srm"]).unwrap_or_default(),
        commit: output("git", &["describe", "--always", "--dirty", "--abbrev=12"]).unwrap_or_default(),
        ..Results::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_separated_by_commas() {
        assert_eq!(list("128,cpu", memory), Ok(vec![128, WHOLE_CPU_MB]));
        assert_eq!(list("lrt,go", Peer::named), Ok(vec![Peer::Lrt, Peer::Go]));
        assert_eq!(list("lrt,ruby", Peer::named), Err("unknown name: \"ruby\"".to_owned()));
    }
}
