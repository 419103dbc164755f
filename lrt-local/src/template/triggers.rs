//! Buckets, rules, schedules and Firehose streams.

use super::Template;
use super::function::{FunctionParts, FunctionResource, Timeout, USUAL};
use super::yaml::{Map, Yaml, arn, reference, sub};
use crate::sample;

/// Firehose waits for 5 minutes at most
/// ([data transformation](https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html)).
const TRANSFORMATION: Timeout = Timeout {
    seconds: 60,
    note: Some(
        "For the entire batch, at most 300. Records that are not finished in time are delivered to the error output.",
    ),
};

impl Template {
    /// Adds a bucket whose new objects invoke the function.
    pub(super) fn bucket(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let FunctionResource { local, name, .. } = function;
        let bucket = self.ids.claim(&format!("{name}Bucket"));
        let description = format!("Name of a new bucket for `{}`", local.name());
        let bucket_name = self.parameter(&format!("{name}SourceBucketName"), &description);
        let source = Map::new()
            .with("Bucket", reference(&bucket))
            .note("Filter restricts the keys: do not write objects that invoke the function again.")
            .with("Events", "s3:ObjectCreated:*");
        let mut parts = FunctionParts::new(USUAL);
        parts.properties = retried(parts.properties);
        let mut parts = parts.event("Objects", "S3", source);
        let policy = Map::new().with("S3ReadPolicy", Map::new().with("BucketName", reference(&bucket_name)));
        parts.policy = Some(("For reading the objects.", policy));
        let properties = Map::new()
            .note("A parameter, because the policy of the function cannot refer to the bucket that invokes it.")
            .with("BucketName", reference(&bucket_name));
        parts.resources.add(bucket, Map::new().with("Type", "AWS::S3::Bucket").with("Properties", properties));
        parts
    }

    /// Adds a bucket that sends its notifications to the queue.
    pub(super) fn notify(&mut self, name: &str, queue: &str, resources: &mut Map) -> String {
        let bucket = self.ids.claim(&format!("{name}Bucket"));
        let policy = self.ids.claim(&format!("{name}QueuePolicy"));
        let account = Map::new().with("aws:SourceAccount", reference("AWS::AccountId"));
        let statement = Map::new()
            .with("Effect", "Allow")
            .with("Principal", Map::new().with("Service", "s3.amazonaws.com"))
            .with("Action", "sqs:SendMessage")
            .with("Resource", arn(queue))
            .with("Condition", Map::new().with("StringEquals", account));
        let document = Map::new().with("Version", "2012-10-17").with("Statement", [statement]);
        let allowed = Map::new().with("Queues", [reference(queue)]).with("PolicyDocument", document);
        let notification = Map::new().with("Event", "s3:ObjectCreated:*").with("Queue", arn(queue));
        let notifications = Map::new().with("QueueConfigurations", [notification]);
        let properties = Map::new().with("NotificationConfiguration", notifications);
        let source = Map::new()
            .with("Type", "AWS::S3::Bucket")
            .note("S3 checks that it can send messages to the queue.")
            .with("DependsOn", &*policy)
            .with("Properties", properties);
        resources.add(&bucket, source);
        resources.add(policy, Map::new().with("Type", "AWS::SQS::QueuePolicy").with("Properties", allowed));
        bucket
    }

    /// Adds a rule for the function's event pattern, and one for its schedule.
    pub(super) fn rule(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let deployment = function.local.deployment();
        let mut events = Map::new();
        let pattern = deployment.pattern.and_then(|pattern| serde_json::from_str::<serde_json::Value>(pattern).ok());
        let rule = match (&pattern, deployment.schedule) {
            (Some(pattern), _) => Some(Map::new().with("Pattern", pattern)),
            (None, Some(_)) => None,
            (None, None) => Some(
                Map::new()
                    .note("The events that invoke the function. The option `pattern` of the function sets it.")
                    .with("Pattern", Map::new().with("source", ["example"])),
            ),
        };
        if let Some(rule) = rule {
            let rule = rule.note("Events of the default bus. EventBusName selects another.");
            events.add("Rule", event("EventBridgeRule", rule));
        }
        if let Some(schedule) = deployment.schedule {
            events.add("Schedule", event("Schedule", Map::new().with("Schedule", schedule)));
        }
        let mut parts = FunctionParts::new(USUAL);
        parts.properties = retried(parts.properties).with("Events", events);
        parts
    }

    /// Adds a schedule of EventBridge Scheduler for a JSON function.
    pub(super) fn schedule(&mut self, function: &FunctionResource<'_>, schedule: &str) -> FunctionParts {
        let mut properties =
            Map::new().note("In UTC, unless ScheduleExpressionTimezone is set.").with("ScheduleExpression", schedule);
        if let Some(payload) = sample::scheduled_payload(function.local) {
            properties = properties.note("The payload of the function.").with("Input", &*payload);
        } else {
            properties = properties.note("Add the payload of the function, as JSON:\nInput: \"{}\"");
        }
        let mut parts = FunctionParts::new(USUAL);
        parts.properties = retried(parts.properties);
        parts.event("Schedule", "ScheduleV2", properties)
    }

    /// Adds a Firehose stream that delivers to a new bucket.
    pub(super) fn delivery_stream(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let FunctionResource { local, name, id, .. } = function;
        let [stream, role, bucket] =
            ["Stream", "StreamRole", "Bucket"].map(|kind| self.ids.claim(&format!("{name}{kind}")));
        let parameter = |name: &str, value: Yaml| Map::new().with("ParameterName", name).with("ParameterValue", value);
        let parameters = [parameter("LambdaArn", arn(id)), parameter("BufferSizeInMBs", "1".into())];
        let processor = Map::new()
            .with("Type", "Lambda")
            .note("The buffer is small because the reply of the function is limited to 6 MB.")
            .with("Parameters", parameters);
        let destination = Map::new()
            .with("BucketARN", arn(&bucket))
            .with("RoleARN", arn(&role))
            .note("Records for which the function returns an error.")
            .with("ErrorOutputPrefix", "failed/!{firehose:error-output-type}/")
            .with("ProcessingConfiguration", Map::new().with("Enabled", true).with("Processors", [processor]));
        let properties =
            Map::new().with("DeliveryStreamType", "DirectPut").with("ExtendedS3DestinationConfiguration", destination);
        let mut parts = FunctionParts::new(TRANSFORMATION);
        let kind = "AWS::KinesisFirehose::DeliveryStream";
        parts.resources.add(&stream, Map::new().with("Type", kind).with("Properties", properties));
        parts.resources.add(&role, stream_role(id, &bucket));
        parts.resources.add(&bucket, Map::new().with("Type", "AWS::S3::Bucket"));
        self.output(&stream, &format!("Firehose stream of `{}`", local.name()), reference(&stream));
        parts
    }
}

/// Returns the role that a Firehose stream uses to invoke the function and to write to the bucket
/// ([access](https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3)).
fn stream_role(function: &str, bucket: &str) -> Map {
    let allow = || Map::new().with("Effect", "Allow");
    let policy = |statements: Vec<Map>| Map::new().with("Version", "2012-10-17").with("Statement", statements);
    let assume = allow()
        .with("Principal", Map::new().with("Service", "firehose.amazonaws.com"))
        .with("Action", "sts:AssumeRole");
    let write = allow()
        .with(
            "Action",
            [
                "s3:AbortMultipartUpload",
                "s3:GetBucketLocation",
                "s3:GetObject",
                "s3:ListBucket",
                "s3:ListBucketMultipartUploads",
                "s3:PutObject",
            ],
        )
        .with("Resource", [arn(bucket), sub(&format!("${{{bucket}.Arn}}/*"))]);
    let invoke = allow().with("Action", "lambda:InvokeFunction").with("Resource", arn(function));
    let inline = Map::new().with("PolicyName", "Deliver").with("PolicyDocument", policy(vec![write, invoke]));
    let properties = Map::new().with("AssumeRolePolicyDocument", policy(vec![assume])).with("Policies", vec![inline]);
    Map::new().with("Type", "AWS::IAM::Role").with("Properties", properties)
}

/// Returns true if the function expects notifications of S3, without another envelope.
pub(super) fn has_notifications(function: &FunctionResource<'_>) -> bool {
    let parameters = function.local.deployment().parameters;
    parameters.contains("::s3::payload::S3") && !parameters.contains("::eventbridge::EventBridge<")
}

fn event(kind: &str, properties: Map) -> Map {
    Map::new().with("Type", kind).with("Properties", properties)
}

/// Adds the queue for events that fail in all attempts of an asynchronous invocation.
fn retried(properties: Map) -> Map {
    let destination = Map::new()
        .note("SAM creates a queue for events that still fail after the retries.")
        .with("OnFailure", Map::new().with("Type", "SQS"));
    let config = Map::new().with("MaximumRetryAttempts", 2_u32).with("DestinationConfig", destination);
    properties.with("EventInvokeConfig", config)
}

#[cfg(test)]
mod tests {
    use crate::template::{Package, template};
    use crate::test_util::TestFunction;

    fn template_of(function: TestFunction) -> String {
        template(&[&function], &Package::default()).unwrap()
    }

    #[test]
    fn patterns_and_schedules_become_rules() {
        let pattern =
            Some(r#"{"source": ["shop"], "detail": {"size": [{"numeric": [">", 5]}], "at": {"home": [true, null]}}}"#);
        let text = template_of(TestFunction { pattern, ..TestFunction::new("f", "eventbridge") });
        let expected = "          Properties:
            Pattern:
              detail:
                at:
                  home: [true, null]
                size:
                  - numeric: [\">\", 5]
              source: [shop]
";
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("ScheduleExpression"), "{text}");
        let schedule = Some("cron(0 9 ? * MON-FRI *)");
        let text = template_of(TestFunction { schedule, ..TestFunction::new("f", "eventbridge") });
        assert!(
            text.contains("          Type: Schedule\n          Properties:\n            Schedule: \"cron("),
            "{text}"
        );
        assert!(!text.contains("Pattern:"), "{text}");
        let text = template_of(TestFunction { schedule, pattern, ..TestFunction::new("f", "eventbridge") });
        assert!(text.contains("        Rule:\n") && text.contains("        Schedule:\n"), "{text}");
    }

    #[test]
    fn scheduled_json_functions_have_a_payload_that_they_accept() {
        let scheduled = TestFunction { schedule: Some("rate(1 day)"), ..TestFunction::new("f", "json") };
        let text = template_of(scheduled);
        assert!(text.contains("            ScheduleExpression: rate(1 day)\n"), "{text}");
        assert!(text.contains("            Input: \"{}\""), "{text}");
        // The example for the type of the parameter.
        let decodes: fn(&[u8]) -> _ = |event| match event.trim_ascii() {
            b"1" => Ok(()),
            _ => Err(lrt_core::Error::msg("not a number").into()),
        };
        let number = || TestFunction { schedule: Some("rate(1 day)"), ..TestFunction::new("f", "json") };
        let text = template_of(TestFunction { parameters: "(u32,)", decodes: Some(decodes), ..number() });
        assert!(text.contains("            Input: \"1\""), "{text}");
        let text = template_of(TestFunction { parameters: "(app::N,)", decodes: Some(decodes), ..number() });
        assert!(text.contains("            # Input: \"{}\""), "{text}");
    }
}
