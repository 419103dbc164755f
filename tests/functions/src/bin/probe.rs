//! A function that performs the task in its event, for tests that run it as a process.
//!
//! With `PROBE_INIT=error` or `panic`, `init` fails; with `PROBE_INIT_WAIT`, it waits for the end of stdin before that.
//! `shutdown` writes the file that `PROBE_SHUTDOWN` names. Each event is printed to stderr when it starts, and
//! `wait_until` work when it has finished.

use lrt::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, serde::Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Task {
    /// Returns the value.
    Echo {
        value: Value,
    },
    /// Returns a string of this length in bytes.
    Size {
        bytes: usize,
    },
    /// Fails with a `ProbeError` that has a cause.
    Error,
    Panic,
    /// Sleeps.
    Sleep {
        ms: u64,
    },
    /// Blocks its thread.
    Block {
        ms: u64,
    },
    /// Writes these strings to stdout and stderr, without a line break on stderr.
    Print {
        out: String,
        err: String,
    },
    /// Exits without a reply.
    Exit {
        code: i32,
    },
    /// Returns all values of the context.
    Context,
    /// Returns an environment variable.
    Env {
        name: String,
    },
    /// Replies immediately, and writes the file in `wait_until`.
    WaitUntil {
        ms: u64,
        file: PathBuf,
    },
}

#[derive(Debug, thiserror::Error)]
#[error("the probe failed")]
struct ProbeError(#[source] std::num::ParseIntError);

/// File that `shutdown` writes.
struct AtShutdown(Option<PathBuf>);

async fn init() -> Result<AtShutdown, ProbeError> {
    if std::env::var_os("PROBE_INIT_WAIT").is_some() {
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).expect("stdin can be read");
    }
    match std::env::var("PROBE_INIT").as_deref() {
        Ok("error") => Err(probe_error()),
        Ok("panic") => panic!("init panics"),
        _ => Ok(AtShutdown(std::env::var_os("PROBE_SHUTDOWN").map(PathBuf::from))),
    }
}

async fn shutdown(at: &AtShutdown) {
    if let Some(file) = &at.0 {
        std::fs::write(file, "shutdown").expect("PROBE_SHUTDOWN names a file that can be written");
    }
}

#[lambda(init = init, shutdown = shutdown)]
async fn probe(task: Task, ctx: Context) -> Result<Value, ProbeError> {
    eprintln!("probe begins");
    match task {
        Task::Echo { value } => return Ok(value),
        Task::Size { bytes } => return Ok("x".repeat(bytes).into()),
        Task::Error => return Err(probe_error()),
        Task::Panic => panic!("the probe panics"),
        Task::Sleep { ms } => tokio::time::sleep(Duration::from_millis(ms)).await,
        Task::Block { ms } => std::thread::sleep(Duration::from_millis(ms)),
        Task::Print { out, err } => {
            println!("{out}");
            eprint!("{err}");
        }
        Task::Exit { code } => std::process::exit(code),
        Task::Context => return Ok(all_of(&ctx)),
        Task::Env { name } => return Ok(std::env::var(name).ok().into()),
        Task::WaitUntil { ms, file } => ctx.wait_until(async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            std::fs::write(file, "waited").expect("the event names a file that can be written");
            eprintln!("probe has waited");
        }),
    }
    Ok(Value::Null)
}

fn probe_error() -> ProbeError {
    ProbeError("x".parse::<u32>().expect_err("not a number"))
}

fn all_of(ctx: &Context) -> Value {
    json!({
        "request_id": ctx.request_id(),
        "current": Context::current().map(|current| current.request_id().to_owned()),
        "function_arn": ctx.function_arn(),
        "trace_id": ctx.trace_id(),
        "tenant_id": ctx.tenant_id(),
        "client_context": ctx.client_context(),
        "identity": ctx.identity(),
        "remaining_ms": ctx.remaining().as_millis() as u64,
        "function_name": ctx.function_name(),
        "version": ctx.function_version(),
        "memory_mb": ctx.memory_mb(),
        "log_group": ctx.log_group(),
        "log_stream": ctx.log_stream(),
        "cold_start": ctx.cold_start(),
    })
}
