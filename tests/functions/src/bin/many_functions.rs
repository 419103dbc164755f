//! Several functions; the init of one fails until a file exists.

use lrt::prelude::*;
use serde_json::{Value, json};

lrt::main!(echo, web::get, web::page, fragile);

#[handler]
async fn echo(event: Value, ctx: Context) -> Value {
    json!({ "name": ctx.function_name(), "arn": ctx.function_arn(), "cold": ctx.cold_start(), "event": event })
}

/// Its init fails until the file that `FRAGILE` names exists.
#[handler(name = "fragile-one", init = read)]
async fn fragile(text: &Text) -> String {
    text.0.clone()
}

struct Text(String);

async fn read() -> Result<Text, Error> {
    eprintln!("init of fragile-one");
    Ok(Text(std::fs::read_to_string(std::env::var("FRAGILE")?)?))
}

mod web {
    use lrt::prelude::*;

    /// State with a private type.
    struct Private;

    #[handler(api_gateway, route = "GET /orders/{id}", init = begin)]
    #[allow(private_interfaces)]
    pub(crate) async fn get(Path(id): Path<u64>, _: &Private) -> String {
        format!("order {id}")
    }

    async fn begin() -> Private {
        eprintln!("init of get");
        Private
    }

    #[handler(function_url)]
    pub(crate) async fn page(request: Request) -> String {
        format!("{} {}", request.method(), request.uri().path_and_query().map_or("", |target| target.as_str()))
    }
}
