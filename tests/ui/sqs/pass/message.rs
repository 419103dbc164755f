use lrt::prelude::*;

#[lambda(sqs, on_failure = stop, on_all_failed = error, deadline_margin = off)]
async fn process(message: Message<u32>, ctx: Context) {
    let _ = (message.body, message.id, ctx);
}
