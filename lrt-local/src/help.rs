//! The output of `--help`, for all commands or for one.

use super::cli::DEFAULT_PORT;
use super::function::{LocalFunction, names};
use super::http_frontend::{HttpFrontend, origins};
use super::operation;
use super::sample;

/// Texts that depend on the functions.
struct HelpText {
    title: String,
    /// The name of the first function as an argument, with a space before it; empty if there is only one function.
    name: String,
    all: &'static str,
    one: &'static str,
    each: &'static str,
    /// Commands that call the first HTTP function through HTTP, if there is one, and the first function through the
    /// Invoke API.
    calls: Vec<String>,
    /// The values of `--origin`.
    origins: Vec<&'static str>,
}

impl HelpText {
    fn new(functions: &[&dyn LocalFunction]) -> HelpText {
        let host = format!("127.0.0.1:{DEFAULT_PORT}");
        let frontends = functions.iter().filter_map(|function| {
            let origin = *origins(function.kind()).first()?;
            Some(HttpFrontend::new(origin, function.route()))
        });
        let mut calls: Vec<String> = frontends.take(1).map(|frontend| frontend.curl(&host)).collect();
        if let Some(first) = functions.first() {
            calls.push(operation::command(
                &host,
                first.name(),
                sample::short_payload(*first).as_deref(),
                functions.len() > 1,
            ));
        }
        let origins = all_origins(functions);
        let first = functions.first().map_or("", |first| first.name());
        match functions {
            [_] => HelpText {
                title: format!("The function `{first}` on this machine:"),
                name: String::new(),
                all: "it",
                one: "it",
                each: "it",
                calls,
                origins,
            },
            several => HelpText {
                title: format!("The functions {} on this machine:", names(several)),
                name: format!(" {first}"),
                all: "them",
                one: "one of them",
                each: "each of them",
                calls,
                origins,
            },
        }
    }
}

/// Returns the help for all commands.
pub(super) fn help(functions: &[&dyn LocalFunction]) -> String {
    let HelpText { title, name, all, one, each, calls, origins } = HelpText::new(functions);
    let url = format!("http://127.0.0.1:{DEFAULT_PORT}");
    let calls = calls.join("\n      ");
    // The first origin is the default, so the example shows a different one.
    let origin = match origins.get(1).or(origins.first()) {
        Some(other) => format!(
            "
  cargo run -- --origin {other}
      serves {all} as that service would ({}); `sample --origin` prints one of its events
",
            or(&origins)
        ),
        None => String::new(),
    };
    let claims = match origins.iter().any(|origin| matches!(*origin, "http_api" | "rest_api")) {
        true => {
            "
  cargo run -- --claims '{\"sub\":\"ada\"}'
      adds these JWT claims to each HTTP request, as an authorizer of API Gateway would; JSON or a file.
      An object with `userArn` is the identity of an IAM caller instead
"
        }
        false => "",
    };
    let schedules = match functions.iter().any(|function| function.deployment().schedule.is_some()) {
        true => {
            "
  cargo run -- --schedules
      also invokes each function that has a schedule at its times, which are in UTC
"
        }
        false => "",
    };
    format!(
        "\
{title}

  cargo run
      serves {all} at {url}, as the Lambda service would; Ctrl-C ends it
      {calls}
      {url}/_lrt is a page to send events and to inspect invocations

  cargo run -- --port 8080
      serves {all} on another port; 0 for any free port

  cargo run -- --concurrency 10
      lets {each} run in up to 10 processes, each of which handles one event at a time, as in Lambda; the default is
      one process, and further events wait. Output of the processes is on stderr

  cargo run -- --timeout 3
      ends an invocation after 3 seconds, which is Lambda's default; the default here is 900

  cargo run -- --record events
      saves each event as events/NAME-1.json and so on, for snapshot_tests!, and the reply as NAME-1.reply;
      removes credentials from HTTP events, unless --with-credentials is given
{origin}{claims}{schedules}
  cargo run -- invoke{name} event.json
  echo '{{}}' | cargo run -- invoke{name} -
      runs {one} on one event and prints its reply; exit code 1 if it fails. Prints a table for several events.
      The function runs in this process, so that a debugger's breakpoints work

  cargo run -- sample{name}
      prints an event of the function's kind; cargo run -- sample{name} | cargo run -- invoke{name} -

  cargo run -- template > template.yaml
      prints an AWS SAM template of {all}, for a file next to Cargo.toml; then: sam build && sam deploy --guided

  cargo run -- doctor
      finds settings that make a cold start slow or a deployment unsafe, each with its fix; exit code 1 if there are any

  cargo run -- invoke --help
      describes `invoke`; likewise for `sample`, `template` and `doctor`"
    )
}

/// Returns the help for a command, if it exists.
pub(super) fn command_help(command: &str, functions: &[&dyn LocalFunction]) -> Option<String> {
    let HelpText { name, all, .. } = HelpText::new(functions);
    let origins = sample_origins(functions);
    let has_queue = functions.iter().any(|function| function.kind() == "sqs");
    let is_single = name.is_empty();
    let named = if is_single { "[NAME]" } else { "NAME" };
    Some(match command {
        "invoke" => format!(
            "\
cargo run -- invoke {named} FILE…

Runs a function on events, in this process, so that a debugger's breakpoints work. Logs are on stderr.

  FILE   an event; - for standard input; a folder stands for all its .json files
  {named}{}name of the function{}

The reply to a single event is printed unchanged. For several events, a table shows the outcome of each; they run in
one environment, one after another, and an unreadable file does not affect the others.

Exit code: 0; 1 if the function failed on an event; 2 if an event could not be read.

  cargo run -- invoke{name} events/one.json
  cargo run -- invoke{name} events
  cargo run -- sample{name} | cargo run -- invoke{name} -",
            if is_single { " " } else { "   " },
            if is_single { ", optional because there is one function" } else { "" },
        ),
        "sample" => format!(
            "\
cargo run -- sample {named} [--body JSON]{}{}

Prints an event of the function's kind, as its service sends it.

  --body JSON   the part that the function decodes: a message's body, a record's data, an item, a request's body,
                or the entire event of a JSON function; - for standard input, @FILE for a file
{}{}
  cargo run -- sample{name} > events/one.json
  cargo run -- sample{name} --body '{{\"id\":1}}' | cargo run -- invoke{name} -",
            if origins.is_empty() { "" } else { " [--origin SERVICE]" },
            if has_queue { " [--fifo]" } else { "" },
            match origins.is_empty() {
                true => String::new(),
                false => format!("  --origin S    the service that sends the request: {}\n", or(&origins)),
            },
            if has_queue { "  --fifo        messages of a FIFO queue, with a group and a sequence number\n" } else { "" },
        ),
        "template" => format!(
            "\
cargo run -- template

Prints an AWS SAM template of {all}: handlers, timeouts, queues, APIs with their routes, function URLs. Values that
depend on your account, such as a table, are parameters; `sam deploy --guided` asks for them.

  cargo run -- template > template.yaml
  sam build && sam deploy --guided"
        ),
        "doctor" => format!(
            "\
cargo run -- doctor

Finds settings of this package that make the cold start of {all} slow or the deployment unsafe, and shows how to fix each. Reads
Cargo.toml, Cargo.lock, .cargo/config.toml, the template next to Cargo.toml, and the newest release build.

Exit code: 0; 1 if there are findings; 2 if a file could not be read.

  cargo lambda build --release
  cargo run -- doctor"
        ),
        _ => return None,
    })
}

/// Returns the origins of all functions, without duplicates.
fn all_origins(functions: &[&dyn LocalFunction]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for origin in functions.iter().flat_map(|function| origins(function.kind())) {
        if !names.contains(&origin.name()) {
            names.push(origin.name());
        }
    }
    names
}

/// Returns the origins of all functions, including authorizers, whose samples are requests as well.
fn sample_origins(functions: &[&dyn LocalFunction]) -> Vec<&'static str> {
    let mut names = all_origins(functions);
    if functions.iter().any(|function| function.kind() == "authorizer") {
        let other: Vec<_> = sample::authorizer_origins().filter(|name| !names.contains(name)).collect();
        names.extend(other);
    }
    names
}

/// Joins names as `a, b or c`.
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
        assert!(!help(&[&TestFunction::new("process", "sqs")]).contains("--origin"));
        assert!(help(&[&TestFunction::new("process", "http")]).contains("curl http://127.0.0.1:9000/\n"));
        let help = help(&[&TestFunction::new("process", "json")]);
        assert!(help.contains("`process`"), "{help}");
        assert!(help.contains("invoke event.json"), "{help}");
        assert!(help.contains("/2015-03-31/functions/process/invocations -d '{}'"), "{help}");
    }

    #[test]
    fn examples_can_be_copied() {
        let text = help(&[&TestFunction::new("process", "sqs")]);
        let invoke = "curl http://127.0.0.1:9000/2015-03-31/functions/process/invocations";
        assert!(text.contains(&format!("\n      cargo run -q -- sample | {invoke} -d @-\n")), "{text}");
        let get = TestFunction { route: Some("GET /orders/{id}"), ..TestFunction::new("get", "http_api") };
        let text = help(&[&get]);
        assert!(text.contains("\n      curl http://127.0.0.1:9000/orders/1\n"), "{text}");
        assert!(text.contains("\n  cargo run -- --origin function_url\n"), "{text}");
        assert!(text.contains("\n  cargo run -- --claims '{\"sub\":\"ada\"}'\n"), "{text}");
        assert!(text.contains(" (http_api or function_url); "), "{text}");
        let text = help(&[&TestFunction::new("get", "alb")]);
        assert!(text.contains("--origin alb\n") && !text.contains("--claims"), "{text}");
        let text = command_help("sample", &[&get, &TestFunction::new("many", "api_gateway")]).unwrap();
        assert!(text.contains("the service that sends the request: http_api, function_url or rest_api\n"), "{text}");
        assert!(!help(&[&TestFunction::new("chat", "websocket")]).contains("--origin"));
        let text = command_help("sample", &[&get, &TestFunction::new("auth", "authorizer")]).unwrap();
        let expected = ": http_api, function_url, http_api_format_1, rest_api, rest_api_token or websocket\n";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn help_names_each_of_several_functions() {
        let help = help(&[&TestFunction::new("process", "sqs"), &TestFunction::new("get", "http_api")]);
        assert!(help.starts_with("The functions `process`, `get` on this machine:\n"), "{help}");
        assert!(help.contains("cargo run -- invoke process event.json\n"), "{help}");
        assert!(help.contains("--origin function_url"), "{help}");
    }

    #[test]
    fn each_command_has_help_with_an_example() {
        let process = TestFunction::new("process", "sqs");
        for (command, example) in [
            ("invoke", "\n  cargo run -- invoke events/one.json\n"),
            ("sample", "\n  cargo run -- sample > events/one.json\n"),
            ("template", "\n  cargo run -- template > template.yaml\n"),
            ("doctor", "\n  cargo run -- doctor"),
        ] {
            assert!(command_help(command, &[&process]).is_some_and(|help| help.contains(example)), "{command}");
        }
        assert_eq!(command_help("inovke", &[&process]), None);
        let get = TestFunction::new("get", "http");
        let help = command_help("sample", &[&process, &get]).unwrap();
        assert!(help.starts_with("cargo run -- sample NAME [--body JSON] [--origin SERVICE] [--fifo]\n"), "{help}");
        assert!(help.contains("\n  --fifo        messages of a FIFO queue, "), "{help}");
        assert!(!command_help("sample", &[&get]).unwrap().contains("fifo"));
        assert!(help.contains("cargo run -- sample process > events/one.json"), "{help}");
    }
}
