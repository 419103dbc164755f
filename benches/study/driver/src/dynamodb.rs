//! DynamoDB in memory, with the operations that the functions use: GetItem, PutItem and Query.

use crate::http::{Reply, Server};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, Response};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_rustls::TlsAcceptor;

/// Time from a request to its response, about what a call takes within a region.
pub const LATENCY: Duration = Duration::from_millis(2);

type Item = Map<String, Value>;

pub struct DynamoDb {
    server: Server,
    tables: Arc<Mutex<Tables>>,
    is_tls: bool,
}

impl DynamoDb {
    pub async fn start(tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let is_tls = tls.is_some();
        let tables = Arc::new(Mutex::new(Tables::default()));
        let shared = Arc::clone(&tables);
        let server = Server::start(tls, move |request| answer(request, Arc::clone(&shared))).await?;
        Ok(Self { server, tables, is_tls })
    }

    /// Returns the endpoint. Its host is a name, as that of AWS.
    pub fn url(&self) -> String {
        format!("{}://localhost:{}", if self.is_tls { "https" } else { "http" }, self.server.address.port())
    }

    /// Returns the number of connections that functions have opened.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    pub fn put(&self, table: &str, item: Value) {
        let request = json!({ "TableName": table, "Item": item });
        self.tables.lock().expect("no operation panics").put_item(&request).expect("the item has its keys");
    }

    pub fn get(&self, table: &str, key: Value) -> Option<Value> {
        let request = json!({ "TableName": table, "Key": key });
        let found = self.tables.lock().expect("no operation panics").get_item(&request).expect("the key is complete");
        found.get("Item").cloned()
    }
}

async fn answer(request: Request<Bytes>, tables: Arc<Mutex<Tables>>) -> Reply {
    let received = Instant::now();
    // The health check, which opens a connection before the first event.
    if request.method() == Method::GET {
        return Response::new(Full::new(Bytes::from_static(b"healthy: localhost")));
    }
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let outcome = match serde_json::from_slice(request.body()) {
        Ok(body) => tables.lock().expect("no operation panics").call(target, &body),
        Err(error) => Err(format!("invalid JSON: {error}")),
    };
    // tokio's timers have a resolution of 1 ms.
    let remaining = LATENCY.saturating_sub(received.elapsed());
    let _ = tokio::task::spawn_blocking(move || std::thread::sleep(remaining)).await;
    let (status, body) = match outcome {
        Ok(body) => (200, body),
        Err(message) => (400, json!({ "__type": "com.amazon.coral.validate#ValidationException", "message": message })),
    };
    let body = body.to_string();
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-crc32", crc32fast::hash(body.as_bytes()).to_string())
        .header("x-amzn-requestid", "4KBNVRGD25RG1KEO9UT4V3FQDJVV4KQNSO5AEMVJF66Q9ASUAAJG")
        .body(Full::new(body.into()))
        .expect("the headers are valid")
}

/// Names of the key attributes of a table.
fn keys(table: &str) -> Result<&'static [&'static str], String> {
    match table {
        "places" => Ok(&["cell", "id"]),
        "notes" => Ok(&["id"]),
        _ => Err(format!("unknown table: {table:?}")),
    }
}

/// The items of all tables, sorted by table, partition key and sort key.
#[derive(Default)]
struct Tables(BTreeMap<(String, Vec<String>), Item>);

impl Tables {
    fn call(&mut self, target: &str, request: &Value) -> Result<Value, String> {
        match target.strip_prefix("DynamoDB_20120810.") {
            Some("GetItem") => self.get_item(request),
            Some("PutItem") => self.put_item(request),
            Some("Query") => self.query(request),
            _ => Err(format!("unknown operation: {target:?}")),
        }
    }

    fn get_item(&self, request: &Value) -> Result<Value, String> {
        let found = self.0.get(&key(request, "Key")?);
        Ok(found.map_or_else(|| json!({}), |item| json!({ "Item": item })))
    }

    fn put_item(&mut self, request: &Value) -> Result<Value, String> {
        let key = key(request, "Item")?;
        let item = request["Item"].as_object().expect("it has a key");
        self.0.insert(key, item.clone());
        Ok(json!({}))
    }

    fn query(&self, request: &Value) -> Result<Value, String> {
        let table = request["TableName"].as_str().unwrap_or_default();
        let partition = keys(table)?[0];
        let expression = request["KeyConditionExpression"].as_str().unwrap_or_default();
        let conditions = parse(expression, request)?;
        let value = match conditions.first() {
            Some(Condition::Equal(name, value)) if name == partition => value,
            _ => return Err(format!("the first condition is not on {partition}: {expression:?}")),
        };
        let from = (table.to_owned(), vec![value.clone()]);
        let items = self.0.range(from..).take_while(|((name, keys), _)| name == table && keys[0] == *value);
        let items: Vec<_> = items
            .map(|(_, item)| item)
            .filter(|item| conditions.iter().all(|condition| condition.is_met(item)))
            .collect();
        Ok(json!({ "Count": items.len(), "ScannedCount": items.len(), "Items": items }))
    }
}

/// Returns the table and the values of its keys.
fn key(request: &Value, member: &str) -> Result<(String, Vec<String>), String> {
    let table = request["TableName"].as_str().unwrap_or_default();
    let value = |name: &&str| match request[member][name]["S"].as_str() {
        Some(value) => Ok(value.to_owned()),
        None => Err(format!("the key {name} is missing, or not a string")),
    };
    Ok((table.to_owned(), keys(table)?.iter().map(value).collect::<Result<_, _>>()?))
}

/// A condition on a string.
#[derive(Debug, PartialEq)]
enum Condition {
    Equal(String, String),
    BeginsWith(String, String),
}

impl Condition {
    fn is_met(&self, item: &Item) -> bool {
        let text = |name: &str| item.get(name).and_then(|value| value["S"].as_str());
        match self {
            Self::Equal(name, value) => text(name) == Some(value),
            Self::BeginsWith(name, prefix) => text(name).is_some_and(|text| text.starts_with(prefix)),
        }
    }
}

/// Parses a key condition expression: `name = :value` and `begins_with(name, :value)`, joined with `AND`. Names may be
/// placeholders.
fn parse(expression: &str, request: &Value) -> Result<Vec<Condition>, String> {
    let name = |token: &str| match token.strip_prefix('#') {
        None => Ok(token.to_owned()),
        Some(_) => match request["ExpressionAttributeNames"][token].as_str() {
            Some(name) => Ok(name.to_owned()),
            None => Err(format!("unknown name: {token}")),
        },
    };
    let value = |token: &str| match request["ExpressionAttributeValues"][token]["S"].as_str() {
        Some(value) => Ok(value.to_owned()),
        None => Err(format!("unknown value, or not a string: {token}")),
    };
    let condition = |text: &str| {
        let spaced = text.replace(['(', ')', ','], " ").replace('=', " = ");
        match spaced.split_whitespace().collect::<Vec<_>>()[..] {
            [left, "=", right] => Ok(Condition::Equal(name(left)?, value(right)?)),
            ["begins_with", left, right] => Ok(Condition::BeginsWith(name(left)?, value(right)?)),
            _ => Err(format!("unsupported condition: {text:?}")),
        }
    };
    expression.split(" AND ").map(condition).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> Tables {
        let mut tables = Tables::default();
        for (cell, id) in [("u1", "b"), ("u1", "a1"), ("u1", "a2"), ("u2", "a3")] {
            let item = json!({ "cell": { "S": cell }, "id": { "S": id }, "n": { "N": "1" } });
            tables.call("DynamoDB_20120810.PutItem", &json!({ "TableName": "places", "Item": item })).unwrap();
        }
        tables
    }

    fn query(expression: &str) -> Result<Vec<String>, String> {
        let request = json!({
            "TableName": "places",
            "KeyConditionExpression": expression,
            "ExpressionAttributeNames": { "#c": "cell" },
            "ExpressionAttributeValues": { ":c": { "S": "u1" }, ":id": { "S": "a" }, ":n": { "N": "1" } },
        });
        let found = tables().call("DynamoDB_20120810.Query", &request)?;
        let items = found["Items"].as_array().unwrap();
        assert_eq!(found["Count"], items.len());
        Ok(items.iter().map(|item| item["id"]["S"].as_str().unwrap().to_owned()).collect())
    }

    #[test]
    fn query_returns_the_items_of_a_partition_in_the_order_of_the_sort_key() {
        assert_eq!(query("cell = :c").unwrap(), ["a1", "a2", "b"]);
        assert_eq!(query("#c=:c").unwrap(), ["a1", "a2", "b"]);
    }

    #[test]
    fn query_filters_by_a_condition_on_the_sort_key() {
        assert_eq!(query("#c = :c AND begins_with(id, :id)").unwrap(), ["a1", "a2"]);
        assert_eq!(query("cell = :c AND id = :id").unwrap(), [""; 0]);
    }

    #[test]
    fn unsupported_queries_are_rejected() {
        for (expression, message) in [
            ("id = :id", "the first condition is not on cell: \"id = :id\""),
            ("cell > :c", "unsupported condition: \"cell > :c\""),
            ("#d = :c", "unknown name: #d"),
            ("cell = :n", "unknown value, or not a string: :n"),
            ("", "unsupported condition: \"\""),
        ] {
            assert_eq!(query(expression).unwrap_err(), message);
        }
    }

    #[test]
    fn item_that_was_put_is_returned() {
        let get = |id: &str| {
            let key = json!({ "cell": { "S": "u2" }, "id": { "S": id } });
            tables().call("DynamoDB_20120810.GetItem", &json!({ "TableName": "places", "Key": key })).unwrap()
        };
        assert_eq!(get("a3")["Item"]["n"]["N"], "1");
        assert_eq!(get("a4"), json!({}));
    }

    #[test]
    fn incomplete_keys_and_unknown_tables_are_rejected() {
        let call = |request| tables().call("DynamoDB_20120810.GetItem", &request).unwrap_err();
        let key = json!({ "cell": { "S": "u2" } });
        let missing = call(json!({ "TableName": "places", "Key": key }));
        assert_eq!(missing, "the key id is missing, or not a string");
        assert_eq!(call(json!({ "TableName": "x", "Key": key })), "unknown table: \"x\"");
        assert_eq!(
            tables().call("DynamoDB_20120810.Scan", &json!({})).unwrap_err(),
            "unknown operation: \"DynamoDB_20120810.Scan\""
        );
    }
}
