//! Plays the Lambda Runtime API for a program and measures it.
//!
//! `driver instructions PROGRAM EVENT` prints the instructions per invocation: the difference of two runs under valgrind.

use lrt::testing::{Event, RuntimeApi};
use std::error::Error;
use std::process::Stdio;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

/// Numbers of invocations in the two runs. The cost of the start is the same in both runs, so the difference does not
/// include it.
const FEW: usize = 100;
const MANY: usize = 1100;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["instructions", program, event] => {
            let event = compact(&std::fs::read_to_string(event)?);
            let few = instructions(program, &event, FEW).await?;
            let many = instructions(program, &event, MANY).await?;
            println!("{}", (many - few) / (MANY - FEW) as u64);
        }
        _ => return Err("driver instructions PROGRAM EVENT".into()),
    }
    Ok(())
}

/// Removes the white space of the file, since Lambda sends compact JSON.
fn compact(json: &str) -> String {
    json.lines().map(str::trim).collect::<String>().replace("\": ", "\":")
}

async fn start(command: &mut Command) -> Result<(RuntimeApi, Child), Box<dyn Error>> {
    let api = RuntimeApi::builder().record_requests(false).start().await?;
    let child = command
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/12/[$LATEST]5f1d0ec2a2d34c7c8e5d2f6a7b8c9d0e")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    Ok((api, child))
}

async fn invoke(api: &RuntimeApi, event: &str, count: usize) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        let answer = api.invoke(Event::new(event.to_owned())).await;
        if answer.is_error() || answer.is_lost() {
            return Err(format!("the program replied with an error: {}", answer.text()).into());
        }
        // A rejected HTTP request is a successful invocation.
        if answer.text().starts_with("{\"statusCode\"") && !answer.text().starts_with("{\"statusCode\":200,") {
            return Err(format!("the program rejected the request: {}", answer.text()).into());
        }
    }
    api.next_waiting().await;
    Ok(())
}

/// Sends SIGTERM to the program, as Lambda does, and waits until it has exited.
async fn finish(child: &mut Child) -> Result<(), Box<dyn Error>> {
    let id = child.id().ok_or("the program exited")?;
    Command::new("kill").arg(id.to_string()).status().await?;
    child.wait().await?;
    Ok(())
}

async fn instructions(program: &str, event: &str, count: usize) -> Result<u64, Box<dyn Error>> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", program]);
    let (api, mut child) = start(&mut valgrind).await?;
    let mut stderr = child.stderr.take().ok_or("stderr is not piped")?;
    // Read from the start, since a program that writes lines would wait if the pipe is full.
    let output = tokio::spawn(async move {
        let mut output = String::new();
        stderr.read_to_string(&mut output).await.map(|_| output)
    });
    invoke(&api, event, count).await?;
    finish(&mut child).await?;
    let output = output.await??;
    let collected = output.lines().find_map(|line| line.split("Collected :").nth(1));
    Ok(collected.ok_or_else(|| format!("valgrind printed no count:\n{output}"))?.trim().parse()?)
}
