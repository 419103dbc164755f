//! boto3, AWS's SDK for Python, as a client of the local Lambda.

use super::real_client::find;
use super::{Ended, Process};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::Path;

/// A Python process that invokes a function.
pub(crate) struct Boto3 {
    process: Process,
}

impl Boto3 {
    /// Calls `invoke_with_response_stream` for the function with this name at this address. Returns `None` if boto3 is not
    /// installed.
    pub(crate) fn invoke(address: &str, function: &str, payload: &Value, kind: Option<&str>) -> Option<Boto3> {
        let (endpoint, payload) = (format!("http://{address}"), payload.to_string());
        let mut args = vec![&*endpoint, function, &payload];
        args.extend(kind);
        Boto3::run("invoke_with_response_stream.py", &args)
    }

    /// Calls `invoke` with additional parameters. The output is one object.
    pub(crate) fn plain(address: &str, function: &str, payload: &str, parameters: &Value) -> Option<Boto3> {
        Boto3::run("invoke.py", &[&format!("http://{address}"), function, payload, &parameters.to_string()])
    }

    /// Sends one `GET` request to an API for each of these tokens, and returns the responses.
    pub(crate) fn request(url: &str, tokens: &[&str]) -> Option<Vec<Value>> {
        Boto3::run("request.py", &[&[url], tokens].concat()).map(Boto3::rest)
    }

    fn run(script: &str, args: &[&str]) -> Option<Boto3> {
        let python = find("LRT_BOTO3_PYTHON", "boto3/bin/python", "get-boto3.sh")?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients").join(script);
        let args = [&[script.to_str().unwrap()], args].concat();
        // The function is local, so requests must not go through a proxy.
        let env = [("NO_PROXY", OsStr::new("127.0.0.1"))];
        Some(Boto3 { process: Process::start(python.to_str().unwrap(), &args, &env) })
    }

    /// Returns the next line of output.
    pub(crate) fn next(&self) -> Value {
        serde_json::from_str(&self.process.stdout_line()).unwrap()
    }

    /// Returns the remaining output.
    pub(crate) fn rest(self) -> Vec<Value> {
        let ended: Ended = self.process.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
