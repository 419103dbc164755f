use lrt::prelude::*;

struct NoLayer;

#[lambda(layer = NoLayer)]
async fn process(name: String) -> String {
    name
}
