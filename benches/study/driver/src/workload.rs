//! Workloads: their events, and the verification of the responses.

use crate::dynamodb::DynamoDb;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Workload {
    Wave,
    Save,
    SearchInTurn,
    SearchAtOnce,
    Api,
}

const WAVE: &str = include_str!("../../../wave.json");
/// Number of places in each cell.
const PLACES: usize = 3;
/// A corner of the region with places.
const SOUTH: f64 = 47.9;
const WEST: f64 = 11.3;

impl Workload {
    pub const ALL: [Self; 5] = [Self::Wave, Self::Save, Self::SearchInTurn, Self::SearchAtOnce, Self::Api];

    /// Returns the name of the function.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wave => "wave",
            Self::Save => "save",
            Self::SearchInTurn => "search_in_turn",
            Self::SearchAtOnce => "search_at_once",
            Self::Api => "api",
        }
    }

    pub fn description(self) -> &'static str {
        match self {
            Self::Wave => "replies with its event, 193 bytes of JSON",
            Self::Save => "computes a geohash, and stores a place: PutItem",
            Self::SearchInTurn => "finds the places around a point: nine Query calls, one after the other",
            Self::SearchAtOnce => "finds the places around a point: nine Query calls at once",
            Self::Api => "stores and returns notes, in turn: PutItem and GetItem, over events of an HTTP API",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|workload| workload.name() == name)
    }

    /// Returns the table that the function uses.
    pub fn table(self) -> Option<&'static str> {
        match self {
            Self::Wave => None,
            Self::Api => Some("notes"),
            _ => Some("places"),
        }
    }

    /// Stores the places that the searches find.
    pub fn fill(self, dynamodb: &DynamoDb) {
        if !matches!(self, Self::SearchInTurn | Self::SearchAtOnce) {
            return;
        }
        // Steps smaller than a cell, from one cell before the region to one after it.
        for row in 0..30 {
            for column in 0..30 {
                let (latitude, longitude) =
                    (SOUTH - 0.1 + 0.02 * f64::from(row), WEST - 0.1 + 0.02 * f64::from(column));
                let cell = geohash::encode(latitude, longitude, geohash::CELL_LENGTH);
                for id in ids(&cell) {
                    let name = format!("Place {id}");
                    dynamodb.put("places", json!({ "cell": { "S": cell }, "id": { "S": id }, "name": { "S": name } }));
                }
            }
        }
    }

    /// Returns the event of a request. Requests with even numbers and the ones that follow them belong together.
    pub fn event(self, number: usize) -> Value {
        match self {
            Self::Wave => {
                let mut event: Value = serde_json::from_str(WAVE).expect("the file contains JSON");
                event["id"] = format!("c0a8-{number}").into();
                event
            }
            Self::Save => {
                let (latitude, longitude) = point(number);
                let (id, name) = (place_id(number), place_name(number));
                json!({ "id": id, "name": name, "latitude": latitude, "longitude": longitude })
            }
            Self::SearchInTurn | Self::SearchAtOnce => {
                let (latitude, longitude) = point(number);
                json!({ "latitude": latitude, "longitude": longitude })
            }
            Self::Api if number.is_multiple_of(2) => {
                let body = json!({ "text": note(number) }).to_string();
                http_event("PUT", &note_id(number), Some(&body))
            }
            Self::Api => http_event("GET", &note_id(number - 1), None),
        }
    }

    /// Verifies a response, and what the function has stored.
    pub fn verify(self, number: usize, response: &Value, dynamodb: &DynamoDb) -> Result<(), String> {
        let expect = |what: &str, actual: &Value, expected: &Value| {
            if actual == expected { Ok(()) } else { Err(format!("{what}: expected {expected}, got {actual}")) }
        };
        match self {
            Self::Wave => expect("response", response, &self.event(number)),
            Self::Save => {
                let (latitude, longitude) = point(number);
                let geohash = geohash::encode(latitude, longitude, 9);
                expect("response", response, &json!({ "id": place_id(number), "geohash": geohash }))?;
                let key = json!({ "cell": { "S": geohash[..geohash::CELL_LENGTH] }, "id": { "S": place_id(number) } });
                let item = dynamodb.get("places", key).ok_or("the place was not stored")?;
                expect("name", &item["name"]["S"], &json!(place_name(number)))?;
                expect("geohash", &item["geohash"]["S"], &json!(geohash))?;
                let stored = |name: &str| item[name]["N"].as_str().and_then(|number| number.parse::<f64>().ok());
                expect("latitude", &json!(stored("latitude")), &json!(latitude))?;
                expect("longitude", &json!(stored("longitude")), &json!(longitude))
            }
            Self::SearchInTurn | Self::SearchAtOnce => {
                let (latitude, longitude) = point(number);
                let found: Vec<_> =
                    geohash::cells_around(latitude, longitude).iter().flat_map(|cell| ids(cell)).collect();
                expect("response", response, &json!({ "ids": found }))
            }
            Self::Api if number.is_multiple_of(2) => {
                expect("status", &response["statusCode"], &json!(204))?;
                let item = dynamodb.get("notes", json!({ "id": { "S": note_id(number) } }));
                expect("text", &item.ok_or("the note was not stored")?["text"]["S"], &json!(note(number)))
            }
            Self::Api => {
                expect("status", &response["statusCode"], &json!(200))?;
                let body = serde_json::from_str(response["body"].as_str().unwrap_or_default()).unwrap_or(Value::Null);
                expect("body", &body, &json!({ "text": note(number - 1) }))
            }
        }
    }
}

fn ids(cell: &str) -> impl Iterator<Item = String> {
    (0..PLACES).map(move |place| format!("{cell}-{place}"))
}

fn place_id(number: usize) -> String {
    format!("place-{number}")
}

fn place_name(number: usize) -> String {
    format!("Café {number}")
}

fn note_id(number: usize) -> String {
    format!("note-{number}")
}

fn note(number: usize) -> String {
    format!("A note of about a hundred bytes, which is what an item of a small table often has: number {number}")
}

/// Returns a point in the region, with three decimals: parsers of JSON may round longer numbers differently.
fn point(number: usize) -> (f64, f64) {
    let coordinate = |from: f64, step: usize| (from * 1000.0 + (number * step % 300) as f64).round() / 1000.0;
    (coordinate(SOUTH, 7), coordinate(WEST, 13))
}

/// Returns an event of an HTTP API, payload format 2.0:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.
fn http_event(method: &str, id: &str, body: Option<&str>) -> Value {
    let path = format!("/notes/{id}");
    let mut event = json!({
        "version": "2.0",
        "routeKey": "ANY /notes/{id}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "application/json",
            "accept-encoding": "gzip, deflate, br",
            "host": "r3pmxmplak.execute-api.eu-west-1.amazonaws.com",
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "x-amzn-trace-id": "Root=1-5759e988-bd862e3fe1be46a994272793",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "pathParameters": { "id": id },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "r3pmxmplak",
            "domainName": "r3pmxmplak.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "r3pmxmplak",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "ANY /notes/{id}",
            "stage": "$default",
            "time": "12/Jan/2026:19:03:58 +0000",
            "timeEpoch": 1_768_244_638_390_u64,
        },
        "isBase64Encoded": false,
    });
    if let Some(body) = body {
        event["headers"]["content-length"] = body.len().to_string().into();
        event["headers"]["content-type"] = "application/json".into();
        event["body"] = body.into();
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_the_requests_differ() {
        for workload in Workload::ALL {
            assert_ne!(workload.event(2), workload.event(4));
            assert_eq!(Workload::named(workload.name()), Some(workload));
        }
    }

    #[test]
    fn all_cells_around_the_points_have_places() {
        let cell = |row: i32, column: i32| {
            let (latitude, longitude) = (SOUTH - 0.1 + 0.02 * f64::from(row), WEST - 0.1 + 0.02 * f64::from(column));
            geohash::encode(latitude, longitude, geohash::CELL_LENGTH)
        };
        let filled: std::collections::HashSet<_> =
            (0..30).flat_map(|row| (0..30).map(move |column| cell(row, column))).collect();
        for number in 0..1000 {
            let (latitude, longitude) = point(number);
            for cell in geohash::cells_around(latitude, longitude) {
                assert!(filled.contains(&cell), "{number}: {cell}");
            }
        }
    }
}
