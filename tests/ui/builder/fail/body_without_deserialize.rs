use lrt::http::Json;

struct Order {
    id: u64,
}

async fn process(Json(order): Json<Order>) -> String {
    order.id.to_string()
}

fn main() -> std::process::ExitCode {
    lrt::http(process).run()
}
