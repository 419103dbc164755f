//! What `--help` prints: of all commands, or of one.

use super::cli::DEFAULT_PORT;
use super::function::{LocalFunction, names};
use super::http_frontend::{HttpFrontend, origins};
use super::operation;

/// The functions, as these texts speak of them.
struct HelpText {
    what: String,
    /// The first, as it stands behind a command, with a space before it; nothing where there is but one.
    name: String,
    all: &'static str,
    one: &'static str,
    each: &'static str,
    /// Commands that call the first, each on a line: by HTTP, if one takes that, and by Invoke.
    calls: Vec<String>,
    /// What may be named behind `--origin`; nothing where no function speaks HTTP.
    origins: Vec<&'static str>,
}

impl HelpText {
    fn of(functions: &[&dyn LocalFunction]) -> HelpText {
        let host = format!("127.0.0.1:{DEFAULT_PORT}");
        let gateways = functions.iter().filter_map(|function| {
            let usual = *origins(function.kind()).first()?;
            Some(HttpFrontend::new(usual, function.route()))
        });
        let mut calls: Vec<String> = gateways.take(1).map(|gateway| gateway.curl(&host)).collect();
        if let Some(first) = functions.first() {
            calls.push(operation::command(&host, first.name(), first.kind(), functions.len() > 1));
        }
        let first = functions.first().map_or("", |first| first.name()).to_owned();
        match functions {
            [_] => HelpText {
                what: format!("The function `{first}` on this machine:"),
                name: String::new(),
                all: "it",
                one: "it",
                each: "it",
                calls,
                origins: all_origins(functions),
            },
            several => HelpText {
                what: format!("The functions {} on this machine:", names(several)),
                name: format!(" {first}"),
                all: "them",
                one: "one of them",
                each: "each of them",
                calls,
                origins: all_origins(functions),
            },
        }
    }
}

/// What there is.
pub(super) fn usage(functions: &[&dyn LocalFunction]) -> String {
    let HelpText { what, name, all, one, each, calls, origins } = HelpText::of(functions);
    let url = format!("http://127.0.0.1:{DEFAULT_PORT}");
    let calls = calls.join("\n      ");
    // Without it, it is the first: another one shows what it is good for.
    let origin = match origins.get(1).or(origins.first()) {
        Some(other) => format!(
            "
  cargo run -- --origin {other}
      serves {all} as that service would ({}); `sample --origin` prints an event of it
",
            or(&origins)
        ),
        None => String::new(),
    };
    format!(
        "\
{what}

  cargo run
      serves {all} at {url}, as the Lambda service would; ctrl-c ends it
      {calls}
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
pub(super) fn usage_of(command: &str, functions: &[&dyn LocalFunction]) -> Option<String> {
    let HelpText { name, all, origins, .. } = HelpText::of(functions);
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
            if origins.is_empty() { "" } else { " [--origin SERVICE]" },
            match origins.is_empty() {
                true => String::new(),
                false => format!("  --origin S    the service of HTTP: {}\n", or(&origins)),
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

/// What the functions take between them, each once.
fn all_origins(functions: &[&dyn LocalFunction]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for origin in functions.iter().flat_map(|function| origins(function.kind())) {
        if !names.contains(&origin.name()) {
            names.push(origin.name());
        }
    }
    names
}

/// `a, b or c`.
fn or(names: &[&str]) -> String {
    match names {
        [several @ .., last] if !several.is_empty() => format!("{} or {last}", several.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_util::TestFunction;

    #[test]
    fn help_names_the_function() {
        assert!(!usage(&[&TestFunction::new("process", "sqs")]).contains("--origin"));
        assert!(usage(&[&TestFunction::new("process", "http")]).contains("curl http://127.0.0.1:9000/\n"));
        let usage = usage(&[&TestFunction::new("process", "json")]);
        assert!(usage.contains("`process`"), "{usage}");
        assert!(usage.contains("invoke event.json"), "{usage}");
        assert!(usage.contains("/2015-03-31/functions/process/invocations -d '{}'"), "{usage}");
    }

    /// What help shows is for copying.
    #[test]
    fn its_examples_are_what_the_function_takes() {
        let help = usage(&[&TestFunction::new("process", "sqs")]);
        let invoke = "curl http://127.0.0.1:9000/2015-03-31/functions/process/invocations";
        assert!(help.contains(&format!("\n      cargo run -q -- sample | {invoke} -d @-\n")), "{help}");
        let get = TestFunction { route: Some("GET /orders/{id}"), ..TestFunction::new("get", "http_api") };
        let help = usage(&[&get]);
        assert!(help.contains("\n      curl http://127.0.0.1:9000/orders/1\n"), "{help}");
        assert!(help.contains("\n  cargo run -- --origin function_url\n"), "{help}");
        assert!(help.contains(" (http_api or function_url); "), "{help}");
        assert!(usage(&[&TestFunction::new("get", "alb")]).contains("--origin alb\n"));
        let help = usage_of("sample", &[&get, &TestFunction::new("many", "api_gateway")]).unwrap();
        assert!(help.contains("the service of HTTP: http_api, function_url or rest_api\n"), "{help}");
        assert!(!usage(&[&TestFunction::new("chat", "websocket")]).contains("--origin"));
    }

    #[test]
    fn help_names_each_of_several_functions() {
        let usage = usage(&[&TestFunction::new("process", "sqs"), &TestFunction::new("get", "http_api")]);
        assert!(usage.starts_with("The functions `process`, `get` on this machine:\n"), "{usage}");
        assert!(usage.contains("cargo run -- invoke process event.json\n"), "{usage}");
        assert!(usage.contains("--origin function_url"), "{usage}");
    }

    #[test]
    fn each_command_has_help_with_an_example() {
        let process = TestFunction::new("process", "sqs");
        for (command, example) in [
            ("invoke", "\n  cargo run -- invoke events/one.json\n"),
            ("sample", "\n  cargo run -- sample > events/one.json\n"),
            ("template", "\n  cargo run -- template > template.yaml\n"),
        ] {
            assert!(usage_of(command, &[&process]).is_some_and(|help| help.contains(example)), "{command}");
        }
        assert_eq!(usage_of("inovke", &[&process]), None);
        let get = TestFunction::new("get", "http");
        let help = usage_of("sample", &[&process, &get]).unwrap();
        assert!(help.starts_with("cargo run -- sample NAME [--body JSON] [--origin SERVICE]\n"), "{help}");
        assert!(help.contains("cargo run -- sample process > events/one.json"), "{help}");
    }
}
