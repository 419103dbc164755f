//! The command line.

use super::http::origin_of;
use lexopt::prelude::*;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Where the function is served unless `--port` says otherwise: the port of the RIE's and SAM's examples.
const DEFAULT_PORT: u16 = 9000;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// With the service that stands in front of it, if one is named.
    Serve {
        port: u16,
        origin: Option<String>,
    },
    Invoke {
        source: Source,
    },
    Sample {
        origin: Option<String>,
    },
    Help,
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
    let mut words = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("port") => port = Some(port_of(&args.value()?)?),
            Long("origin") => origin = Some(args.value()?.to_string_lossy().into_owned()),
            Value(word) => words.push(word),
            _ => return Err(arg.unexpected()),
        }
    }
    let Some((command, words)) = words.split_first() else {
        return Ok(Command::Serve { port: port.unwrap_or(DEFAULT_PORT), origin });
    };
    let (name, command, extra) = match (command.to_str(), words) {
        (Some("invoke"), []) => return Err("`invoke` takes an event: a file, or - for standard input".into()),
        (Some("invoke"), [source, extra @ ..]) => ("invoke", Command::Invoke { source: Source::of(source) }, extra),
        (Some("sample"), extra) => ("sample", Command::Sample { origin: origin.take() }, extra),
        _ => return Err(format!("unknown command {command:?}").into()),
    };
    match extra {
        [extra, ..] => Err(format!("unexpected argument {extra:?}").into()),
        [] if port.is_some() => Err(format!("`{name}` listens on no port: leave --port out").into()),
        [] if origin.is_some() => Err(format!("`{name}` takes the event as it is: leave --origin out").into()),
        [] => Ok(command),
    }
}

fn port_of(value: &OsStr) -> Result<u16, lexopt::Error> {
    let port = value.to_str().and_then(|value| value.parse().ok());
    port.ok_or_else(|| format!("--port takes a number from 0 (any free port) to 65535, not {value:?}").into())
}

/// What `--help` prints.
pub(super) fn usage(function: &str, kind: &str) -> String {
    let url = format!("http://127.0.0.1:{DEFAULT_PORT}");
    let invoke = format!("curl {url}/2015-03-31/functions/{function}/invocations -d '{{}}'");
    let (curl, origin) = match origin_of(kind, None) {
        Ok(Some(_)) => (
            format!("curl {url}/\n      {invoke}"),
            "
  cargo run -- --origin rest_api
      serves it as that service would: rest_api, http_api, function_url, alb or lattice, whichever it takes;
      `sample --origin` prints an event of that service
",
        ),
        _ => (invoke, ""),
    };
    format!(
        "\
The function `{function}` on this machine:

  cargo run
      serves it at {url}, as the Lambda service would; ctrl-c ends it
      {curl}

  cargo run -- --port 8080
      serves it at another port; 0 is any that is free
{origin}
  cargo run -- invoke event.json
  echo '{{}}' | cargo run -- invoke -
      runs it on one event and prints its reply; exit code 1 if it fails

  cargo run -- sample
      prints an event of the kind that it takes; cargo run -- sample | cargo run -- invoke -

  cargo run -- --help
      prints this"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn each_command_line_is_one_command() {
        let file = |path: &str| Command::Invoke { source: Source::File(path.into()) };
        for (line, command) in [
            ("", Command::Serve { port: 9000, origin: None }),
            ("--port 8080", Command::Serve { port: 8080, origin: None }),
            ("--port=0", Command::Serve { port: 0, origin: None }),
            ("--origin alb", Command::Serve { port: 9000, origin: Some("alb".to_owned()) }),
            ("invoke events/one.json", file("events/one.json")),
            ("invoke -", Command::Invoke { source: Source::Stdin }),
            ("invoke -- -", Command::Invoke { source: Source::Stdin }),
            ("invoke -- --odd.json", file("--odd.json")),
            ("sample", Command::Sample { origin: None }),
            ("sample --origin alb", Command::Sample { origin: Some("alb".to_owned()) }),
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
            ("inovke one.json", "unknown command \"inovke\""),
            ("invoke", "`invoke` takes an event: a file, or - for standard input"),
            ("invoke one.json two.json", "unexpected argument \"two.json\""),
            ("sample one.json", "unexpected argument \"one.json\""),
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
        assert!(!usage("process", "sqs").contains("--origin"));
        assert!(usage("process", "http").contains("curl http://127.0.0.1:9000/\n"));
        let usage = usage("process", "api_gateway");
        assert!(usage.contains("--origin rest_api"), "{usage}");
        assert!(usage.contains("`process`"), "{usage}");
        assert!(usage.contains("/2015-03-31/functions/process/invocations -d '{}'"), "{usage}");
    }
}
