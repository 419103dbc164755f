//! Runs one of several functions in a binary: the code behind `main!`.

use crate::run::no_environment;
use lrt_core::{Environment, Error, Function};
use std::process::ExitCode;

/// Entry of the table of functions that [`main!`](crate::main!) writes.
#[derive(Clone, Copy, Debug)]
pub struct FunctionEntry {
    name: &'static str,
    kind: &'static str,
    route: Option<&'static str>,
    run: fn(Environment) -> ExitCode,
    #[cfg(all(feature = "local", debug_assertions))]
    served: fn() -> Box<dyn lrt_local::LocalFunction>,
}

impl FunctionEntry {
    /// Returns the entry of a function, without initializing it.
    pub const fn of<F: Function>() -> FunctionEntry {
        FunctionEntry {
            name: F::NAME,
            kind: F::KIND,
            route: F::ROUTE,
            run: |environment| lrt_core::run(&F::handler(), environment),
            #[cfg(all(feature = "local", debug_assertions))]
            served: || Box::new(F::handler()),
        }
    }
}

/// Runs the function that `_HANDLER` names.
pub(crate) fn run_dispatch(functions: &'static [FunctionEntry]) -> ExitCode {
    // Called before the environment is read, so that warnings about it are log lines.
    lrt_core::log::start();
    match Environment::read() {
        Ok(environment) => {
            #[cfg(all(feature = "local", debug_assertions))]
            lrt_local::exit_with_parent();
            // A name that is not UTF-8 is not found.
            let name = std::env::var_os("_HANDLER").map(|name| name.to_string_lossy().into_owned());
            match functions.iter().find(|function| Some(function.name) == name.as_deref()) {
                Some(function) => (function.run)(environment),
                None => lrt_core::fail_init(environment, not_found(functions, name.as_deref()).into()),
            }
        }
        #[cfg(all(feature = "local", debug_assertions))]
        Err(lrt_core::EnvironmentError::NotInLambda) => {
            let functions: Vec<_> = functions.iter().map(|function| (function.served)()).collect();
            lrt_local::main(&functions.iter().map(|function| &**function).collect::<Vec<_>>())
        }
        Err(error) => no_environment(&error),
    }
}

fn not_found(functions: &[FunctionEntry], name: Option<&str>) -> Error {
    let what = match name {
        None => "_HANDLER is not set".to_owned(),
        Some("") => "_HANDLER is empty".to_owned(),
        Some(name) => format!("no function has the name {name:?} (_HANDLER)"),
    };
    let names: Vec<_> = functions.iter().map(|function| function.name).collect();
    Error::named(
        "Runtime.HandlerNotFound",
        format!("{what}: set the function's handler to one of {}", names.join(", ")),
    )
}

/// Checks the function at `at`, and compares it with the functions before it. `paths` are the functions as they were passed
/// to `main!`.
pub const fn mistake(functions: &[FunctionEntry], paths: &[&str], at: usize) -> Mistake {
    let mut text = Mistake { bytes: [0; Mistake::MAX_BYTES], length: 0 };
    let function = functions[at];
    if function.name.is_empty() {
        text = text.with(&["`", paths[at], "` is not the name of a Lambda function"]);
        return text.with(&[": write `#[handler]` above the function, or correct the name"]);
    }
    let mut before = 0;
    while before < at {
        let other = functions[before];
        if equal(other.name, function.name) {
            text = text.with(&["`", paths[before], "` and `", paths[at], "` are both called \"", function.name]);
            return text.with(&["\": give one of them another name, as in `#[handler(name = \"…\")]`"]);
        }
        if let (Some(route), Some(others)) = (function.route, other.route)
            && may_receive_same_events(function.kind, other.kind)
            && is_same_route(route, others)
        {
            text = text.with(&["`", paths[before], "` and `", paths[at], "` have the same route \"", route]);
            return text.with(&["\": only the first would be called, so change the route of one of them"]);
        }
        before += 1;
    }
    text
}

/// The message about a function that was passed to `main!`. Constants cannot use `format!`.
#[derive(Clone, Copy, Debug)]
pub struct Mistake {
    bytes: [u8; Mistake::MAX_BYTES],
    length: usize,
}

impl Mistake {
    /// Enough for paths and names of a reasonable length.
    const MAX_BYTES: usize = 512;

    /// Returns the message, if there is a mistake.
    pub const fn text(&self) -> Option<&str> {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Appends strings. Omits strings that do not fit completely, so that the message is valid UTF-8.
    const fn with(mut self, texts: &[&str]) -> Mistake {
        let mut next = 0;
        while next < texts.len() {
            let text = texts[next].as_bytes();
            next += 1;
            if self.length + text.len() > Self::MAX_BYTES {
                continue;
            }
            let mut at = 0;
            while at < text.len() {
                self.bytes[self.length] = text[at];
                self.length += 1;
                at += 1;
            }
        }
        self
    }
}

const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Compares the kinds of two HTTP functions: `http` accepts the events of all services, `api_gateway` those of both APIs.
const fn may_receive_same_events(one: &str, other: &str) -> bool {
    equal(one, other) || includes(one, other) || includes(other, one)
}

const fn includes(kind: &str, other: &str) -> bool {
    equal(kind, "http") || (equal(kind, "api_gateway") && (equal(other, "http_api") || equal(other, "rest_api")))
}

/// Compares two routes, but not the names of their parameters.
const fn is_same_route(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let (mut i, mut j) = (0, 0);
    while i < one.len() && j < other.len() {
        if one[i] != other[j] {
            return false;
        }
        if one[i] == b'{' {
            let ((end, is_rest), (other_end, other_is_rest)) = (parameter(one, i), parameter(other, j));
            if is_rest != other_is_rest {
                return false;
            }
            (i, j) = (end, other_end);
        } else {
            (i, j) = (i + 1, j + 1);
        }
    }
    i == one.len() && j == other.len()
}

/// Returns the end of the parameter that begins at `at`. The second value is true for `{rest+}` and `{*rest}`.
const fn parameter(route: &[u8], mut at: usize) -> (usize, bool) {
    let mut is_rest = false;
    while at < route.len() && route[at] != b'}' {
        is_rest |= matches!(route[at], b'+' | b'*');
        at += 1;
    }
    (at, is_rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_one_service_receive_the_same_events() {
        for (one, other, expected) in [
            ("http_api", "http_api", true),
            ("http", "alb", true),
            ("api_gateway", "rest_api", true),
            ("api_gateway", "http_api", true),
            ("api_gateway", "lattice", false),
            ("http_api", "rest_api", false),
            ("alb", "lattice", false),
        ] {
            assert_eq!(may_receive_same_events(one, other), expected, "{one}, {other}");
            assert_eq!(may_receive_same_events(other, one), expected, "{other}, {one}");
        }
    }

    #[test]
    fn routes_are_equal_up_to_parameter_names() {
        for (one, other) in [
            ("GET /", "GET /"),
            ("GET /a/{id}", "GET /a/{key}"),
            ("GET /a/{id}/b/{n}", "GET /a/{long_name}/b/{m}"),
            ("ANY /{proxy+}", "ANY /{*rest}"),
        ] {
            assert!(is_same_route(one, other) && is_same_route(other, one), "{one}, {other}");
        }
        for (one, other) in [
            ("GET /a", "POST /a"),
            ("GET /a", "GET /a/"),
            ("GET /a", "GET /a/{id}"),
            ("GET /a/{id}", "GET /a/id"),
            ("GET /a/{id}", "GET /a/{id+}"),
            ("GET /a/{id}/b", "GET /a/{id}/c"),
            ("ANY /a", "GET /a"),
        ] {
            assert!(!is_same_route(one, other) && !is_same_route(other, one), "{one}, {other}");
        }
    }

    #[test]
    fn mistake_omits_texts_that_do_not_fit() {
        let empty = Mistake { bytes: [0; Mistake::MAX_BYTES], length: 0 };
        assert_eq!(empty.text(), None);
        let long = "ä".repeat(200);
        assert_eq!(empty.with(&[&long, "b", &long, "c"]).text(), Some(format!("{long}bc").as_str()));
    }
}
