//! JSON in, JSON out.

use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Request {
    name: String,
}

#[derive(serde::Serialize)]
struct Greeting {
    message: String,
}

#[lambda]
async fn hello(request: Request, ctx: Context) -> Result<Greeting, Error> {
    if request.name.is_empty() {
        return Err(Error::named("NoName", "the name is empty"));
    }
    Ok(Greeting { message: format!("hello {} from {}", request.name, ctx.function_name()) })
}
