struct Receipt {
    id: u64,
}

async fn process(id: u64) -> Result<Receipt, lrt::Error> {
    Ok(Receipt { id })
}

fn main() -> std::process::ExitCode {
    lrt::json(process).run()
}
