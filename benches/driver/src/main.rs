//! `driver instructions PROGRAM EVENT`: instructions per invocation, from valgrind's count of two runs.
//! `driver soak PROGRAM EVENT COUNT`: so many invocations; the memory after the first tenth and at the end.

use lrt::testing::{Event, RuntimeApi};
use std::error::Error;
use std::process::Stdio;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

/// Enough that what is done once is no longer seen in the difference.
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
        ["soak", program, event, count] => soak(program, &compact(&std::fs::read_to_string(event)?), count.parse()?).await?,
        _ => return Err("driver instructions PROGRAM EVENT | driver soak PROGRAM EVENT COUNT".into()),
    }
    Ok(())
}

/// As Lambda sends an event: without the spaces of the file.
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
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    Ok((api, child))
}

async fn invoke(api: &RuntimeApi, event: &str, count: usize) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        let answer = api.invoke(Event::new(event.to_owned())).await;
        if answer.is_error() || answer.is_lost() {
            return Err(format!("the program answered with an error: {}", answer.text()).into());
        }
        // What a function of HTTP requests turns down is an answer as well.
        if answer.text().starts_with("{\"statusCode\"") && !answer.text().starts_with("{\"statusCode\":200,") {
            return Err(format!("the program turned the request down: {}", answer.text()).into());
        }
    }
    api.next_waiting().await;
    Ok(())
}

/// Ends the program as Lambda does, and reads what it printed.
async fn finish(child: &mut Child) -> Result<String, Box<dyn Error>> {
    let id = child.id().ok_or("the program ended by itself")?;
    Command::new("kill").arg(id.to_string()).status().await?;
    let mut printed = String::new();
    child.stderr.take().ok_or("stderr is piped")?.read_to_string(&mut printed).await?;
    child.wait().await?;
    Ok(printed)
}

async fn instructions(program: &str, event: &str, count: usize) -> Result<u64, Box<dyn Error>> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", program]);
    let (api, mut child) = start(&mut valgrind).await?;
    invoke(&api, event, count).await?;
    let printed = finish(&mut child).await?;
    let collected = printed.lines().find_map(|line| line.split("Collected :").nth(1));
    Ok(collected.ok_or_else(|| format!("valgrind gave no count:\n{printed}"))?.trim().parse()?)
}

async fn soak(program: &str, event: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let (api, mut child) = start(&mut Command::new(program)).await?;
    let id = child.id().ok_or("the program ended by itself")?;
    let resident = || -> Result<String, Box<dyn Error>> {
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        Ok(status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?.trim().to_owned())
    };
    invoke(&api, event, count / 10).await?;
    println!("after {}: {}", count / 10, resident()?);
    invoke(&api, event, count - count / 10).await?;
    println!("after {count}: {}, {} connection(s)", resident()?, api.connections());
    finish(&mut child).await?;
    Ok(())
}
