//! A batch function, for tests that run it as a process. `RECORDS_OF` is the source.
//!
//! Each record is printed to stderr.

use lrt::dynamodb::Change;
use lrt::kafka;
use lrt::kinesis::Record;
use lrt::sqs::Message;
use serde_json::Value;
use std::process::ExitCode;

async fn messages(message: Message<Value>) {
    eprintln!("{}: {}", message.id, message.body);
}

async fn changes(change: Change<Value>) {
    eprintln!("{}: {}", change.id(), change.keys().json());
}

async fn readings(record: Record<Value>) {
    eprintln!("{}: {}", record.partition_key, record.data);
}

async fn orders(record: kafka::Record<Value>) {
    eprintln!("{}: {}", record.id, record.value);
}

fn main() -> ExitCode {
    match std::env::var("RECORDS_OF").as_deref() {
        Ok("sqs") => lrt::sqs(messages).run(),
        Ok("dynamodb") => lrt::dynamodb(changes).run(),
        Ok("kafka") => lrt::kafka(orders).run(),
        Ok("kinesis") => lrt::kinesis(readings).run(),
        other => panic!("RECORDS_OF names no source of records: {other:?}"),
    }
}
