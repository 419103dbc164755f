//! Event source mappings of batch functions, and the queues, streams and topics that they read.

use super::Template;
use super::function::{BATCH, FunctionParts, FunctionResource};
use super::triggers::has_notifications;
use super::yaml::{Map, arn, reference};
use crate::function::LocalFunction;

/// Comment on `FunctionResponseTypes`.
const REPORT: &str = "Required for partial batch responses: otherwise Lambda deletes failed records.";

/// Ratio of the visibility timeout to the function's timeout
/// ([guide](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)).
const VISIBILITY: u32 = 6;

/// The minimum in that guide, so that throttled messages are not moved to the dead-letter queue.
const DELIVERIES: u32 = 5;

/// 14 days, the maximum.
const RETENTION_SECONDS: u32 = 1_209_600;

/// Default batch size of a queue.
const QUEUE_BATCH: usize = 10;

/// Maximum batch size of a queue.
const MAX_QUEUE_BATCH: usize = 10_000;

impl Template {
    /// Adds a queue with a dead-letter queue.
    pub(super) fn queue(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let name = &function.name;
        let queue = self.ids.claim(&format!("{name}Queue"));
        let dead = self.ids.claim(&format!("{name}DeadLetterQueue"));
        let mut source = Map::new().with("Queue", arn(&queue));
        let concurrency = function.local.deployment().concurrency.unwrap_or(QUEUE_BATCH).min(MAX_QUEUE_BATCH);
        if concurrency > QUEUE_BATCH {
            let batch = u32::try_from(concurrency).unwrap_or(u32::MAX);
            source =
                source.note("The number of records that the function handles concurrently.").with("BatchSize", batch);
            source = source
                .note("Required by Lambda for batches of more than 10 messages, which FIFO queues do not support.")
                .with("MaximumBatchingWindowInSeconds", 1_u32);
        }
        let mut parts = FunctionParts::new(BATCH).event("Messages", "SQS", report(source));
        if has_visibility_backoff(function.local) {
            parts.policy = Some(("For the delays of `VisibilityBackoff`.", visibility_policy(&queue)));
        }
        // SNS requires a FIFO topic, and S3 does not support FIFO queues.
        let is_subscribed = has_sns_envelope(function) || has_notifications(function);
        let fifo = |note| (!is_subscribed).then_some(note);
        let redrive = Map::new().with("deadLetterTargetArn", arn(&dead)).with("maxReceiveCount", DELIVERIES);
        let properties = Map::new()
            .note("Six times the function's timeout, as Lambda's guide recommends. Failed messages are delivered again after it.")
            .with("VisibilityTimeout", VISIBILITY * BATCH.seconds)
            .with("RedrivePolicy", redrive)
            .note_some(fifo("For a FIFO queue, here and in the dead-letter queue:\nFifoQueue: true"));
        parts.resources.add(&queue, Map::new().with("Type", "AWS::SQS::Queue").with("Properties", properties));
        let properties =
            Map::new().with("MessageRetentionPeriod", RETENTION_SECONDS).note_some(fifo("FifoQueue: true"));
        parts.resources.add(&dead, Map::new().with("Type", "AWS::SQS::Queue").with("Properties", properties));
        let from = if has_sns_envelope(function) {
            self.subscribe(name, &queue, &mut parts.resources)
        } else if has_notifications(function) {
            self.notify(name, &queue, &mut parts.resources)
        } else {
            queue
        };
        self.output(&from, &format!("Source of the messages of `{}`", function.local.name()), reference(&from));
        parts
    }

    /// Adds a topic that sends its messages to the queue. SAM's shorthand for this cannot set `FunctionResponseTypes`.
    fn subscribe(&mut self, name: &str, queue: &str, resources: &mut Map) -> String {
        let topic = self.ids.claim(&format!("{name}Topic"));
        let statement = Map::new()
            .with("Effect", "Allow")
            .with("Principal", Map::new().with("Service", "sns.amazonaws.com"))
            .with("Action", "sqs:SendMessage")
            .with("Resource", arn(queue))
            .with("Condition", Map::new().with("ArnEquals", Map::new().with("aws:SourceArn", reference(&topic))));
        let document = Map::new().with("Version", "2012-10-17").with("Statement", [statement]);
        let policy = Map::new().with("Queues", [reference(queue)]).with("PolicyDocument", document);
        let subscription = Map::new()
            .note("Without raw message delivery: the function expects the envelope `Sns<_>`.")
            .with("TopicArn", reference(&topic))
            .with("Protocol", "sqs")
            .with("Endpoint", arn(queue));
        resources.add(&topic, Map::new().with("Type", "AWS::SNS::Topic"));
        for (id, kind, properties) in
            [("Subscription", "AWS::SNS::Subscription", subscription), ("QueuePolicy", "AWS::SQS::QueuePolicy", policy)]
        {
            let id = self.ids.claim(&format!("{name}{id}"));
            resources.add(id, Map::new().with("Type", kind).with("Properties", properties));
        }
        topic
    }

    /// Reads an existing stream of DynamoDB or Kinesis.
    pub(super) fn stream(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let (kind, description) = match function.local.kind() {
            "dynamodb" => ("DynamoDB", "ARN of the table's stream, with the view type NEW_AND_OLD_IMAGES"),
            _ => ("Kinesis", "ARN of the stream"),
        };
        let stream = self.parameter(&format!("{}StreamArn", function.name), description);
        let source = Map::new()
            .with("Stream", reference(&stream))
            .note("From the oldest record, so that no record is missed during the deployment.")
            .with("StartingPosition", "TRIM_HORIZON");
        let source = report(source)
            .note(
                "A batch is halved if the function fails. A record that always fails blocks its shard until it expires;\n\
                 set MaximumRetryAttempts and DestinationConfig to skip it earlier.",
            )
            .with("BisectBatchOnFunctionError", true);
        let source = match function.local.deployment().parameters.contains("::window::Window<") {
            true => source
                .note("The length of the windows of `Window<_>`, up to 900.")
                .with("TumblingWindowInSeconds", 60_u32),
            false => source,
        };
        FunctionParts::new(BATCH).event("Records", kind, source)
    }

    /// Reads a topic of an existing MSK cluster.
    pub(super) fn topic(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let cluster = self.parameter(&format!("{}ClusterArn", function.name), "ARN of the MSK cluster");
        let topic = self.parameter(&format!("{}TopicName", function.name), "Name of the topic");
        let source = Map::new()
            .with("Stream", reference(&cluster))
            .with("Topics", [reference(&topic)])
            .note("From the oldest record, so that no record is missed during the deployment.")
            .with("StartingPosition", "TRIM_HORIZON");
        let source = report(source)
            .note("Kafka supports partial batch responses in provisioned mode only.")
            .with("ProvisionedPollerConfig", Map::new().with("MinimumPollers", 1_u32));
        FunctionParts::new(BATCH).event("Records", "MSK", source)
    }
}

/// Returns true if the function expects the envelope of SNS.
pub(super) fn has_sns_envelope(function: &FunctionResource<'_>) -> bool {
    function.local.deployment().parameters.contains("::sns::Sns<")
}

/// Returns true if the record layer `VisibilityBackoff` of lrt-aws is around the records.
pub(super) fn has_visibility_backoff(function: &dyn LocalFunction) -> bool {
    function.kind() == "sqs" && function.deployment().record_layers.contains("::VisibilityBackoff")
}

/// Returns the permission to delay messages, which SAM does not add to those of the event source.
fn visibility_policy(queue: &str) -> Map {
    let statement =
        Map::new().with("Effect", "Allow").with("Action", "sqs:ChangeMessageVisibility").with("Resource", arn(queue));
    Map::new().with("Version", "2012-10-17").with("Statement", [statement])
}

fn report(source: Map) -> Map {
    source.note(REPORT).with("FunctionResponseTypes", ["ReportBatchItemFailures"])
}

#[cfg(test)]
mod tests {
    use crate::template::{Package, template};
    use crate::test_util::TestFunction;

    const LAYERS: &str = "lrt::layer::stack::Stack<lrt::layer::stack::NoLayer, lrt::layer::stack::LazyLayer<\
                          lrt_core::layer::SharedService<(), ()>, app::App, lrt_aws::visibility::VisibilityBackoff>>";

    const POLICY: &str = "      # For the delays of `VisibilityBackoff`.
      Policies:
        - Version: \"2012-10-17\"
          Statement:
            - Effect: Allow
              Action: sqs:ChangeMessageVisibility
              Resource: !GetAtt SettleQueue.Arn
";

    fn template_of(function: &TestFunction, source: &str) -> String {
        template(&[function], &Package { source: source.to_owned(), ..Package::default() }).unwrap()
    }

    #[test]
    fn function_that_delays_messages_has_the_permission() {
        for (kind, layers, count) in [("sqs", LAYERS, 1), ("sqs", "()", 0), ("kinesis", LAYERS, 0)] {
            let text = template_of(&TestFunction { layers, ..TestFunction::new("settle", kind) }, "");
            assert_eq!(text.matches(POLICY).count(), count, "{kind}: {text}");
            assert_eq!(text.matches("ChangeMessageVisibility").count(), count, "{kind}: {text}");
        }
    }

    #[test]
    fn client_of_the_layer_needs_no_other_queue() {
        let parameters = "(app::Order, &app::App)";
        let function = TestFunction { layers: LAYERS, parameters, ..TestFunction::new("settle", "sqs") };
        let text = template_of(&function, "aws_sdk_sqs::Client::new(&config)");
        assert!(text.contains(POLICY), "{text}");
        assert!(!text.contains("SQSSendMessagePolicy") && !text.contains("Parameters:"), "{text}");
        let text = template_of(&function, "");
        assert_eq!(text.matches("Policies:").count(), 1, "{text}");
        // The code sends messages as well.
        let text = template_of(&function, r#"(aws_sdk_sqs::Client::new(&config), lrt::env("OUT_QUEUE_URL")?)"#);
        assert!(text.contains("Policies:") && text.contains("        - SQSSendMessagePolicy:\n"), "{text}");
    }

    #[test]
    fn queues_that_can_be_fifo_have_a_comment() {
        let of = |parameters| template_of(&TestFunction { parameters, ..TestFunction::new("settle", "sqs") }, "");
        let text = of("(app::Order,)");
        assert!(text.contains("        maxReceiveCount: 5\n      # For a FIFO queue, here and"), "{text}");
        assert_eq!(text.matches("\n      # FifoQueue: true\n").count(), 2, "{text}");
        for parameters in ["(lrt::batch::envelope::sns::Sns<u8>,)", "(lrt::s3::payload::S3,)"] {
            assert!(!of(parameters).contains("Fifo"), "{parameters}");
        }
    }
}
