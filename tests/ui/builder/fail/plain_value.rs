async fn process(id: u64) -> u64 {
    id
}

fn main() -> std::process::ExitCode {
    lrt::json(process).run()
}
