#[derive(Debug)]
struct OrderError;

async fn process(_: u64) -> Result<u64, OrderError> {
    Err(OrderError)
}

fn main() -> std::process::ExitCode {
    lrt::json(process).run()
}
