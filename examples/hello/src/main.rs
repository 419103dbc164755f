//! JSON in, JSON out: `cargo run -p hello -- invoke examples/hello/events/ada.json`.

use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Guest {
    name: String,
}

#[derive(serde::Serialize)]
struct Greeting {
    message: String,
}

/// Greets a guest.
#[lambda]
async fn hello(guest: Guest, ctx: Context) -> Result<Greeting, Error> {
    if guest.name.is_empty() {
        return Err(Error::named("NoName", "a guest needs a name"));
    }
    Ok(Greeting { message: format!("hello {}, from {}", guest.name, ctx.function_name()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_still_a_function() {
        fn is_async<F: Future<Output = Result<Greeting, Error>>>(_: impl Fn(Guest, Context) -> F) {}
        is_async(hello);
    }
}
