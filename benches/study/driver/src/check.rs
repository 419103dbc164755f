//! Assertions on exact figures: instructions, connections and symbols.

use crate::measure::{Laboratory, Setup};
use crate::peer::Peer;
use crate::sandbox::Sandbox;
use crate::workload::Workload;
use nix::sys::signal::Signal;
use object::{Object, ObjectSymbol};
use std::error::Error;
use std::fs;

/// Numbers of invocations of the two runs whose difference is the cost of an invocation.
const FEW: usize = 100;
const MANY: usize = 600;
/// A third, in the denominator.
const RATIO: u64 = 3;

/// Prints each assertion, and returns true if all of them hold.
pub async fn check(laboratory: &Laboratory) -> Result<bool, Box<dyn Error>> {
    let mut holds = true;
    let mut assert = |text: String, condition: bool| {
        println!("{} {text}", if condition { "ok    " } else { "FAILED" });
        holds &= condition;
    };
    let tuned = instructions(laboratory, Peer::LambdaRuntimeTuned).await?;
    for peer in [Peer::LrtLean, Peer::Lrt] {
        let own = instructions(laboratory, peer).await?;
        let text = format!(
            "wave: {} takes at most a third of the instructions of lambda_runtime-tuned: {own} of {tuned}",
            peer.name()
        );
        assert(text, own * RATIO <= tuned);
    }
    for peer in [Peer::Lrt, Peer::LrtLean] {
        for (workload, expected) in [(Workload::Api, 1), (Workload::SearchAtOnce, 9)] {
            let opened = connections(laboratory, peer, workload).await?;
            let text = format!("{}: {} opens {expected} connections in init: {opened}", workload.name(), peer.name());
            assert(text, opened == expected);
        }
        let text = format!("{} does not contain jitter entropy", peer.name());
        assert(text, !has_jitter(laboratory, peer)?);
    }
    // Shows that the symbols are found.
    let text = "lambda_runtime, with the SDK's defaults, contains jitter entropy".to_owned();
    assert(text, has_jitter(laboratory, Peer::LambdaRuntime)?);
    Ok(holds)
}

/// Returns the instructions of an invocation of `wave`, in user space.
async fn instructions(laboratory: &Laboratory, peer: Peer) -> Result<u64, Box<dyn Error>> {
    let few = collected(laboratory, peer, FEW).await?;
    let many = collected(laboratory, peer, MANY).await?;
    Ok((many - few) / (MANY - FEW) as u64)
}

async fn collected(laboratory: &Laboratory, peer: Peer, invocations: usize) -> Result<u64, Box<dyn Error>> {
    let valgrind = crate::peer::which("valgrind").ok_or("valgrind is not installed")?;
    let setup = Setup { peer, workload: Workload::Wave, memory_mb: 128, tls: false };
    let mut program = laboratory.program(setup, &*laboratory.dynamodb(setup).await?)?;
    let prefix = [
        valgrind.to_string_lossy().into_owned(),
        "--tool=callgrind".to_owned(),
        "--callgrind-out-file=/dev/null".to_owned(),
    ];
    program.command.splice(0..0, prefix);
    let mut sandbox = Sandbox::start(&program, setup.memory_mb, None).await?;
    sandbox.initialized().await?;
    for number in 0..invocations {
        // All events have the same length.
        let event = Workload::Wave.event(1000 + number).to_string();
        sandbox.api.invoke(event.into()).await?;
        sandbox.api.next().await?;
    }
    let output = sandbox.end(Signal::SIGTERM).await?;
    let collected = output.lines().find_map(|line| line.split("Collected :").nth(1));
    Ok(collected.ok_or_else(|| format!("valgrind printed no count:\n{output}"))?.trim().parse()?)
}

/// Returns the number of connections to DynamoDB, over TLS, that are opened before the first request for an event.
async fn connections(laboratory: &Laboratory, peer: Peer, workload: Workload) -> Result<usize, Box<dyn Error>> {
    let setup = Setup { peer, workload, memory_mb: 128, tls: true };
    let dynamodb = laboratory.dynamodb(setup).await?;
    let program = laboratory.program(setup, &dynamodb)?;
    let mut sandbox = Sandbox::start(&program, setup.memory_mb, None).await?;
    sandbox.initialized().await?;
    Ok(dynamodb.connections())
}

fn has_jitter(laboratory: &Laboratory, peer: Peer) -> Result<bool, Box<dyn Error>> {
    let program = fs::read(laboratory.folders.binaries(peer).join("aws.unstripped"))?;
    let file = object::File::parse(&*program)?;
    let mut names = file.symbols().filter_map(|symbol| symbol.name().ok()).peekable();
    if names.peek().is_none() {
        return Err(format!("the unstripped program of {} has no symbols", peer.name()).into());
    }
    Ok(names.any(|name| name.contains("jent_")))
}
