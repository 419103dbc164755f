//! The forms of functions, `init` and `shutdown` that the builder accepts.

use lrt::{Context, DeadlineMargin, Error, Handler};
use std::time::Duration;

#[derive(serde::Deserialize)]
struct Order {
    #[allow(dead_code)]
    id: u64,
}

/// An error that also implements `Serialize`: its `Result` could be a plain value.
#[derive(Debug, serde::Serialize)]
struct Odd;

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("odd")
    }
}

impl std::error::Error for Odd {}

struct Db;
struct Search;

async fn connect() -> Result<Db, Error> {
    Ok(Db)
}
async fn connect_plain() -> Result<Db, lrt::Error> {
    Ok(Db)
}
async fn connect_both() -> Result<(Db, Search), std::io::Error> {
    Ok((Db, Search))
}
async fn warm_up() -> Result<(), String> {
    Ok(())
}
async fn close(_: &Db) {}
async fn close_both(_: &(Db, Search)) {}

fn is_handler(_: impl Handler) {}

#[test]
fn functions_of_every_form_are_accepted() {
    async fn nothing() -> Result<(), lrt::Error> {
        Ok(())
    }
    async fn payload(_: Order) -> Result<u32, lrt::Error> {
        Ok(1)
    }
    async fn fallible(_: Order) -> Result<u32, Odd> {
        Ok(1)
    }
    async fn text_error(_: Order, _: Context) -> Result<String, String> {
        Ok(String::new())
    }
    async fn context_alone(_: Context) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(())
    }
    async fn borrows(_: Order, _: &Db) -> Result<(), Error> {
        Ok(())
    }
    async fn borrows_first(_: &Db, _: Context, _: Order) -> Result<Option<u8>, lrt::Error> {
        Ok(None)
    }
    async fn borrows_two(_: Order, _: &Search, _: Context, _: &Db) -> Result<(), Odd> {
        Ok(())
    }
    async fn borrows_all(_: &(Db, Search)) -> Result<(), lrt::Error> {
        Ok(())
    }
    is_handler(lrt::json(nothing).define());
    is_handler(lrt::json(payload).init(warm_up).define());
    is_handler(lrt::json(fallible).init(connect_plain).shutdown(close).define());
    is_handler(lrt::json(text_error).deadline_margin(DeadlineMargin::Off).define());
    is_handler(lrt::json(context_alone).init(warm_up).define());
    is_handler(lrt::json(borrows).init(connect).shutdown(close).define());
    is_handler(lrt::json(borrows).init(connect_plain).define());
    is_handler(lrt::json(borrows).init(connect_both).define());
    is_handler(lrt::json(borrows_first).init(connect).deadline_margin(Duration::from_millis(5)).define());
    is_handler(lrt::json(borrows_first).init(connect_plain).define());
    is_handler(lrt::json(borrows_two).init(connect_both).shutdown(close_both).define());
    is_handler(lrt::json(borrows_all).init(connect_both).shutdown(close).define());
    is_handler(
        lrt::json(|n: u64, db: &'static Db| async move { Ok::<_, Error>((n, std::ptr::from_ref(db) as usize)) })
            .init(connect)
            .define(),
    );
}

#[test]
fn the_options_are_kept() {
    async fn add(_: Order) -> Result<(), lrt::Error> {
        Ok(())
    }
    let function = lrt::json(add).deadline_margin(Duration::from_millis(5)).define();
    assert_eq!(function.name(), "add");
    assert_eq!(function.margin(), DeadlineMargin::Before(Duration::from_millis(5)));
    assert_eq!(lrt::json(add).name("sum").define().name(), "sum");
    assert_eq!(lrt::json(|n: u64| async move { Ok::<_, Error>(n) }).define().name(), "function");
}
