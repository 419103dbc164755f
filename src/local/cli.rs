//! The command line.

use super::http::origin_of;
use super::served::{Served, names};
use lexopt::prelude::*;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

/// Where the function is served unless `--port` says otherwise: the port of the RIE's and SAM's examples.
const DEFAULT_PORT: u16 = 9000;

/// The longest timeout that Lambda takes, and so the one that ends nobody's debugging.
const MAX_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(super) enum Command {
    Serve(Serve),
    /// Of the function that is named, if one is.
    Invoke {
        name: Option<String>,
        source: Source,
    },
    Sample {
        name: Option<String>,
        origin: Option<String>,
    },
    Template,
    Help,
}

/// How the functions are served.
#[derive(Debug, PartialEq)]
pub(super) struct Serve {
    pub(super) port: u16,
    /// The service that stands in front of them, if one is named.
    pub(super) origin: Option<String>,
    /// How many environments each of them has at most.
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
}

impl Default for Serve {
    fn default() -> Serve {
        Serve { port: DEFAULT_PORT, origin: None, concurrency: 1, timeout: MAX_TIMEOUT }
    }
}

/// Where an event comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    Stdin,
    File(PathBuf),
}

impl Source {
    fn of(word: &OsStr) -> Source {
        if word == "-" { Source::Stdin } else { Source::File(word.into()) }
    }
}

/// The command that these arguments (without the program's name) say; or what is wrong with them.
pub(super) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    read(lexopt::Parser::from_args(args)).map_err(|wrong| format!("{wrong}; --help lists what there is"))
}

fn read(mut args: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut port, mut origin) = (None, None);
    let (mut concurrency, mut timeout) = (None, None);
    let mut words = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("port") => port = Some(port_of(&args.value()?)?),
            Long("origin") => origin = Some(args.value()?.to_string_lossy().into_owned()),
            Long("concurrency") => concurrency = Some(concurrency_of(&args.value()?)?),
            Long("timeout") => timeout = Some(timeout_of(&args.value()?)?),
            Value(word) => words.push(word),
            _ => return Err(arg.unexpected()),
        }
    }
    let Some((command, words)) = words.split_first() else {
        let usual = Serve::default();
        return Ok(Command::Serve(Serve {
            port: port.unwrap_or(usual.port),
            origin,
            concurrency: concurrency.unwrap_or(usual.concurrency),
            timeout: timeout.unwrap_or(usual.timeout),
        }));
    };
    let (name, command, extra) = match (command.to_str(), words) {
        (Some("invoke"), []) => return Err("`invoke` takes an event: a file, or - for standard input".into()),
        (Some("invoke"), [source]) => ("invoke", Command::Invoke { name: None, source: Source::of(source) }, &[][..]),
        (Some("invoke"), [name, source, extra @ ..]) => {
            ("invoke", Command::Invoke { name: Some(text(name)), source: Source::of(source) }, extra)
        }
        (Some("sample"), []) => ("sample", Command::Sample { name: None, origin: origin.take() }, &[][..]),
        (Some("sample"), [name, extra @ ..]) => {
            ("sample", Command::Sample { name: Some(text(name)), origin: origin.take() }, extra)
        }
        (Some("template"), extra) => ("template", Command::Template, extra),
        _ => return Err(format!("unknown command {command:?}").into()),
    };
    match extra {
        [extra, ..] => Err(format!("unexpected argument {extra:?}").into()),
        [] if port.is_some() => Err(format!("`{name}` listens on no port: leave --port out").into()),
        [] if origin.is_some() && name == "template" => Err("`template` takes no event: leave --origin out".into()),
        [] if concurrency.is_some() || timeout.is_some() => {
            Err(format!("`{name}` takes neither --concurrency nor --timeout: they are for serving").into())
        }
        [] if origin.is_some() => Err(format!("`{name}` takes the event as it is: leave --origin out").into()),
        [] => Ok(command),
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

/// What `--help` prints.
pub(super) fn usage(functions: &[&dyn Served]) -> String {
    let url = format!("http://127.0.0.1:{DEFAULT_PORT}");
    let (what, name, example) = match functions {
        [only] => (format!("The function `{}` on this machine:", only.name()), String::new(), only.name()),
        several => {
            let what = format!("The functions {} on this machine:", names(several));
            let first = several.first().map_or("", |first| first.name());
            (what, format!(" {first}"), first)
        }
    };
    let (all, one, each) =
        if functions.len() == 1 { ("it", "it", "it") } else { ("them", "one of them", "each of them") };
    let invoke = format!("curl {url}/2015-03-31/functions/{example}/invocations -d '{{}}'");
    let speak_http = functions.iter().any(|function| matches!(origin_of(function.kind(), None), Ok(Some(_))));
    let (curl, origin) = match speak_http {
        true => (
            format!("curl {url}/\n      {invoke}"),
            format!(
                "
  cargo run -- --origin rest_api
      serves {all} as that service would: rest_api, http_api, function_url, alb or lattice, whichever it takes;
      `sample --origin` prints an event of that service
"
            ),
        ),
        false => (invoke, String::new()),
    };
    format!(
        "\
{what}

  cargo run
      serves {all} at {url}, as the Lambda service would; ctrl-c ends it
      {curl}

  cargo run -- --port 8080
      serves {all} at another port; 0 is any that is free

  cargo run -- --concurrency 10
      lets {each} run in up to 10 processes at once, each of which handles one event at a time, as in Lambda;
      without it there is one, and what comes meanwhile waits. What these processes write is on stderr

  cargo run -- --timeout 3
      ends an invocation after 3 seconds, as Lambda does by default; without it, after 900
{origin}
  cargo run -- invoke{name} event.json
  echo '{{}}' | cargo run -- invoke{name} -
      runs {one} on one event and prints its reply; exit code 1 if it fails. It runs in this process, so a
      debugger's breakpoints work

  cargo run -- sample{name}
      prints an event of the kind that it takes; cargo run -- sample{name} | cargo run -- invoke{name} -

  cargo run -- template > template.yaml
      prints an AWS SAM template of {all}, for a file beside Cargo.toml; then: sam build && sam deploy --guided

  cargo run -- --help
      prints this"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::fake::Fake;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn each_command_line_is_one_command() {
        let file = |path: &str| Command::Invoke { name: None, source: Source::File(path.into()) };
        let name = || Some("one".to_owned());
        let half = Duration::from_millis(500);
        for (line, command) in [
            ("", Command::Serve(Serve { port: 9000, ..Serve::default() })),
            ("--port 8080", Command::Serve(Serve { port: 8080, ..Serve::default() })),
            ("--port=0", Command::Serve(Serve { port: 0, ..Serve::default() })),
            (
                "--concurrency 3 --timeout 0.5",
                Command::Serve(Serve { concurrency: 3, timeout: half, ..Serve::default() }),
            ),
            ("--origin alb", Command::Serve(Serve { origin: Some("alb".to_owned()), ..Serve::default() })),
            ("invoke events/one.json", file("events/one.json")),
            ("invoke -", Command::Invoke { name: None, source: Source::Stdin }),
            ("invoke -- -", Command::Invoke { name: None, source: Source::Stdin }),
            ("invoke -- --odd.json", file("--odd.json")),
            ("invoke one -", Command::Invoke { name: name(), source: Source::Stdin }),
            ("sample", Command::Sample { name: None, origin: None }),
            ("sample --origin alb", Command::Sample { name: None, origin: Some("alb".to_owned()) }),
            ("sample one", Command::Sample { name: name(), origin: None }),
            ("template", Command::Template),
            ("sample --help", Command::Help),
            ("--help", Command::Help),
            ("-h", Command::Help),
            ("invoke --help", Command::Help),
            ("invoke one.json -h", Command::Help),
        ] {
            assert_eq!(parsed(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn each_mistake_is_named_and_help_is_offered() {
        for (line, wrong) in [
            ("--prot 1", "invalid option '--prot'"),
            ("-x", "invalid option '-x'"),
            ("--port", "missing argument for option '--port'"),
            ("--port x", "--port takes a number from 0 (any free port) to 65535, not \"x\""),
            ("--port 65536", "--port takes a number from 0 (any free port) to 65535, not \"65536\""),
            ("--concurrency 0", "--concurrency takes a number from 1 to 1000, not \"0\""),
            ("--timeout 901", "--timeout takes a number of seconds over 0 and up to 900, not \"901\""),
            ("--timeout -1", "--timeout takes a number of seconds over 0 and up to 900, not \"-1\""),
            ("--timeout nan", "--timeout takes a number of seconds over 0 and up to 900, not \"nan\""),
            ("sample --timeout 1", "`sample` takes neither --concurrency nor --timeout: they are for serving"),
            ("inovke one.json", "unknown command \"inovke\""),
            ("invoke", "`invoke` takes an event: a file, or - for standard input"),
            ("invoke one two.json three.json", "unexpected argument \"three.json\""),
            ("template one", "unexpected argument \"one\""),
            ("template --port 1", "`template` listens on no port: leave --port out"),
            ("template --origin alb", "`template` takes no event: leave --origin out"),
            ("sample one two", "unexpected argument \"two\""),
            ("sample --port 1", "`sample` listens on no port: leave --port out"),
            ("invoke one.json --origin alb", "`invoke` takes the event as it is: leave --origin out"),
            ("--origin", "missing argument for option '--origin'"),
            ("invoke one.json --port 1", "`invoke` listens on no port: leave --port out"),
        ] {
            assert_eq!(parsed(line), Err(format!("{wrong}; --help lists what there is")), "{line}");
        }
    }

    #[test]
    fn help_names_the_function() {
        assert!(!usage(&[&Fake::new("process", "sqs")]).contains("--origin"));
        assert!(usage(&[&Fake::new("process", "http")]).contains("curl http://127.0.0.1:9000/\n"));
        let usage = usage(&[&Fake::new("process", "api_gateway")]);
        assert!(usage.contains("--origin rest_api"), "{usage}");
        assert!(usage.contains("`process`"), "{usage}");
        assert!(usage.contains("invoke event.json"), "{usage}");
        assert!(usage.contains("/2015-03-31/functions/process/invocations -d '{}'"), "{usage}");
    }

    #[test]
    fn help_names_each_of_several_functions() {
        let usage = usage(&[&Fake::new("process", "sqs"), &Fake::new("get", "http_api")]);
        assert!(usage.starts_with("The functions `process`, `get` on this machine:\n"), "{usage}");
        assert!(usage.contains("cargo run -- invoke process event.json\n"), "{usage}");
        assert!(usage.contains("--origin rest_api"), "{usage}");
    }

    #[test]
    fn a_wrong_name_or_none_lists_what_there_is() {
        let (process, get) = (Fake::new("process", "sqs"), Fake::new("get", "http_api"));
        let of = |functions: &[&dyn Served], name| {
            crate::local::served::named(functions, name).map(|function| function.name().to_owned())
        };
        assert_eq!(of(&[&process], None).as_deref(), Ok("process"));
        assert_eq!(of(&[&process], Some("process")).as_deref(), Ok("process"));
        assert_eq!(of(&[&process, &get], Some("get")).as_deref(), Ok("get"));
        for (functions, name, wrong) in [
            (
                &[&process as &dyn Served][..],
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
