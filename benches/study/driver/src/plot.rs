//! Plots as SVG: cold starts, ranges and tails of durations.

use crate::peer::Peer;
use crate::results::Run;
use crate::statistics::Percentiles;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
/// Space for the names of the peers.
const LEFT: f64 = 170.0;
const RIGHT: f64 = 40.0;
const TOP: f64 = 56.0;
const ROW: f64 = 26.0;

const INIT: &str = "#4477aa";
const FIRST: &str = "#ee8866";
const INK: &str = "#222222";
const GRID: &str = "#dddddd";
/// Colors of the peers, in the order of [`Peer::ALL`].
const COLORS: [&str; Peer::ALL.len()] = ["#cc3311", "#ee8866", "#004488", "#4477aa", "#009988", "#997700", "#aa4499"];

/// Draws the cold starts as stacked bars: init and the first duration.
pub fn cold_starts<'a>(title: &str, runs: impl Iterator<Item = &'a Run> + Clone) -> String {
    let count = runs.clone().count();
    let longest = runs.clone().map(|run| run.cold.init.p50 + run.cold.first_duration.p50).fold(1.0, f64::max);
    let mut svg = Svg::new(title, TOP + ROW * count as f64 + 40.0);
    for (x, color, name) in [(LEFT, INIT, "init, with a whole CPU"), (LEFT + 190.0, FIRST, "first Duration")] {
        svg.rectangle(x, 34.0, 12.0, 12.0, color);
        svg.text(x + 18.0, 44.0, "start", name);
    }
    // The text behind the longest bar needs space.
    let scale = (WIDTH - LEFT - RIGHT - 150.0) / longest;
    for (row, run) in runs.enumerate() {
        let y = TOP + ROW * row as f64;
        let (init, first) = (run.cold.init.p50, run.cold.first_duration.p50);
        svg.text(LEFT - 8.0, y + 16.0, "end", &run.peer);
        svg.rectangle(LEFT, y + 4.0, init * scale, ROW - 8.0, INIT);
        svg.rectangle(LEFT + init * scale, y + 4.0, first * scale, ROW - 8.0, FIRST);
        let label = format!("{} + {} = {} ms", short(init), short(first), short(init + first));
        svg.text(LEFT + (init + first) * scale + 8.0, y + 16.0, "start", &label);
    }
    svg.text(LEFT, TOP + ROW * count as f64 + 24.0, "start", "medians; lower is better");
    svg.finish()
}

/// Draws the ranges of durations in a panel for each workload: P10 to P90 as a bar, to P99 as a line, P50 as a point.
pub fn ranges(title: &str, panels: &[(&str, Vec<&Run>)]) -> String {
    let rows: usize = panels.iter().map(|(_, runs)| runs.len()).sum();
    let height = TOP + ROW * rows as f64 + 34.0 * panels.len() as f64 + 40.0;
    let mut svg = Svg::new(title, height);
    let all = || panels.iter().flat_map(|(_, runs)| runs).map(|run| run.load.duration);
    let axis = Axis::new(all().map(|duration| duration.p10), all().map(|duration| duration.p99), LEFT, WIDTH - RIGHT);
    for (value, x) in axis.ticks() {
        svg.line((x, TOP), (x, height - 40.0), GRID, 1.0);
        svg.text(x, height - 24.0, "middle", &short(value));
    }
    svg.text(
        LEFT,
        height - 6.0,
        "start",
        "Duration, ms, logarithmic: bar P10 to P90, line to P99, point P50; lower is better",
    );
    let mut y = TOP;
    for (name, runs) in panels {
        svg.bold(12.0, y + 16.0, name);
        y += 24.0;
        for run in runs {
            let [p10, p50, p90, p99] = {
                let Percentiles { p10, p50, p90, p99, .. } = run.load.duration;
                [p10, p50, p90, p99].map(|value| axis.position(value))
            };
            let (middle, color) = (y + ROW / 2.0, color(&run.peer));
            svg.text(LEFT - 8.0, middle + 4.0, "end", &run.peer);
            svg.line((p90, middle), (p99, middle), color, 2.0);
            svg.rectangle(p10, middle - 6.0, (p90 - p10).max(2.0), 12.0, color);
            svg.circle(p50, middle, 4.0, "#ffffff", INK);
            y += ROW;
        }
        y += 10.0;
    }
    svg.finish()
}

/// Draws the percentiles of a workload as a line for each peer.
pub fn tails<'a>(title: &str, runs: impl Iterator<Item = &'a Run> + Clone) -> String {
    let (height, bottom, right) = (400.0, 350.0, WIDTH - 190.0);
    let mut svg = Svg::new(title, height);
    let durations = || runs.clone().map(|run| run.load.duration);
    let axis =
        Axis::new(durations().map(|duration| duration.p10), durations().map(|duration| duration.max), bottom, TOP);
    for (value, y) in axis.ticks() {
        svg.line((60.0, y), (right, y), GRID, 1.0);
        svg.text(52.0, y + 4.0, "end", &short(value));
    }
    let names = ["P10", "P50", "P90", "P99", "max"];
    let x = |index: usize| 80.0 + index as f64 * (right - 100.0) / (names.len() - 1) as f64;
    for (index, name) in names.iter().enumerate() {
        svg.text(x(index), bottom + 20.0, "middle", name);
    }
    let mut labels: Vec<(f64, &str, &str)> = Vec::new();
    for run in runs {
        let Percentiles { p10, p50, p90, p99, max } = run.load.duration;
        let points: Vec<_> = [p10, p50, p90, p99, max]
            .iter()
            .enumerate()
            .map(|(index, value)| (x(index), axis.position(*value)))
            .collect();
        let color = color(&run.peer);
        for pair in points.windows(2) {
            svg.line(pair[0], pair[1], color, 2.0);
        }
        labels.push((points[4].1, color, &run.peer));
    }
    // Labels of lines that end close to each other are moved down.
    labels.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut free = TOP;
    for (y, color, name) in labels {
        let y = y.max(free);
        svg.colored(right + 6.0, y + 4.0, color, name);
        free = y + 15.0;
    }
    svg.text(60.0, height - 8.0, "start", "Duration, ms, logarithmic; lower is better");
    svg.finish()
}

fn color(peer: &str) -> &'static str {
    Peer::ALL.iter().position(|known| known.name() == peer).map_or(INK, |index| COLORS[index])
}

/// A logarithmic axis.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn new(low: impl Iterator<Item = f64>, high: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let low = low.fold(f64::INFINITY, f64::min).max(0.001);
        let high = high.fold(low, f64::max).max(low * 1.5);
        Self { low: low / 1.1, high: high * 1.1, from, to }
    }

    fn position(&self, value: f64) -> f64 {
        let share = (value.max(self.low) / self.low).ln() / (self.high / self.low).ln();
        self.from + share * (self.to - self.from)
    }

    /// Returns 1, 2 and 5 times the powers of ten, with their positions. A range of many powers has powers only.
    fn ticks(&self) -> Vec<(f64, f64)> {
        let steps: &[f64] = if self.high / self.low > 500.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let powers = (-3..7).map(|power| 10_f64.powi(power));
        let values = powers.flat_map(|power| steps.iter().map(move |step| step * power));
        let values = values.filter(|value| (self.low..=self.high).contains(value));
        values.map(|value| (value, self.position(value))).collect()
    }
}

/// Returns a number with two significant digits, or all digits before the point.
pub fn short(value: f64) -> String {
    let decimals = match value {
        _ if value >= 9.95 => 0,
        _ if value >= 0.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    // The ticks of an axis are round.
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

struct Svg(String);

impl Svg {
    fn new(title: &str, height: f64) -> Self {
        let size = format!(r#"viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}""#);
        let font = r#"font-family="sans-serif" font-size="13" role="img""#;
        let mut svg = Self(format!("<svg xmlns=\"http://www.w3.org/2000/svg\" {size} {font}>\n"));
        svg.element(format_args!("<title>{}</title>", escape(title)));
        svg.rectangle(0.0, 0.0, WIDTH, height, "#ffffff");
        svg.bold(12.0, 22.0, title);
        svg
    }

    fn element(&mut self, element: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{element}").expect("a string can be written to");
    }

    fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64, color: &str) {
        self.element(format_args!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{color}"/>"#
        ));
    }

    fn circle(&mut self, x: f64, y: f64, radius: f64, fill: &str, stroke: &str) {
        self.element(format_args!(
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius:.1}" fill="{fill}" stroke="{stroke}"/>"#
        ));
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), color: &str, width: f64) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.element(format_args!(
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{color}" stroke-width="{width}"/>"#
        ));
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        let text = escape(text);
        self.element(format_args!(r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" fill="{INK}">{text}</text>"#));
    }

    fn bold(&mut self, x: f64, y: f64, text: &str) {
        let text = escape(text);
        self.element(format_args!(r#"<text x="{x:.1}" y="{y:.1}" font-weight="bold" fill="{INK}">{text}</text>"#));
    }

    fn colored(&mut self, x: f64, y: f64, color: &str, text: &str) {
        let text = escape(text);
        self.element(format_args!(r#"<text x="{x:.1}" y="{y:.1}" fill="{color}">{text}</text>"#));
    }

    fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Cold, Load};

    fn run(peer: &str, scale: f64) -> Run {
        let duration = Percentiles { p10: 1.0, p50: 2.0, p90: 3.0, p99: 4.0, max: 5.0 };
        let duration = Percentiles { p99: duration.p99 * scale, max: duration.max * scale, ..duration };
        let cold = Cold { init: duration, first_duration: duration, total: duration, ..Cold::default() };
        Run {
            peer: peer.to_owned(),
            workload: "api".to_owned(),
            memory_mb: 128,
            tls: true,
            cold,
            warm: duration,
            load: Load { duration, ..Load::default() },
        }
    }

    #[test]
    fn axis_is_logarithmic() {
        let axis = Axis { low: 1.0, high: 100.0, from: 0.0, to: 200.0 };
        let positions = [1.0, 10.0, 100.0].map(|value| axis.position(value).round());
        assert_eq!(positions, [0.0, 100.0, 200.0]);
        let ticks: Vec<_> = axis.ticks().into_iter().map(|(value, _)| short(value)).collect();
        assert_eq!(ticks, ["1", "2", "5", "10", "20", "50", "100"]);
    }

    #[test]
    fn axis_of_many_powers_has_ticks_at_powers_only() {
        let axis = Axis::new([0.5].into_iter(), [2000.0].into_iter(), 0.0, 100.0);
        let ticks: Vec<_> = axis.ticks().into_iter().map(|(value, _)| short(value)).collect();
        assert_eq!(ticks, ["1", "10", "100", "1000"]);
    }

    #[test]
    fn numbers_have_two_significant_digits() {
        let texts = [0.123, 0.999, 1.0, 2.34, 9.96, 12.6, 1234.5].map(short);
        assert_eq!(texts, ["0.12", "1", "1", "2.3", "10", "13", "1234"]);
    }

    #[test]
    fn cold_starts_have_two_bars_and_a_label_for_each_peer() {
        let runs = [run("a<b", 1.0), run("c", 1.0)];
        let svg = cold_starts("Cold starts", runs.iter());
        assert!(svg.contains("2 + 2 = 4 ms") && svg.contains("a&lt;b"), "{svg}");
        // The background, two in the legend, and two for each peer.
        assert_eq!(svg.matches("<rect").count(), 1 + 2 + 2 * 2);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn ranges_have_a_bar_a_line_and_a_point_for_each_run() {
        let (first, second) = (run("a", 1.0), run("b", 3.0));
        let svg = ranges("Ranges", &[("api", vec![&first, &second]), ("save", vec![&first])]);
        assert_eq!((svg.matches("<circle").count(), svg.matches("<rect").count()), (3, 1 + 3));
    }

    #[test]
    fn labels_of_tails_do_not_overlap() {
        let runs = [run("lrt", 1.0), run("lrt-lean", 1.0)];
        let svg = tails("Tails", runs.iter());
        let labels = svg.lines().filter(|line| line.contains("fill=\"#cc3311\"") || line.contains("fill=\"#ee8866\""));
        let y: Vec<f64> = labels.map(|line| line.split('"').nth(3).unwrap().parse().unwrap()).collect();
        assert_eq!(y[1] - y[0], 15.0, "{svg}");
    }
}
