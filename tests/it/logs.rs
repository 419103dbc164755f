//! A test's own subscriber receives events of a function within lrt's spans.

use lrt::testing::{Harness, events};
use std::cell::RefCell;
use std::fmt::{Debug, Write};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, info};

thread_local! {
    static HEARD: RefCell<Heard> = const { RefCell::new(Heard { spans: Vec::new(), entered: Vec::new(), lines: Vec::new() }) };
}

struct Heard {
    spans: Vec<String>,
    entered: Vec<usize>,
    lines: Vec<String>,
}

/// Records the events of its thread.
struct Notes;

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // The ids of invocations differ between runs.
        if field.name() != "requestId" && field.name() != "xrayTraceId" {
            write!(self.0, " {field}={value:?}").unwrap();
        }
    }
}

impl Subscriber for Notes {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(span.metadata().name().to_owned());
        span.record(&mut fields);
        HEARD.with_borrow_mut(|heard| {
            heard.spans.push(fields.0);
            Id::from_u64(heard.spans.len() as u64)
        })
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        HEARD.with_borrow_mut(|heard| {
            let within: Vec<&str> = heard.entered.iter().map(|span| &*heard.spans[*span]).collect();
            heard.lines.push(format!("{}:{}", within.join(" > "), fields.0));
        });
    }

    fn enter(&self, span: &Id) {
        HEARD.with_borrow_mut(|heard| heard.entered.push(span.into_u64() as usize - 1));
    }

    fn exit(&self, span: &Id) {
        assert_eq!(HEARD.with_borrow_mut(|heard| heard.entered.pop()), Some(span.into_u64() as usize - 1));
    }
}

#[tokio::test]
async fn concurrent_records_are_in_their_own_spans() {
    async fn process(n: u32, ctx: lrt::Context) -> Result<(), lrt::Error> {
        info!(n, "first");
        tokio::task::yield_now().await;
        info!(n, "second");
        if n == 1 {
            ctx.wait_until(async { info!("after") });
        }
        Ok(())
    }
    let _notes = tracing::subscriber::set_default(Notes);
    let harness: Harness<_> = lrt::sqs(process).harness();
    harness.invoke(events::sqs().json(&1).json(&2)).await;
    let lines = HEARD.with_borrow_mut(|heard| std::mem::take(&mut heard.lines));
    assert_eq!(
        lines,
        [
            r#"invocation > record recordId="message-1": message=first n=1"#,
            r#"invocation > record recordId="message-2": message=first n=2"#,
            r#"invocation > record recordId="message-1": message=second n=1"#,
            r#"invocation > record recordId="message-2": message=second n=2"#,
            "wait_until: message=after",
        ]
    );
    assert!(HEARD.with_borrow(|heard| heard.entered.is_empty()));
}
