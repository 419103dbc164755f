//! The functions that call DynamoDB, as the READMEs of lambda_runtime, lambda_http and the AWS SDK have them.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, RequestExt, RequestPayloadExt, Response};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use store::{Note, Place, Point, Store};

#[cfg_attr(feature = "default", tokio::main)]
#[cfg_attr(not(feature = "default"), tokio::main(flavor = "current_thread"))]
async fn main() -> Result<(), Error> {
    #[cfg(feature = "default")]
    lambda_runtime::tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let store = &Store { client: Client::new(&config), table: std::env::var("TABLE")? };
    match std::env::var("_HANDLER")?.as_str() {
        "save" => {
            let save = async |event: LambdaEvent<Place>| Ok::<_, Error>(store.save(event.payload).await?);
            run(service_fn(save)).await
        }
        "search_in_turn" => {
            let search = async |event: LambdaEvent<Point>| Ok::<_, Error>(store.search_in_turn(event.payload).await?);
            run(service_fn(search)).await
        }
        "search_at_once" => {
            let search = async |event: LambdaEvent<Point>| Ok::<_, Error>(store.search_at_once(event.payload).await?);
            run(service_fn(search)).await
        }
        _ => lambda_http::run(service_fn(|request| api(request, store))).await,
    }
}

async fn api(request: Request, store: &Store) -> Result<Response<Body>, Error> {
    let parameters = request.path_parameters();
    let id = parameters.first("id").ok_or("the path has no id")?;
    let response = Response::builder();
    if let Some(note) = request.payload::<Note>()? {
        store.put_note(id, note).await?;
        return Ok(response.status(StatusCode::NO_CONTENT).body(Body::Empty)?);
    }
    match store.get_note(id).await? {
        Some(note) => {
            let json = serde_json::to_string(&note)?;
            Ok(response.header("content-type", "application/json").body(json.into())?)
        }
        None => Ok(response.status(StatusCode::NOT_FOUND).body(Body::Empty)?),
    }
}
