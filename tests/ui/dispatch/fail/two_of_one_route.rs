use lrt::prelude::*;

#[handler(http_api, route = "GET /orders/{id}")]
async fn get_order(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[handler(http_api, route = "GET /orders/{key}")]
async fn read_order(Path(key): Path<String>) -> String {
    key
}

lrt::main!(get_order, read_order);
