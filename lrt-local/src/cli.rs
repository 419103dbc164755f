//! The command line.

use super::suggest::nearest;
use lexopt::prelude::*;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

/// Where the function is served unless `--port` says otherwise: the port of the RIE's and SAM's examples.
pub(super) const DEFAULT_PORT: u16 = 9000;

/// The longest timeout that Lambda takes, and so the one that ends nobody's debugging.
const MAX_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// The commands; without one, the functions are served.
const COMMANDS: [&str; 3] = ["invoke", "sample", "template"];

/// The options, and the commands that take them.
const OPTIONS: [(&str, &[&str]); 7] = [
    ("port", &[SERVE]),
    ("concurrency", &[SERVE]),
    ("timeout", &[SERVE]),
    ("record", &[SERVE]),
    (WITH_CREDENTIALS, &[SERVE]),
    ("origin", &[SERVE, "sample"]),
    ("body", &["sample"]),
];

/// The one that has no value.
const WITH_CREDENTIALS: &str = "with-credentials";

/// What is no word on the command line.
const SERVE: &str = "";

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Serve(Serve),
    /// What the words behind it mean, depends on which functions there are.
    Invoke(Vec<OsString>),
    Sample(Sample),
    Template,
    /// Of one command, if one is named.
    Help(Option<String>),
}

/// How the functions are served.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Serve {
    pub(super) port: u16,
    /// The service that stands in front of them, if one is named.
    pub(super) origin: Option<String>,
    /// How many environments each of them has at most.
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    /// The folder that keeps events and answers.
    pub(super) record: Option<PathBuf>,
    /// Whether it keeps all of them.
    pub(super) with_credentials: bool,
}

impl Default for Serve {
    fn default() -> Serve {
        Serve {
            port: DEFAULT_PORT,
            origin: None,
            concurrency: 1,
            timeout: MAX_TIMEOUT,
            record: None,
            with_credentials: false,
        }
    }
}

/// Which event is to be printed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// The function, if one is named.
    pub(super) name: Option<String>,
    /// The service that sends it, if one is named.
    pub(super) origin: Option<String>,
    /// What stands in it, or where that is.
    pub(super) body: Option<OsString>,
}

/// The command that these arguments (without the program's name) say; or what is wrong with them.
pub(super) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    read(lexopt::Parser::from_args(args)).map_err(|wrong| {
        let wrong = wrong.to_string();
        // What ends in a question is no clause.
        let end = if wrong.ends_with('?') { "" } else { ";" };
        format!("{wrong}{end} --help lists what there is")
    })
}

fn read(mut args: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options: Vec<(&'static str, OsString)> = Vec::new();
    let mut words: Vec<OsString> = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Long("help") | Short('h') => return Ok(Command::Help(words.first().map(|word| text(word)))),
            Long(name) => {
                let Some((known, _)) = OPTIONS.iter().find(|(known, _)| *known == name) else {
                    return Err(unknown_option(name, arg));
                };
                options.push((known, if *known == WITH_CREDENTIALS { OsString::new() } else { args.value()? }));
            }
            Value(word) => words.push(word),
            Short(_) => return Err(arg.unexpected()),
        }
    }
    let mut words = words.into_iter();
    let command = words.next();
    let name = command.as_deref().map_or(SERVE, |word| word.to_str().unwrap_or("\u{fffd}"));
    if let Some((option, _)) = options.iter().find(|(option, _)| !takes(name, option)) {
        let name = if command.is_none() { "cargo run" } else { name };
        return Err(format!("`{name}` takes no --{option}: leave it out").into());
    }
    // Of an option that is given twice, the last counts.
    let mut value = |name| options.iter().rposition(|(option, _)| *option == name).map(|at| options.remove(at).1);
    let done = match name {
        SERVE if command.is_none() => {
            let usual = Serve::default();
            let (record, with_credentials) = (value("record").map(PathBuf::from), value(WITH_CREDENTIALS).is_some());
            if with_credentials && record.is_none() {
                return Err("--with-credentials is about what --record DIR keeps".into());
            }
            Command::Serve(Serve {
                record,
                with_credentials,
                port: value("port").map_or(Ok(usual.port), |port| port_of(&port))?,
                origin: value("origin").map(|origin| text(&origin)),
                concurrency: value("concurrency").map_or(Ok(usual.concurrency), |number| concurrency_of(&number))?,
                timeout: value("timeout").map_or(Ok(usual.timeout), |timeout| timeout_of(&timeout))?,
            })
        }
        "invoke" => match words.by_ref().collect::<Vec<_>>() {
            words if words.is_empty() => {
                return Err("`invoke` takes an event: a file, or - for standard input".into());
            }
            words => Command::Invoke(words),
        },
        "sample" => Command::Sample(Sample {
            name: words.next().map(|word| text(&word)),
            origin: value("origin").map(|origin| text(&origin)),
            body: value("body"),
        }),
        "template" => Command::Template,
        "help" => Command::Help(words.next().map(|word| text(&word))),
        _ => return Err(unknown_command(&command.unwrap_or_default())),
    };
    match words.next() {
        Some(extra) => Err(format!("unexpected argument {extra:?}").into()),
        None => Ok(done),
    }
}

/// Whether a command takes an option. What is no command is told first.
fn takes(command: &str, option: &str) -> bool {
    let is_command = command == SERVE || COMMANDS.contains(&command);
    !is_command || OPTIONS.iter().any(|(known, commands)| *known == option && commands.contains(&command))
}

fn unknown_option(name: &str, arg: lexopt::Arg<'_>) -> lexopt::Error {
    match nearest(name, OPTIONS.iter().map(|(known, _)| *known).chain(["help"])) {
        Some(near) => format!("invalid option '--{name}': did you mean --{near}?").into(),
        None => arg.unexpected(),
    }
}

fn unknown_command(word: &OsStr) -> lexopt::Error {
    let written = text(word);
    let near = nearest(&written, COMMANDS.into_iter().chain(["help"])).map(str::to_owned);
    match near.or_else(|| written.ends_with(".json").then(|| format!("invoke {written}"))) {
        Some(near) => format!("unknown command {word:?}: did you mean `{near}`?").into(),
        None => format!("unknown command {word:?}").into(),
    }
}

fn text(word: &OsStr) -> String {
    word.to_string_lossy().into_owned()
}

fn port_of(value: &OsStr) -> Result<u16, lexopt::Error> {
    let port = value.to_str().and_then(|value| value.parse().ok());
    port.ok_or_else(|| format!("--port takes a number from 0 (any free port) to 65535, not {value:?}").into())
}

fn concurrency_of(value: &OsStr) -> Result<usize, lexopt::Error> {
    let number = value.to_str().and_then(|value| value.parse().ok()).filter(|number| (1..=1000).contains(number));
    number.ok_or_else(|| format!("--concurrency takes a number from 1 to 1000, not {value:?}").into())
}

fn timeout_of(value: &OsStr) -> Result<Duration, lexopt::Error> {
    let seconds = value.to_str().and_then(|value| value.parse().ok());
    let timeout = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let timeout = timeout.filter(|timeout| !timeout.is_zero() && *timeout <= MAX_TIMEOUT);
    timeout.ok_or_else(|| format!("--timeout takes a number of seconds over 0 and up to 900, not {value:?}").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::LocalFunction;
    use crate::test_util::TestFunction;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn each_command_line_is_one_command() {
        let invoke = |words: &[&str]| Command::Invoke(words.iter().map(OsString::from).collect());
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
            ("--origin alb", Command::Serve(Serve { origin: some("alb"), ..Serve::default() })),
            ("invoke events/one.json", invoke(&["events/one.json"])),
            ("invoke -", invoke(&["-"])),
            ("invoke -- --odd.json", invoke(&["--odd.json"])),
            ("invoke one a.json -", invoke(&["one", "a.json", "-"])),
            ("sample", Command::Sample(Sample::default())),
            ("sample --origin alb", Command::Sample(Sample { origin: some("alb"), ..Sample::default() })),
            ("sample one", Command::Sample(Sample { name: some("one"), ..Sample::default() })),
            ("--body [1] sample", Command::Sample(Sample { body: Some("[1]".into()), ..Sample::default() })),
            ("sample --body -", Command::Sample(Sample { body: Some("-".into()), ..Sample::default() })),
            ("template", Command::Template),
            ("--help", Command::Help(None)),
            ("-h", Command::Help(None)),
            ("help", Command::Help(None)),
            ("--port x --help", Command::Help(None)),
            ("help sample", Command::Help(some("sample"))),
            ("sample --help", Command::Help(some("sample"))),
            ("invoke one.json -h", Command::Help(some("invoke"))),
        ] {
            assert_eq!(parsed(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn each_mistake_is_named_and_help_is_offered() {
        for (line, wrong) in [
            ("--prot 1", "invalid option '--prot': did you mean --port?"),
            ("sample --bdoy 1", "invalid option '--bdoy': did you mean --body?"),
            ("--verbose", "invalid option '--verbose';"),
            ("-x", "invalid option '-x';"),
            ("--port", "missing argument for option '--port';"),
            ("--port x", "--port takes a number from 0 (any free port) to 65535, not \"x\";"),
            ("--port 65536", "--port takes a number from 0 (any free port) to 65535, not \"65536\";"),
            ("--concurrency 0", "--concurrency takes a number from 1 to 1000, not \"0\";"),
            ("--timeout 901", "--timeout takes a number of seconds over 0 and up to 900, not \"901\";"),
            ("--timeout -1", "--timeout takes a number of seconds over 0 and up to 900, not \"-1\";"),
            ("--timeout nan", "--timeout takes a number of seconds over 0 and up to 900, not \"nan\";"),
            ("--with-credentials", "--with-credentials is about what --record DIR keeps;"),
            ("--records x", "invalid option '--records': did you mean --record?"),
            ("sample --timeout 1", "`sample` takes no --timeout: leave it out;"),
            ("inovke one.json", "unknown command \"inovke\": did you mean `invoke`?"),
            ("one.json", "unknown command \"one.json\": did you mean `invoke one.json`?"),
            ("deploy --port 1", "unknown command \"deploy\";"),
            ("invoke", "`invoke` takes an event: a file, or - for standard input;"),
            ("sample one two", "unexpected argument \"two\";"),
            ("template one", "unexpected argument \"one\";"),
            ("sample --port 1", "`sample` takes no --port: leave it out;"),
            ("invoke one.json --origin alb", "`invoke` takes no --origin: leave it out;"),
            ("template --origin alb", "`template` takes no --origin: leave it out;"),
            ("--body 1", "`cargo run` takes no --body: leave it out;"),
            ("--origin", "missing argument for option '--origin';"),
        ] {
            assert_eq!(parsed(line), Err(format!("{wrong} --help lists what there is")), "{line}");
        }
    }

    #[test]
    fn a_wrong_name_or_none_lists_what_there_is() {
        let (process, get) = (TestFunction::new("process", "sqs"), TestFunction::new("get", "http_api"));
        let of = |functions: &[&dyn LocalFunction], name| {
            crate::function::named(functions, name).map(|function| function.name().to_owned())
        };
        assert_eq!(of(&[&process], None).as_deref(), Ok("process"));
        assert_eq!(of(&[&process], Some("process")).as_deref(), Ok("process"));
        assert_eq!(of(&[&process, &get], Some("get")).as_deref(), Ok("get"));
        for (functions, name, wrong) in [
            (
                &[&process as &dyn LocalFunction][..],
                Some("get"),
                "no function is called \"get\": it is `process`, which need not be named",
            ),
            (&[&process, &get], Some("put"), "no function is called \"put\": they are `process`, `get`"),
            (&[&process, &get], None, "which function? One of `process`, `get`"),
        ] {
            assert_eq!(of(functions, name), Err(wrong.to_owned()));
        }
    }
}
