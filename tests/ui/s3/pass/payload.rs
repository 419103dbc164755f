use lrt::payload::{EventBridge, S3, Sns};
use lrt::prelude::*;

#[handler(sqs)]
async fn queued(message: Message<S3>) -> Result<(), Error> {
    println!("{}", message.body.objects.len());
    Ok(())
}

#[handler(sqs)]
async fn published(notification: Sns<S3>) -> Result<(), Error> {
    println!("{}", notification.message.objects.len());
    Ok(())
}

#[handler(eventbridge)]
async fn bridged(event: EventBridge<S3>) -> Result<(), Error> {
    println!("{}", event.detail.objects.len());
    Ok(())
}

#[handler(eventbridge)]
async fn whole(event: S3) -> Result<(), Error> {
    event.into_iter().for_each(|object| println!("{}", object.key));
    Ok(())
}

lrt::main!(queued, published, bridged, whole);
