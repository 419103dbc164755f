//! The functions that call DynamoDB, as the guide of lrt-aws has them: `init` opens the connections.

use aws_sdk_dynamodb::Client;
use futures_util::future::join_all;
use lrt::prelude::*;
use store::{Found, Note, Place, Point, Saved, Store};

lrt::main!(save, search_in_turn, search_at_once, api);

#[handler(init = connect)]
async fn save(place: Place, store: &Store) -> Result<Saved, Error> {
    Ok(store.save(place).await?)
}

#[handler(init = connect)]
async fn search_in_turn(point: Point, store: &Store) -> Result<Found, Error> {
    Ok(store.search_in_turn(point).await?)
}

#[handler(init = connect_nine)]
async fn search_at_once(point: Point, store: &Store) -> Result<Found, Error> {
    Ok(store.search_at_once(point).await?)
}

#[handler(http_api, init = connect, route = "ANY /notes/{id}")]
async fn api(Path(id): Path<String>, store: &Store, note: Option<Json<Note>>) -> Result<Response, Error> {
    Ok(match note {
        Some(Json(note)) => {
            store.put_note(&id, note).await?;
            StatusCode::NO_CONTENT.into_response()
        }
        None => match store.get_note(&id).await? {
            Some(note) => Json(note).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
    })
}

async fn connect() -> Result<Store, Error> {
    let store = open().await?;
    lrt_aws::warm(store.query("").send()).await;
    Ok(store)
}

async fn connect_nine() -> Result<Store, Error> {
    let store = open().await?;
    join_all((0..9).map(|_| lrt_aws::warm(store.query("").send()))).await;
    Ok(store)
}

async fn open() -> Result<Store, Error> {
    Ok(Store { client: Client::new(&lrt_aws::config().load().await), table: lrt::env("TABLE")? })
}
