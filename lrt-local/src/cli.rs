//! Parses the command line.

use super::suggest::nearest;
use lexopt::prelude::*;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

/// Default port, as in the examples of the Runtime Interface Emulator.
pub(super) const DEFAULT_PORT: u16 = 9000;

/// Lambda's maximum timeout. It is the default, so that debugging is not interrupted.
const MAX_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// The commands. Without a command, the functions are served.
const COMMANDS: [&str; 4] = ["doctor", "invoke", "sample", "template"];

/// The options, and the commands that support them.
const OPTIONS: [(&str, &[&str]); 10] = [
    ("port", &[SERVE]),
    ("concurrency", &[SERVE]),
    ("timeout", &[SERVE]),
    ("record", &[SERVE]),
    (WITH_CREDENTIALS, &[SERVE]),
    (SCHEDULES, &[SERVE]),
    ("origin", &[SERVE, "sample"]),
    ("claims", &[SERVE]),
    ("body", &["sample"]),
    (FIFO, &["sample"]),
];

// The options without a value.
const WITH_CREDENTIALS: &str = "with-credentials";
const SCHEDULES: &str = "schedules";
const FIFO: &str = "fifo";

/// The command line has no word for serving.
const SERVE: &str = "";

/// A command with its options.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Serve(Serve),
    /// The arguments. Their meaning depends on the functions.
    Invoke(Vec<OsString>),
    Sample(Sample),
    Template,
    Doctor,
    /// Help for one command, or for all commands.
    Help(Option<String>),
}

/// Options for serving.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Serve {
    pub(super) port: u16,
    /// The service in front of HTTP functions.
    pub(super) origin: Option<String>,
    /// JWT claims in the events of HTTP functions: JSON or a file.
    pub(super) claims: Option<OsString>,
    /// Maximum number of environments per function.
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    /// Folder for recorded events and replies.
    pub(super) record: Option<PathBuf>,
    /// True if credentials are recorded as well.
    pub(super) with_credentials: bool,
    /// True if functions are invoked by their schedules.
    pub(super) schedules: bool,
}

impl Default for Serve {
    fn default() -> Serve {
        Serve {
            port: DEFAULT_PORT,
            origin: None,
            claims: None,
            concurrency: 1,
            timeout: MAX_TIMEOUT,
            record: None,
            with_credentials: false,
            schedules: false,
        }
    }
}

/// Options of `sample`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// Name of the function.
    pub(super) name: Option<String>,
    /// The service that sends the event.
    pub(super) origin: Option<String>,
    /// The content of the event: JSON, a file, or standard input.
    pub(super) body: Option<OsString>,
    /// True for an event of a FIFO queue.
    pub(super) fifo: bool,
}

/// Parses the arguments, without the program's name.
pub(super) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    parse_command(lexopt::Parser::from_args(args)).map_err(|error| {
        let error = error.to_string();
        let end = if error.ends_with('?') { "" } else { ";" };
        format!("{error}{end} see --help")
    })
}

fn parse_command(mut args: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options: Vec<(&'static str, OsString)> = Vec::new();
    let mut operands: Vec<OsString> = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Long("help") | Short('h') => return Ok(Command::Help(operands.first().map(|operand| text(operand)))),
            Long(name) => {
                let Some((known, _)) = OPTIONS.iter().find(|(known, _)| *known == name) else {
                    return Err(unknown_option(name, arg));
                };
                let has_value = ![WITH_CREDENTIALS, SCHEDULES, FIFO].contains(known);
                options.push((known, if has_value { args.value()? } else { OsString::new() }));
            }
            Value(operand) => operands.push(operand),
            Short(_) => return Err(arg.unexpected()),
        }
    }
    let mut operands = operands.into_iter();
    let command = operands.next();
    let name = command.as_deref().map_or(SERVE, |command| command.to_str().unwrap_or("\u{fffd}"));
    if let Some((option, _)) = options.iter().find(|(option, _)| !supports(name, option)) {
        let name = if command.is_none() { "cargo run" } else { name };
        return Err(format!("`{name}` does not support --{option}").into());
    }
    // The last occurrence of an option has precedence.
    let mut value = |name| options.iter().rposition(|(option, _)| *option == name).map(|index| options.remove(index).1);
    let parsed = match name {
        SERVE if command.is_none() => {
            let default = Serve::default();
            let (record, with_credentials) = (value("record").map(PathBuf::from), value(WITH_CREDENTIALS).is_some());
            if with_credentials && record.is_none() {
                return Err("--with-credentials requires --record DIR".into());
            }
            Command::Serve(Serve {
                record,
                with_credentials,
                schedules: value(SCHEDULES).is_some(),
                port: value("port").map_or(Ok(default.port), |port| parse_port(&port))?,
                origin: value("origin").map(|origin| text(&origin)),
                claims: value("claims"),
                concurrency: value("concurrency")
                    .map_or(Ok(default.concurrency), |number| parse_concurrency(&number))?,
                timeout: value("timeout").map_or(Ok(default.timeout), |timeout| parse_timeout(&timeout))?,
            })
        }
        "invoke" => match operands.by_ref().collect::<Vec<_>>() {
            args if args.is_empty() => {
                return Err("`invoke` requires an event (expected a file, or - for standard input)".into());
            }
            args => Command::Invoke(args),
        },
        "sample" => Command::Sample(Sample {
            name: operands.next().map(|name| text(&name)),
            origin: value("origin").map(|origin| text(&origin)),
            body: value("body"),
            fifo: value(FIFO).is_some(),
        }),
        "template" => Command::Template,
        "doctor" => Command::Doctor,
        "help" => Command::Help(operands.next().map(|command| text(&command))),
        _ => return Err(unknown_command(&command.unwrap_or_default())),
    };
    match operands.next() {
        Some(extra) => Err(format!("unexpected argument {extra:?}").into()),
        None => Ok(parsed),
    }
}

/// Returns true if the command supports the option. Unknown commands are reported elsewhere.
fn supports(command: &str, option: &str) -> bool {
    let is_command = command == SERVE || COMMANDS.contains(&command);
    !is_command || OPTIONS.iter().any(|(known, commands)| *known == option && commands.contains(&command))
}

fn unknown_option(name: &str, arg: lexopt::Arg<'_>) -> lexopt::Error {
    match nearest(name, OPTIONS.iter().map(|(known, _)| *known).chain(["help"])) {
        Some(suggestion) => format!("invalid option '--{name}': did you mean --{suggestion}?").into(),
        None => arg.unexpected(),
    }
}

fn unknown_command(command: &OsStr) -> lexopt::Error {
    let name = text(command);
    let suggestion = nearest(&name, COMMANDS.into_iter().chain(["help"])).map(str::to_owned);
    match suggestion.or_else(|| name.ends_with(".json").then(|| format!("invoke {name}"))) {
        Some(suggestion) => format!("unknown command {command:?}: did you mean `{suggestion}`?").into(),
        None => format!("unknown command {command:?}").into(),
    }
}

fn text(arg: &OsStr) -> String {
    arg.to_string_lossy().into_owned()
}

fn parse_port(value: &OsStr) -> Result<u16, lexopt::Error> {
    let port = value.to_str().and_then(|value| value.parse().ok());
    port.ok_or_else(|| format!("invalid --port: {value:?} (expected 0 to 65535, 0 for any free port)").into())
}

fn parse_concurrency(value: &OsStr) -> Result<usize, lexopt::Error> {
    let number = value.to_str().and_then(|value| value.parse().ok()).filter(|number| (1..=1000).contains(number));
    number.ok_or_else(|| format!("invalid --concurrency: {value:?} (expected 1 to 1000)").into())
}

fn parse_timeout(value: &OsStr) -> Result<Duration, lexopt::Error> {
    let seconds = value.to_str().and_then(|value| value.parse().ok());
    let timeout = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let timeout = timeout.filter(|timeout| !timeout.is_zero() && *timeout <= MAX_TIMEOUT);
    timeout
        .ok_or_else(|| format!("invalid --timeout: {value:?} (expected seconds, more than 0 and at most 900)").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn command_lines_are_parsed() {
        let invoke = |args: &[&str]| Command::Invoke(args.iter().map(OsString::from).collect());
        let some = |text: &str| Some(text.to_owned());
        for (line, command) in [
            ("", Command::Serve(Serve { port: 9000, ..Serve::default() })),
            ("--port 8080", Command::Serve(Serve { port: 8080, ..Serve::default() })),
            ("--port=0", Command::Serve(Serve { port: 0, ..Serve::default() })),
            ("--port x --port 1", Command::Serve(Serve { port: 1, ..Serve::default() })),
            (
                "--concurrency 3 --timeout 0.5",
                Command::Serve(Serve { concurrency: 3, timeout: Duration::from_millis(500), ..Serve::default() }),
            ),
            (
                "--record events --with-credentials",
                Command::Serve(Serve { record: Some("events".into()), with_credentials: true, ..Serve::default() }),
            ),
            (
                "--origin rest_api --claims claims.json",
                Command::Serve(Serve {
                    origin: some("rest_api"),
                    claims: Some("claims.json".into()),
                    ..Serve::default()
                }),
            ),
            ("--origin alb", Command::Serve(Serve { origin: some("alb"), ..Serve::default() })),
            ("invoke events/one.json", invoke(&["events/one.json"])),
            ("invoke -", invoke(&["-"])),
            ("invoke -- --option.json", invoke(&["--option.json"])),
            ("invoke one a.json -", invoke(&["one", "a.json", "-"])),
            ("sample", Command::Sample(Sample::default())),
            ("sample --origin alb", Command::Sample(Sample { origin: some("alb"), ..Sample::default() })),
            ("sample one", Command::Sample(Sample { name: some("one"), ..Sample::default() })),
            ("--body [1] sample", Command::Sample(Sample { body: Some("[1]".into()), ..Sample::default() })),
            ("sample --fifo one", Command::Sample(Sample { name: some("one"), fifo: true, ..Sample::default() })),
            ("sample --body -", Command::Sample(Sample { body: Some("-".into()), ..Sample::default() })),
            ("--schedules --port 8080", Command::Serve(Serve { schedules: true, port: 8080, ..Serve::default() })),
            ("template", Command::Template),
            ("doctor", Command::Doctor),
            ("--help", Command::Help(None)),
            ("-h", Command::Help(None)),
            ("help", Command::Help(None)),
            ("--port x --help", Command::Help(None)),
            ("help sample", Command::Help(some("sample"))),
            ("sample --help", Command::Help(some("sample"))),
            ("invoke one.json -h", Command::Help(some("invoke"))),
        ] {
            assert_eq!(parse_line(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn errors_name_the_mistake_and_refer_to_help() {
        for (line, error) in [
            ("--prot 1", "invalid option '--prot': did you mean --port?"),
            ("sample --bdoy 1", "invalid option '--bdoy': did you mean --body?"),
            ("--verbose", "invalid option '--verbose';"),
            ("-x", "invalid option '-x';"),
            ("--port", "missing argument for option '--port';"),
            ("--port x", "invalid --port: \"x\" (expected 0 to 65535, 0 for any free port);"),
            ("--port 65536", "invalid --port: \"65536\" (expected 0 to 65535, 0 for any free port);"),
            ("--concurrency 0", "invalid --concurrency: \"0\" (expected 1 to 1000);"),
            ("--timeout 901", "invalid --timeout: \"901\" (expected seconds, more than 0 and at most 900);"),
            ("--timeout -1", "invalid --timeout: \"-1\" (expected seconds, more than 0 and at most 900);"),
            ("--timeout nan", "invalid --timeout: \"nan\" (expected seconds, more than 0 and at most 900);"),
            ("--with-credentials", "--with-credentials requires --record DIR;"),
            ("--records x", "invalid option '--records': did you mean --record?"),
            ("sample --timeout 1", "`sample` does not support --timeout;"),
            ("invoke one.json --schedules", "`invoke` does not support --schedules;"),
            ("--schedule", "invalid option '--schedule': did you mean --schedules?"),
            ("inovke one.json", "unknown command \"inovke\": did you mean `invoke`?"),
            ("one.json", "unknown command \"one.json\": did you mean `invoke one.json`?"),
            ("deploy --port 1", "unknown command \"deploy\";"),
            ("invoke", "`invoke` requires an event (expected a file, or - for standard input);"),
            ("sample one two", "unexpected argument \"two\";"),
            ("docter", "unknown command \"docter\": did you mean `doctor`?"),
            ("template one", "unexpected argument \"one\";"),
            ("sample --port 1", "`sample` does not support --port;"),
            ("invoke one.json --origin alb", "`invoke` does not support --origin;"),
            ("template --origin alb", "`template` does not support --origin;"),
            ("--fifo", "`cargo run` does not support --fifo;"),
            ("--body 1", "`cargo run` does not support --body;"),
            ("--origin", "missing argument for option '--origin';"),
        ] {
            assert_eq!(parse_line(line), Err(format!("{error} see --help")), "{line}");
        }
    }
}
