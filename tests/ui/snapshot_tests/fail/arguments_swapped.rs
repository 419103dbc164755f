use lrt::prelude::*;

#[lambda]
async fn hello(name: String) -> String {
    name
}

lrt::snapshot_tests!("Cargo.toml", hello);
