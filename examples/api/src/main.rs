//! An HTTP API with an authorizer: `cargo run -p api -- invoke publish examples/api/events/review.json`.

mod customer;
mod keys;
mod review;
mod shop;

use customer::Customer;
use keys::Keys;
use lrt::http::{HeaderValue, Method, Problem, header};
use lrt::prelude::*;
use review::{Published, Review};
use shop::{Shop, ShopError};
use std::time::Duration;
use tower_http::cors::CorsLayer;

lrt::main!(auth, publish);

#[derive(serde::Deserialize)]
struct ReviewOptions {
    /// Returns the review without publishing it.
    #[serde(default)]
    preview: bool,
}

#[derive(Debug, thiserror::Error)]
enum ApiError {
    #[error("product {0} not found")]
    NotFound(String),
    #[error("{author} has already reviewed {product}")]
    AlreadyReviewed { author: String, product: String },
    #[error("failed to publish the review")]
    Shop(#[from] ShopError),
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match &self {
            ApiError::NotFound(_) => StatusCode::NOT_FOUND,
            ApiError::AlreadyReviewed { .. } => StatusCode::CONFLICT,
            // Internal: a 500 with the request id. The error is logged.
            ApiError::Shop(_) => return Error::new(self).into_response(),
        };
        Problem::new(status).detail(self.to_string()).into_response()
    }
}

/// Accepts customers whose token is signed by the issuer. API Gateway caches the decision by the token, so an expired token is
/// accepted for another minute.
#[handler(authorizer, init = read_keys, cache = Duration::from_secs(60))]
async fn auth(request: AuthRequest, keys: &Keys) -> Result<Allow<Customer>, Deny> {
    let token = request.bearer_token().ok_or(Deny::unauthorized())?;
    match keys.verify(token) {
        Ok(customer) => {
            let id = customer.id.clone();
            Ok(Allow::new(customer).principal_id(id))
        }
        Err(error) => {
            tracing::info!(%error, "rejected a token");
            Err(Deny::unauthorized())
        }
    }
}

async fn read_keys() -> Result<Keys, Error> {
    Keys::read()
}

/// Publishes a customer's review of a product.
#[handler(http_api, route = "POST /products/{product}/reviews", authorizer = auth, init = open, layer = cors())]
async fn publish(
    Path(product): Path<String>,
    Query(options): Query<ReviewOptions>,
    Caller(customer): Caller<Customer>,
    shop: &Shop,
    Json(review): Json<Review>,
) -> Result<(StatusCode, Json<Published>), ApiError> {
    if !shop.sells(&product).await? {
        return Err(ApiError::NotFound(product));
    }
    let review = review.by(customer.name);
    if options.preview {
        Ok((StatusCode::OK, Json(review)))
    } else if shop.publish(&product, &review).await? {
        Ok((StatusCode::CREATED, Json(review)))
    } else {
        Err(ApiError::AlreadyReviewed { author: review.author, product })
    }
}

async fn open() -> Shop {
    Shop::with(["tea", "cup"])
}

/// Allows the pages of the shop's site to send reviews.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(HeaderValue::from_static("https://shop.example"))
        .allow_methods([Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::events::{HttpApi, HttpEvent};
    use lrt::testing::{Harness, events};
    use serde_json::{Value, json};

    lrt::snapshot_tests!(publish, "events/*.json", state = Shop::with(["tea", "cup"]));

    fn post(target: &str) -> HttpEvent<HttpApi> {
        events::http_api().post(target).authorizer(json!({ "id": "u-1", "name": "Ada" }))
    }

    fn review(stars: u8) -> Value {
        json!({ "stars": stars, "text": "As it says." })
    }

    #[tokio::test]
    async fn second_review_of_the_same_author_is_rejected() {
        let harness = Harness::<publish>::with_state(Shop::with(["tea"]));
        let preview = harness.invoke(post("/products/tea/reviews?preview=true").json(&review(4))).await.http();
        assert_eq!((preview.status(), &preview.json::<Value>()["author"]), (200, &json!("Ada")));
        let post = || post("/products/tea/reviews").json(&review(5));
        assert_eq!(harness.invoke(post()).await.http().status(), 201);
        let twice = harness.invoke(post()).await.http();
        assert_eq!((twice.status(), twice.header("content-type")), (409, Some("application/problem+json")));
        assert_eq!(twice.json::<Value>()["detail"], "Ada has already reviewed tea");
    }

    #[tokio::test]
    async fn invalid_fields_are_named_in_the_response() {
        let harness = Harness::<publish>::with_state(Shop::with(["tea"]));
        let response = harness.invoke(post("/products/tea/reviews").json(&review(6))).await.http();
        assert_eq!((response.status(), &response.json::<Value>()["field"]), (422, &json!("stars")));
        let response = harness.invoke(post("/products/tea/reviews?preview=maybe").json(&review(5))).await.http();
        assert_eq!((response.status(), &response.json::<Value>()["field"]), (400, &json!("preview")));
    }

    #[tokio::test]
    async fn authorizer_accepts_tokens_of_the_issuer() {
        let harness = Harness::<auth>::with_state(Keys::parse(keys::tests::KEY_SET).expect("the key set is valid"));
        let with = |token: &str| {
            let event =
                events::http_api().post("/products/tea/reviews").header("Authorization", &format!("Bearer {token}"));
            event.for_authorizer()
        };
        let decision = harness.invoke(with(&keys::tests::token(json!({})))).await.authorization();
        assert_eq!((decision.status(), decision.context()), (200, &json!({ "id": "u-1", "name": "Ada" })));
        let expired = keys::tests::token(json!({ "exp": 1_700_000_000 }));
        for token in [&*expired, "x", ""] {
            assert_eq!(harness.invoke(with(token)).await.authorization().status(), 401);
        }
    }

    #[tokio::test]
    async fn anonymous_reviews_are_rejected() {
        let harness = Harness::<publish>::with_state(Shop::with(["tea"]));
        let event = events::http_api().post("/products/tea/reviews").json(&review(5));
        assert_eq!(harness.invoke(event).await.http().status(), 401);
    }

    #[tokio::test]
    async fn internal_errors_are_logged_and_hidden_from_the_client() {
        let event = post("/products/tea/reviews").json(&review(5));
        let outcome = Harness::<publish>::with_state(Shop::unavailable()).invoke(event).await;
        let body = outcome.http().json::<Value>();
        assert_eq!((&body["status"], &body["requestId"]), (&json!(500), &json!(outcome.request_id())));
        assert!(!body.to_string().contains("review"), "{body}");
        let log = outcome.logs().join("\n");
        assert!(log.contains("ApiError: failed to publish the review"), "{log}");
    }
}
