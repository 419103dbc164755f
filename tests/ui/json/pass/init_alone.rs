use lrt::prelude::*;

async fn warm_up() -> Result<(), String> {
    Ok(())
}

#[lambda(init = warm_up)]
async fn tick() {}
