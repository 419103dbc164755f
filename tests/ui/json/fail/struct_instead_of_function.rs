use lrt::prelude::*;

#[lambda]
struct Order {
    id: u64,
}
