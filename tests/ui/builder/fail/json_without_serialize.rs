use lrt::http::Json;

struct Order {
    id: u64,
}

async fn process() -> Json<Order> {
    Json(Order { id: 1 })
}

fn main() -> std::process::ExitCode {
    lrt::http(process).run()
}
