//! What `--help` prints: of all commands, or of one.

use super::cli::DEFAULT_PORT;
use super::http::origin_of;
use super::served::{Served, names};

/// The functions, as these texts speak of them.
struct Words {
    what: String,
    /// The first, as it stands behind a command, with a space before it; nothing where there is but one.
    name: String,
    example: String,
    all: &'static str,
    one: &'static str,
    each: &'static str,
    speak_http: bool,
}

impl Words {
    fn of(functions: &[&dyn Served]) -> Words {
        let speak_http = functions.iter().any(|function| matches!(origin_of(function.kind(), None), Ok(Some(_))));
        let first = functions.first().map_or("", |first| first.name()).to_owned();
        match functions {
            [_] => Words {
                what: format!("The function `{first}` on this machine:"),
                name: String::new(),
                example: first,
                all: "it",
                one: "it",
                each: "it",
                speak_http,
            },
            several => Words {
                what: format!("The functions {} on this machine:", names(several)),
                name: format!(" {first}"),
                example: first,
                all: "them",
                one: "one of them",
                each: "each of them",
                speak_http,
            },
        }
    }
}

/// What there is.
pub(super) fn usage(functions: &[&dyn Served]) -> String {
    let Words { what, name, example, all, one, each, speak_http } = Words::of(functions);
    let url = format!("http://127.0.0.1:{DEFAULT_PORT}");
    let invoke = format!("curl {url}/2015-03-31/functions/{example}/invocations -d '{{}}'");
    let curl = if speak_http { format!("curl {url}/\n      {invoke}") } else { invoke };
    let origin = match speak_http {
        true => format!(
            "
  cargo run -- --origin rest_api
      serves {all} as that service would: rest_api, http_api, function_url, alb or lattice, whichever it takes;
      `sample --origin` prints an event of that service
"
        ),
        false => String::new(),
    };
    format!(
        "\
{what}

  cargo run
      serves {all} at {url}, as the Lambda service would; ctrl-c ends it
      {curl}
      {url}/_lrt is a page to send events, and to see what became of each

  cargo run -- --port 8080
      serves {all} at another port; 0 is any that is free

  cargo run -- --concurrency 10
      lets {each} run in up to 10 processes at once, each of which handles one event at a time, as in Lambda;
      without it there is one, and what comes meanwhile waits. What these processes write is on stderr

  cargo run -- --timeout 3
      ends an invocation after 3 seconds, as Lambda does by default; without it, after 900

  cargo run -- --record events
      keeps each event as events/NAME-1.json and so on, for snapshot_tests!, and the answer beside it as
      NAME-1.reply; cookies, keys and authorization headers only with --with-credentials
{origin}
  cargo run -- invoke{name} event.json
  echo '{{}}' | cargo run -- invoke{name} -
      runs {one} on one event and prints its reply; exit code 1 if it fails. Of several events: a table.
      It runs in this process, so a debugger's breakpoints work

  cargo run -- sample{name}
      prints an event of the kind that it takes; cargo run -- sample{name} | cargo run -- invoke{name} -

  cargo run -- template > template.yaml
      prints an AWS SAM template of {all}, for a file beside Cargo.toml; then: sam build && sam deploy --guided

  cargo run -- invoke --help
      tells more of `invoke`, and so of `sample` and `template`"
    )
}

/// What a command does, with an example; or nothing, if there is none of this name.
pub(super) fn usage_of(command: &str, functions: &[&dyn Served]) -> Option<String> {
    let Words { name, all, speak_http, .. } = Words::of(functions);
    let named = if name.is_empty() { "[NAME]" } else { "NAME" };
    Some(match command {
        "invoke" => format!(
            "\
cargo run -- invoke {named} FILE…

Runs a function on events, in this process: a debugger's breakpoints work. Logs are on stderr.

  FILE   an event; - is standard input; a folder is all of its .json files
  {named}{}the function's name{}

Of one event, the reply is printed as it is. Of several, a table tells what became of each; they run in one
environment, one after another, and those that cannot be read do not keep others from it.

Exit code: 0; 1 if an event ended in an error of the function; 2 if one could not be read.

  cargo run -- invoke{name} events/one.json
  cargo run -- invoke{name} events
  cargo run -- sample{name} | cargo run -- invoke{name} -",
            if named == "NAME" { "   " } else { " " },
            if named == "NAME" { "" } else { ", which need not be said: there is one function" },
        ),
        "sample" => format!(
            "\
cargo run -- sample {named} [--body JSON]{}

Prints an event of the function's kind, as its service sends it.

  --body JSON   what the function takes of it: a message's body, a record's data, an item, a request's body,
                the whole event of a function of JSON; - is standard input, @FILE a file
{}
  cargo run -- sample{name} > events/one.json
  cargo run -- sample{name} --body '{{\"id\":1}}' | cargo run -- invoke{name} -",
            if speak_http { " [--origin SERVICE]" } else { "" },
            match speak_http {
                true =>
                    "  --origin S    the service of HTTP: rest_api, http_api, function_url, alb or lattice, whichever it takes\n",
                false => "",
            },
        ),
        "template" => format!(
            "\
cargo run -- template

Prints an AWS SAM template of {all}: handlers, timeouts, queues, APIs with their routes, function URLs. What
nobody can know here, such as which table, is a parameter that `sam deploy --guided` asks for.

  cargo run -- template > template.yaml
  sam build && sam deploy --guided"
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::fake::Fake;

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
    fn each_command_has_help_with_an_example() {
        let process = Fake::new("process", "sqs");
        for (command, example) in [
            ("invoke", "\n  cargo run -- invoke events/one.json\n"),
            ("sample", "\n  cargo run -- sample > events/one.json\n"),
            ("template", "\n  cargo run -- template > template.yaml\n"),
        ] {
            assert!(usage_of(command, &[&process]).is_some_and(|help| help.contains(example)), "{command}");
        }
        assert_eq!(usage_of("inovke", &[&process]), None);
        let get = Fake::new("get", "http");
        let help = usage_of("sample", &[&process, &get]).unwrap();
        assert!(help.starts_with("cargo run -- sample NAME [--body JSON] [--origin SERVICE]\n"), "{help}");
        assert!(help.contains("cargo run -- sample process > events/one.json"), "{help}");
    }
}
