//! The calls of DynamoDB that the functions of both Rust frameworks make.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Error};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub struct Place {
    id: String,
    name: String,
    latitude: f64,
    longitude: f64,
}

#[derive(Serialize)]
pub struct Saved {
    id: String,
    geohash: String,
}

#[derive(Deserialize)]
pub struct Point {
    latitude: f64,
    longitude: f64,
}

#[derive(Serialize)]
pub struct Found {
    ids: Vec<String>,
}

#[derive(Deserialize, Serialize)]
pub struct Note {
    text: String,
}

/// A table of DynamoDB. Places have the keys `cell` and `id`, notes have the key `id`.
pub struct Store {
    pub client: Client,
    pub table: String,
}

impl Store {
    pub async fn save(&self, place: Place) -> Result<Saved, Error> {
        let geohash = geohash::encode(place.latitude, place.longitude, 9);
        let put = self.client.put_item().table_name(&self.table);
        let put = put.item("cell", string(&geohash[..geohash::CELL_LENGTH])).item("id", string(&place.id));
        let put = put.item("name", string(place.name)).item("geohash", string(&geohash));
        let put = put.item("latitude", number(place.latitude)).item("longitude", number(place.longitude));
        put.send().await?;
        Ok(Saved { id: place.id, geohash })
    }

    /// Queries the nine cells around a point, one after the other.
    pub async fn search_in_turn(&self, point: Point) -> Result<Found, Error> {
        let mut found = Found { ids: Vec::new() };
        for cell in geohash::cells_around(point.latitude, point.longitude) {
            found.ids.extend(ids(self.query(cell)).await?);
        }
        Ok(found)
    }

    /// Queries the nine cells around a point at once.
    pub async fn search_at_once(&self, point: Point) -> Result<Found, Error> {
        let cells = geohash::cells_around(point.latitude, point.longitude);
        let found = try_join_all(cells.into_iter().map(|cell| ids(self.query(cell)))).await?;
        Ok(Found { ids: found.concat() })
    }

    pub fn query(&self, cell: impl Into<String>) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table).key_condition_expression("cell = :cell");
        query.expression_attribute_values(":cell", string(cell))
    }

    pub async fn put_note(&self, id: &str, note: Note) -> Result<(), Error> {
        let put = self.client.put_item().table_name(&self.table);
        put.item("id", string(id)).item("text", string(note.text)).send().await?;
        Ok(())
    }

    pub async fn get_note(&self, id: &str) -> Result<Option<Note>, Error> {
        let get = self.client.get_item().table_name(&self.table).key("id", string(id));
        let text = get.send().await?.item.and_then(|mut item| item.remove("text"));
        Ok(text.and_then(|text| into_string(text)).map(|text| Note { text }))
    }
}

async fn ids(query: QueryFluentBuilder) -> Result<Vec<String>, Error> {
    let items = query.send().await?.items.unwrap_or_default();
    Ok(items.into_iter().filter_map(|mut item| item.remove("id").and_then(into_string)).collect())
}

fn string(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: f64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn into_string(value: AttributeValue) -> Option<String> {
    match value {
        AttributeValue::S(text) => Some(text),
        _ => None,
    }
}
