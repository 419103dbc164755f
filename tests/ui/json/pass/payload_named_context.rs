use lrt::lambda;

#[derive(serde::Deserialize)]
struct Context {
    id: u64,
}

#[lambda]
async fn process(context: Context) -> u64 {
    context.id
}
