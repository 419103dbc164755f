use lrt::prelude::*;
use std::sync::{Mutex, MutexGuard};

static COUNT: Mutex<u64> = Mutex::new(0);

#[lambda(init = connect)]
async fn process(_: String, count: &MutexGuard<'static, u64>) -> u64 {
    **count
}

async fn connect() -> MutexGuard<'static, u64> {
    COUNT.lock().unwrap()
}
