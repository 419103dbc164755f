//! Performs the task in each changed item, for `tests/real/batches.py`.

use lrt::prelude::*;

#[path = "done/mod.rs"]
mod done;

#[derive(serde::Deserialize)]
struct Item {
    name: String,
    does: String,
    amount: i128,
    tags: Option<Vec<String>>,
}

#[lambda(dynamodb)]
async fn follow(change: Change<Item>) -> Result<(), Error> {
    let (event, item) = match change {
        Change::Insert { new, .. } => ("insert", new),
        Change::Modify { new, .. } => ("modify", new),
        Change::Remove { old, .. } => ("remove", old.ok_or_else(|| Error::msg("the stream has no old images"))?),
    };
    match &*item.does {
        "fail" => return Err(Error::named("Failed", format!("{} fails on purpose", item.name))),
        "panic" => panic!("{} panics on purpose", item.name),
        "fail once" if done::is_new(&format!("{} failed", item.name)) => return Err(Error::msg("the first time")),
        _ => {}
    }
    done::note(&format!("{event} {} {} {:?}", item.name, item.amount, item.tags.unwrap_or_default()));
    Ok(())
}
