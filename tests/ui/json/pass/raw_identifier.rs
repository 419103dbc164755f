use lrt::prelude::*;

async fn r#loop() -> u8 {
    1
}

#[lambda(init = r#loop)]
async fn r#type(r#in: u64, r#ref: &u8) -> u64 {
    r#in + u64::from(*r#ref)
}
