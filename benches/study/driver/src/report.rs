//! Writes the results as JSON, Markdown and SVG.

use crate::cgroup;
use crate::peer::Peer;
use crate::plot::{self, short};
use crate::results::{Results, Run};
use crate::workload::Workload;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Goals for the cold start of `api` with 128 MB over TLS.
const COLD_START_MS: f64 = 15.0;
const COLD_START_BESIDE_GO: f64 = 1.0 / 3.0;
const FIRST_BESIDE_WARM: f64 = 1.3;

/// Writes all files into a folder.
pub fn write(results: &Results, folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("results.json"), serde_json::to_string_pretty(results)? + "\n")?;
    fs::write(folder.join("study.md"), page(results))?;
    for memory_mb in results.memory_sizes() {
        let cpu = describe(memory_mb);
        let api = |tls| results.of("api", memory_mb, tls);
        let plots = [
            (
                "cold-start",
                api(true).next().map(|_| plot::cold_starts(&format!("Cold start of api over TLS, {cpu}"), api(true))),
            ),
            (
                "tails",
                api(true)
                    .next()
                    .map(|_| plot::tails(&format!("Duration of api over TLS, {cpu}, by percentile"), api(true))),
            ),
            ("ranges", ranges(results, memory_mb, &cpu)),
        ];
        for (name, svg) in plots {
            if let Some(svg) = svg {
                fs::write(folder.join(plot_file(name, memory_mb)), svg)?;
            }
        }
    }
    Ok(())
}

fn plot_file(name: &str, memory_mb: u64) -> String {
    format!("{name}-{memory_mb}.svg")
}

fn ranges(results: &Results, memory_mb: u64, cpu: &str) -> Option<String> {
    let panels = Workload::ALL.into_iter().map(|workload| {
        let tls = workload.table().is_some();
        (workload.name(), results.of(workload.name(), memory_mb, tls).collect::<Vec<_>>())
    });
    let panels: Vec<_> = panels.filter(|(_, runs)| !runs.is_empty()).collect();
    (!panels.is_empty()).then(|| plot::ranges(&format!("Durations, DynamoDB over TLS, {cpu}"), &panels))
}

/// Returns a memory size with its share of a CPU.
fn describe(memory_mb: u64) -> String {
    match cgroup::share(memory_mb) {
        1000 => format!("{memory_mb} MB (a whole CPU)"),
        share => format!("{memory_mb} MB ({}.{} % of a CPU)", share / 10, share % 10),
    }
}

fn page(results: &Results) -> String {
    let mut page = Page(String::new());
    page.line("# Study: Lambda functions on several runtimes");
    page.line("");
    page.line("Written by `benches/study/run`. [benches/study/README.md](../../benches/study/README.md) describes the");
    page.line(
        "method, the workloads and the columns. Nothing was measured on AWS. Times are in milliseconds; lower is",
    );
    page.line("better everywhere.");
    page.line("");
    environment(&mut page, results);
    goals(&mut page, results);
    for memory_mb in results.memory_sizes() {
        page.line(&format!("## {}", describe(memory_mb)));
        page.line("");
        let has_api = results.of("api", memory_mb, true).next().is_some();
        for (name, alternative, is_drawn) in [
            ("cold-start", "Cold starts of api: init and the first Duration of each peer", has_api),
            ("ranges", "Ranges of durations by workload and peer", true),
            ("tails", "Percentiles of the durations of api for each peer", has_api),
        ] {
            if is_drawn {
                page.line(&format!("![{alternative}]({})", plot_file(name, memory_mb)));
                page.line("");
            }
        }
        for workload in Workload::ALL {
            tables(&mut page, results, workload, memory_mb);
        }
    }
    page.0.truncate(page.0.trim_end().len());
    page.0.push('\n');
    page.0
}

fn environment(page: &mut Page, results: &Results) {
    page.line("| | |");
    page.line("|---|---|");
    for (name, value) in [
        ("Date", &results.date),
        ("Machine", &results.machine),
        ("Kernel", &results.kernel),
        ("CPU quota", &results.quota),
        ("Commit", &results.commit),
    ] {
        page.line(&format!("| {name} | {value} |"));
    }
    for (peer, version) in &results.versions {
        let bytes = results.bytes.get(peer).map(|[wave, aws]| {
            let [wave, aws] = [wave, aws].map(|bytes| format!("{:.1}", *bytes as f64 / 1e6));
            if wave == aws {
                format!("; {wave} MB")
            } else {
                format!("; {wave} MB for wave, {aws} MB with the AWS SDK")
            }
        });
        page.line(&format!("| {peer} | {version}{} |", bytes.unwrap_or_default()));
    }
    for (peer, reason) in &results.skipped {
        page.line(&format!("| {peer} | left out: {reason} |"));
    }
    page.line("");
}

/// Compares the cold start of `api` with its goals.
fn goals(page: &mut Page, results: &Results) {
    let find = |peer: Peer| results.of("api", 128, true).find(|run| run.peer == peer.name());
    let Some(lrt) = find(Peer::Lrt) else { return };
    page.line("## Goals");
    page.line("");
    page.line("For `api` on lrt with 128 MB over TLS, medians:");
    page.line("");
    page.line("| Goal | Measured | Met |");
    page.line("|---|---:|---|");
    let mut goal = |name: &str, measured: f64, unit: &str, limit: f64| {
        let met = if measured <= limit { "yes" } else { "no" };
        page.line(&format!("| {name} | {measured:.2}{unit} | {met} |"));
    };
    let cold = lrt.cold.total.p50;
    goal("cold start of at most 15 ms", cold, " ms", COLD_START_MS);
    if let Some(go) = find(Peer::Go) {
        goal("at most a third of Go's cold start", cold / go.cold.total.p50, "", COLD_START_BESIDE_GO);
    }
    let first = lrt.cold.first_duration.p50 / lrt.warm.p50;
    goal("first Duration at most 1.3 times the warm one", first, "", FIRST_BESIDE_WARM);
    page.line("");
}

fn tables(page: &mut Page, results: &Results, workload: Workload, memory_mb: u64) {
    let runs = |tls| results.of(workload.name(), memory_mb, tls);
    if runs(true).chain(runs(false)).next().is_none() {
        return;
    }
    page.line(&format!("### {}, {memory_mb} MB", workload.name()));
    page.line("");
    page.line(&format!("The function {}.", workload.description()));
    page.line("");
    let cold: Vec<_> = if runs(true).next().is_some() { runs(true).collect() } else { runs(false).collect() };
    cold_table(page, &cold);
    for (tls, name) in [(false, "http"), (true, "TLS")] {
        let runs: Vec<_> = runs(tls).collect();
        if let Some(run) = runs.first() {
            let over = if workload.table().is_some() { format!(" over {name}") } else { String::new() };
            page.line(&format!("{} requests at a concurrency of {}{over}:", run.load.requests, run.cold.starts));
            page.line("");
            load_table(page, &runs);
        }
    }
}

fn cold_table(page: &mut Page, runs: &[&Run]) {
    page.line(
        "| Cold start | init | first Duration | cold | slowest | billed | CPU | connections | warm | first / warm |",
    );
    page.line("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for run in runs {
        let cold = run.cold;
        page.line(&format!(
            "| {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {} | {:.2} | {:.1} |",
            run.peer,
            cold.init.p50,
            cold.first_duration.p50,
            cold.total.p50,
            cold.total.max,
            cold.billed_ms as f64 / cold.starts as f64,
            cold.cpu_ms,
            cold.connections_in_init,
            run.warm.p50,
            cold.first_duration.p50 / run.warm.p50,
        ));
    }
    page.line("");
}

fn load_table(page: &mut Page, runs: &[&Run]) {
    page.line("| Warm | P10 | P50 | P90 | P99 | max | billed | CPU | memory, MiB | index |");
    page.line("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let reference = runs.iter().find(|run| run.peer == Peer::Lrt.name());
    for run in runs {
        let (load, duration) = (run.load, run.load.duration);
        let [p10, p50, p90, p99, max] =
            [duration.p10, duration.p50, duration.p90, duration.p99, duration.max].map(duration_text);
        let index = reference.map_or_else(
            || "–".to_owned(),
            |reference| format!("{:.2}", run.billed_mb_ms() as f64 / reference.billed_mb_ms() as f64),
        );
        page.line(&format!(
            "| {} | {p10} | {p50} | {p90} | {p99} | {max} | {:.2} | {:.2} | {:.1} | {index} |",
            run.peer,
            load.billed_ms as f64 / load.requests as f64,
            load.cpu_ms,
            load.memory_mib,
        ));
    }
    page.line("");
}

fn duration_text(value: f64) -> String {
    if value < 100.0 { format!("{value:.2}") } else { short(value) }
}

struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        writeln!(self.0, "{line}").expect("a string can be written to");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Cold, Load};
    use crate::statistics::Percentiles;

    fn run(peer: &str, first: f64, billed_ms: u64) -> Run {
        let all = |value| Percentiles { p10: value, p50: value, p90: value, p99: value, max: value };
        Run {
            peer: peer.to_owned(),
            workload: "api".to_owned(),
            memory_mb: 128,
            tls: true,
            cold: Cold {
                starts: 10,
                init: all(8.0),
                first_duration: all(first),
                total: all(8.0 + first),
                billed_ms,
                ..Cold::default()
            },
            warm: all(2.5),
            load: Load { requests: 500, duration: all(3.0), billed_ms, ..Load::default() },
        }
    }

    fn results() -> Results {
        Results { runs: vec![run("lrt", 3.0, 100), run("go", 40.0, 250)], ..Results::default() }
    }

    #[test]
    fn goals_are_compared_with_what_was_measured() {
        let text = page(&results());
        for line in [
            "| cold start of at most 15 ms | 11.00 ms | yes |",
            "| at most a third of Go's cold start | 0.23 | yes |",
            "| first Duration at most 1.3 times the warm one | 1.20 | yes |",
        ] {
            assert!(text.contains(line), "{text}");
        }
        let slow = Results { runs: vec![run("lrt", 30.0, 100)], ..Results::default() };
        assert!(page(&slow).contains("| cold start of at most 15 ms | 38.00 ms | no |"));
    }

    #[test]
    fn index_is_what_is_billed_relative_to_lrt() {
        let text = page(&results());
        assert!(text.contains("| lrt | 3.00 | 3.00 | 3.00 | 3.00 | 3.00 | 0.20 | 0.00 | 0.0 | 1.00 |"), "{text}");
        assert!(text.contains("| go | 3.00 | 3.00 | 3.00 | 3.00 | 3.00 | 0.50 | 0.00 | 0.0 | 2.50 |"), "{text}");
    }

    #[test]
    fn memory_sizes_are_described_with_their_share() {
        assert_eq!(
            [128, 256, 1769].map(describe),
            ["128 MB (7.1 % of a CPU)", "256 MB (14.2 % of a CPU)", "1769 MB (a whole CPU)"]
        );
    }

    #[test]
    fn all_files_are_written() {
        let folder = tempfile::tempdir().unwrap();
        write(&results(), folder.path()).unwrap();
        let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["cold-start-128.svg", "ranges-128.svg", "results.json", "study.md", "tails-128.svg"]);
        let json = fs::read(folder.path().join("results.json")).unwrap();
        assert_eq!(serde_json::from_slice::<Results>(&json).unwrap().runs.len(), 2);
    }
}
