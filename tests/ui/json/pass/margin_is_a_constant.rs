use lrt::prelude::*;
use std::time::Duration;

const MARGIN: Duration = Duration::from_secs(1);

#[lambda(deadline_margin = MARGIN)]
async fn process(_: u64) {}
