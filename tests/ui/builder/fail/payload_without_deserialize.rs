struct Order {
    id: u64,
}

async fn process(order: Order) -> Result<u64, lrt::Error> {
    Ok(order.id)
}

fn main() -> std::process::ExitCode {
    lrt::json(process).run()
}
