//! Runs one of several functions in a binary: the code behind `main!`.

use crate::run::no_environment;
use lrt_core::{Environment, Error, Function};
use std::process::ExitCode;

/// Entry of the table of functions that [`main!`](crate::main!) writes.
#[derive(Clone, Copy, Debug)]
pub struct FunctionEntry {
    pub(crate) name: &'static str,
    run: fn(Environment) -> ExitCode,
    #[cfg(all(feature = "local", debug_assertions))]
    served: fn() -> Box<dyn lrt_local::LocalFunction>,
}

impl FunctionEntry {
    /// Returns the entry of a function, without initializing it.
    pub const fn of<F: Function>() -> FunctionEntry {
        FunctionEntry {
            name: F::NAME,
            run: |environment| lrt_core::run(&F::handler(), environment),
            #[cfg(all(feature = "local", debug_assertions))]
            served: || Box::new(F::handler()),
        }
    }
}

/// Runs the function that `_HANDLER` names.
pub fn run_dispatch(functions: &'static [FunctionEntry]) -> ExitCode {
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

/// Compares the name of the function at `at` with the names before it. `paths` are the functions as they were passed to
/// `main!`.
pub const fn name_clash(functions: &[FunctionEntry], paths: &[&str], at: usize) -> NameClash {
    let mut text = NameClash { bytes: [0; NameClash::MAX_BYTES], length: 0 };
    let mut before = 0;
    while before < at {
        if equal(functions[before].name, functions[at].name) {
            text.push("`");
            text.push(paths[before]);
            text.push("` and `");
            text.push(paths[at]);
            text.push("` are both called \"");
            text.push(functions[at].name);
            text.push("\": give one of them another name, as in `#[handler(name = \"…\")]`");
            return text;
        }
        before += 1;
    }
    text
}

/// The message about two functions with the same name. Constants cannot use `format!`.
#[derive(Debug)]
pub struct NameClash {
    bytes: [u8; NameClash::MAX_BYTES],
    length: usize,
}

impl NameClash {
    /// Enough for paths and names of a reasonable length.
    const MAX_BYTES: usize = 512;

    /// Returns the message if the names clash.
    pub const fn text(&self) -> Option<&str> {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Omits strings that do not fit completely, so that the message is valid UTF-8.
    const fn push(&mut self, text: &str) {
        let text = text.as_bytes();
        if self.length + text.len() > Self::MAX_BYTES {
            return;
        }
        let mut at = 0;
        while at < text.len() {
            self.bytes[self.length] = text[at];
            self.length += 1;
            at += 1;
        }
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
