struct Order {
    id: u64,
}

async fn process(order: Order) -> Result<(), lrt::Error> {
    println!("{}", order.id);
    Ok(())
}

fn main() -> std::process::ExitCode {
    lrt::sqs(process).concurrency(2).run()
}
