//! Performs the task in each message, for `tests/real/batches.py`.

use lrt::prelude::*;

#[path = "done/mod.rs"]
mod done;

#[derive(serde::Deserialize)]
struct Job {
    name: String,
    does: String,
}

#[lambda(sqs, concurrency = 4)]
async fn work(job: Job) -> Result<(), Error> {
    match &*job.does {
        "fail" => return Err(Error::named("Failed", format!("{} fails on purpose", job.name))),
        "panic" => panic!("{} panics on purpose", job.name),
        "hang" => std::future::pending().await,
        "fail once" if done::is_new(&format!("{} failed", job.name)) => return Err(Error::msg("the first time")),
        _ => {}
    }
    done::note(&job.name);
    Ok(())
}
