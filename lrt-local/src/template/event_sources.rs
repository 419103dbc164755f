//! Sources of batches: an event source mapping, and what it reads.

use super::Template;
use super::function::{BATCH, Function, FunctionParts};
use super::yaml::{Map, arn, reference};

/// What makes a partial batch failure one: without it, Lambda takes any reply for success.
const REPORT: &str = "Without it, Lambda takes any reply for success, and what failed is lost.";

/// Times that the visibility timeout is longer than the function's
/// ([guide](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)).
const VISIBILITY: u32 = 6;

/// The guide's least, so that messages are not given up because Lambda was busy.
const DELIVERIES: u32 = 5;

/// 14 days, which is the most: somebody has to look.
const RETENTION_SECONDS: u32 = 1_209_600;

/// The messages that come at once where nothing is said.
const QUEUE_BATCH: usize = 10;

/// The most messages that come at once.
const MAX_QUEUE_BATCH: usize = 10_000;

impl Template {
    /// A queue of its own, whose messages end in another after some deliveries.
    pub(super) fn queue(&mut self, function: &Function<'_>) -> FunctionParts {
        let name = &function.name;
        let queue = self.ids.claim(&format!("{name}Queue"));
        let dead = self.ids.claim(&format!("{name}DeadLetterQueue"));
        let mut source = Map::new().with("Queue", arn(&queue));
        let concurrency = function.served.deployment().concurrency.unwrap_or(QUEUE_BATCH).min(MAX_QUEUE_BATCH);
        if concurrency > QUEUE_BATCH {
            let batch = u32::try_from(concurrency).unwrap_or(u32::MAX);
            source = source.note("As many as the function handles at once.").with("BatchSize", batch);
            source = source.note("Of more than 10 Lambda asks to wait.").with("MaximumBatchingWindowInSeconds", 1_u32);
        }
        let mut own = FunctionParts::new(BATCH).event("Messages", "SQS", report(source));
        let redrive = Map::new().with("deadLetterTargetArn", arn(&dead)).with("maxReceiveCount", DELIVERIES);
        let properties = Map::new()
            .note("Six times the function's timeout, as Lambda's guide says. What failed comes back after it.")
            .with("VisibilityTimeout", VISIBILITY * BATCH.seconds)
            .with("RedrivePolicy", redrive);
        own.resources.add(&queue, Map::new().with("Type", "AWS::SQS::Queue").with("Properties", properties));
        let properties = Map::new().with("MessageRetentionPeriod", RETENTION_SECONDS);
        own.resources.add(&dead, Map::new().with("Type", "AWS::SQS::Queue").with("Properties", properties));
        let from = match is_behind_a_topic(function) {
            true => self.subscribe(name, &queue, &mut own.resources),
            false => queue,
        };
        self.output(&from, &format!("Where `{}` has its messages from", function.served.name()), reference(&from));
        own
    }

    /// A topic whose messages go to the queue. SAM's own shorthand cannot set `FunctionResponseTypes`.
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
            .note("The envelope stays on: the function takes an `Sns<_>`.")
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

    /// A stream of DynamoDB or Kinesis, which is there: it holds somebody's data.
    pub(super) fn stream(&mut self, function: &Function<'_>) -> FunctionParts {
        let (kind, what) = match function.served.kind() {
            "dynamodb" => ("DynamoDB", "The ARN of the table's stream; its view has the new images, and the old ones"),
            _ => ("Kinesis", "The ARN of the stream"),
        };
        let stream = self.parameter(&format!("{}StreamArn", function.name), what);
        let source = Map::new()
            .with("Stream", reference(&stream))
            .note("From the oldest record on, so that none is missed while this is deployed.")
            .with("StartingPosition", "TRIM_HORIZON");
        let source = report(source)
            .note(
                "A batch that fails as a whole is halved. What always fails holds up its shard until it expires:\n\
                 MaximumRetryAttempts and DestinationConfig end that earlier.",
            )
            .with("BisectBatchOnFunctionError", true);
        FunctionParts::new(BATCH).event("Records", kind, source)
    }

    /// A topic of a cluster of MSK, which is there.
    pub(super) fn topic(&mut self, function: &Function<'_>) -> FunctionParts {
        let cluster = self.parameter(&format!("{}ClusterArn", function.name), "The ARN of the MSK cluster");
        let topic = self.parameter(&format!("{}TopicName", function.name), "The name of the topic");
        let source = Map::new()
            .with("Stream", reference(&cluster))
            .with("Topics", [reference(&topic)])
            .note("From the oldest record on, so that none is missed while this is deployed.")
            .with("StartingPosition", "TRIM_HORIZON");
        let source = report(source)
            .note("Kafka's failures are reported in provisioned mode alone.")
            .with("ProvisionedPollerConfig", Map::new().with("MinimumPollers", 1_u32));
        FunctionParts::new(BATCH).event("Records", "MSK", source)
    }
}

/// Whether its events have the envelope of SNS.
pub(super) fn is_behind_a_topic(function: &Function<'_>) -> bool {
    function.served.deployment().parameters.contains("::sns::Sns<")
}

fn report(source: Map) -> Map {
    source.note(REPORT).with("FunctionResponseTypes", ["ReportBatchItemFailures"])
}
