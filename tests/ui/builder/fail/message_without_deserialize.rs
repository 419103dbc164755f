use lrt::sqs::Message;

struct Order {
    id: u64,
}

async fn process(order: Message<Order>) -> Result<(), lrt::Error> {
    println!("{}", order.body.id);
    Ok(())
}

fn main() -> std::process::ExitCode {
    lrt::sqs(process).run()
}
