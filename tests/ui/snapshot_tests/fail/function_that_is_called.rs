use lrt::prelude::*;

#[lambda]
async fn hello(name: String) -> String {
    name
}

lrt::snapshot_tests!(hello("Ada"), "Cargo.toml");
