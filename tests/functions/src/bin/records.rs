//! A batch function, for tests that run it as a process. `RECORDS_OF` is the source.
//!
//! Each record is printed to stderr.

use lrt::dynamodb::Change;
use lrt::kafka;
use lrt::kinesis::Record;
use lrt::sqs::Message;
use serde_json::Value;
use std::process::ExitCode;

async fn messages(message: Message<Value>) -> Result<(), lrt::Error> {
    eprintln!("{}: {}", message.id, message.body);
    Ok(())
}

async fn changes(change: Change<Value>) -> Result<(), lrt::Error> {
    eprintln!("{}: {}", change.id(), change.keys().json());
    Ok(())
}

async fn readings(record: Record<Value>) -> Result<(), lrt::Error> {
    eprintln!("{}: {}", record.partition_key, record.data);
    Ok(())
}

async fn orders(record: kafka::Record<Value>) -> Result<(), lrt::Error> {
    eprintln!("{}: {}", record.id, record.value);
    Ok(())
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
