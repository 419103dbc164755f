//! JSON in, JSON out: `cargo run -p hello -- invoke examples/hello/events/ada.json`.

use lrt::prelude::*;
use std::time::Duration;
use tower::timeout::TimeoutLayer;

#[derive(serde::Deserialize)]
struct Guest {
    name: String,
}

#[derive(serde::Serialize)]
struct Greeting {
    message: String,
}

/// Greets a guest.
#[lambda(layer = TimeoutLayer::new(Duration::from_secs(2)), deadline_margin = Duration::from_millis(50))]
async fn hello(guest: Guest, ctx: Context) -> Result<Greeting, Error> {
    if guest.name.is_empty() {
        return Err(Error::named("NoName", "a guest needs a name"));
    }
    Ok(Greeting { message: format!("hello {}, from {}", guest.name, ctx.function_name()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::{Harness, TestContext, insta};

    // A test for each sample event, with a snapshot next to it.
    lrt::snapshot_tests!(hello, "events/*.json");

    #[tokio::test(start_paused = true)]
    async fn hello_includes_function_name() {
        let context = TestContext::new().function_name("concierge");
        let outcome = Harness::<hello>::new().context(context).invoke(r#"{ "name": "Grace" }"#).await;
        insta::assert_json_snapshot!(outcome, @r#"
        {
          "reply": {
            "message": "hello Grace, from concierge"
          }
        }
        "#);
    }
}
