//! Notes the objects and events that it receives, for `tests/real/triggers.py`. The variable `TRIGGER` selects the kind.

use lrt::firehose::Transform;
use lrt::payload::{EventBridge, S3};
use lrt::s3::S3Object;
use lrt::{Error, env};
use serde_json::Value;
use std::process::ExitCode;

#[path = "done/mod.rs"]
mod done;

fn note(object: &S3Object) {
    done::note(&format!("{} {} {:?}", object.event, object.key, object.size));
}

async fn object(object: S3Object) -> Result<(), Error> {
    note(&object);
    Ok(())
}

async fn notification(event: S3) -> Result<(), Error> {
    if event.objects.is_empty() {
        done::note("test event");
    }
    event.objects.iter().for_each(note);
    Ok(())
}

async fn event(event: EventBridge<Value>) -> Result<(), Error> {
    done::note(&format!("{} {}", event.detail_type, event.detail));
    Ok(())
}

async fn click(click: Value) -> Result<Transform<Value>, Error> {
    match click["bot"].as_bool() {
        Some(true) => Ok(Transform::Dropped),
        _ => Ok(Transform::Ok(click)),
    }
}

fn main() -> ExitCode {
    match env::<String>("TRIGGER").as_deref() {
        Ok("s3") => lrt::s3(object).run(),
        Ok("eventbridge") => lrt::eventbridge(event).run(),
        Ok("firehose") => lrt::firehose(click).run(),
        Ok("queued event") => lrt::sqs(event).run(),
        _ => lrt::sqs(notification).run(),
    }
}
