use lrt::dynamodb::Change;

struct Order {
    id: u64,
}

async fn process(_order: Change<Order>) -> Result<(), lrt::Error> {
    Ok(())
}

fn main() -> std::process::ExitCode {
    lrt::dynamodb(process).run()
}
