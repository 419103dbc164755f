//! Payments that are charged once, however often they are delivered: `cargo run -p payments`.

mod app;

use app::{App, Payment, Receipt};
use lrt::idempotency::Idempotency;
use lrt::prelude::*;

lrt::main!(pay, charge);

/// Charges a payment. A client that got no response repeats the request with the same key, and gets the same receipt.
#[handler(
    http_api,
    route = "POST /payments",
    init = app::connect,
    layer = |app: &App| Idempotency::by_header("idempotency-key").store(&app.store),
)]
async fn pay(app: &App, Json(payment): Json<Payment>) -> Result<(StatusCode, Json<Receipt>), Error> {
    Ok((StatusCode::CREATED, Json(app.bank.charge(&payment).await?)))
}

/// Charges a payment from a queue, which may deliver it more than once.
#[handler(
    sqs,
    init = app::connect,
    record_layer = |app: &App| Idempotency::by(|payment: &Payment| payment.id.clone()).store(&app.store),
)]
async fn charge(payment: Payment, app: &App) -> Result<(), Error> {
    app.bank.charge(&payment).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::{Harness, events};
    use serde_json::{Value, json};

    fn request(key: &str, amount: u64) -> impl lrt::testing::IntoEvent {
        let payment = json!({"id": "7", "amount": amount});
        events::http_api().post("/payments").header("idempotency-key", key).json(&payment)
    }

    #[tokio::test]
    async fn repeated_request_gets_the_same_receipt() {
        let app = App::in_memory();
        let bank = app.bank.clone();
        let pay = Harness::<pay>::with_state(app);
        let first = pay.invoke(request("a", 350)).await;
        assert_eq!((first.http().status(), first.http().json::<Value>()), (201, json!({"number": 1, "amount": 350})));
        let again = pay.invoke(request("a", 350)).await;
        assert_eq!(again.body(), first.body());
        assert_eq!(bank.charges(), 1);
        // Another key is another payment.
        assert_eq!(pay.invoke(request("b", 350)).await.http().json::<Value>()["number"], 2);
    }

    #[tokio::test]
    async fn key_cannot_be_used_for_another_amount() {
        let pay = Harness::<pay>::with_state(App::in_memory());
        assert_eq!(pay.invoke(request("a", 350)).await.http().status(), 201);
        assert_eq!(pay.invoke(request("a", 360)).await.http().status(), 422);
    }

    #[tokio::test]
    async fn declined_payment_can_be_repeated() {
        let app = App::in_memory();
        let bank = app.bank.clone();
        let charge = Harness::<charge>::with_state(app);
        let messages = events::sqs().json(&json!({"id": "7", "amount": 0})).json(&json!({"id": "8", "amount": 350}));
        let outcome = charge.invoke(messages).await;
        assert_eq!(outcome.batch_failures(), ["message-1"]);
        assert_eq!(bank.charges(), 1);
        let messages = events::sqs().json(&json!({"id": "7", "amount": 0})).json(&json!({"id": "8", "amount": 350}));
        let outcome = charge.invoke(messages).await;
        assert!(outcome.logs()[0].contains("Declined"), "{:?}", outcome.logs());
        assert_eq!(bank.charges(), 1);
    }
}
