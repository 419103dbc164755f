//! Permissions for the AWS services whose SDK clients a function uses.

use super::Template;
use super::event_sources::has_visibility_backoff;
use super::function::FunctionResource;
use super::idempotency::{TABLE, has_idempotency, table_policy};
use super::yaml::{Map, reference};

/// A service, with the [SAM policy
/// template](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html)
/// for its most common use.
pub(super) struct Service {
    /// Name of the SDK's crate.
    sdk: &'static str,
    policy: &'static str,
    /// The policy's parameter, which names the resource.
    resource: &'static str,
    description: &'static str,
}

impl Service {
    /// Returns true for the name of a variable that names the resource, such as `ORDERS_TABLE` for `TableName`. Other variables
    /// contain its URL or ARN, which the policy does not accept.
    fn is_named_by(&self, variable: &str) -> bool {
        let variable = variable.to_ascii_uppercase();
        let kind = self.resource.trim_end_matches("Name").trim_end_matches("Arn").trim_start_matches("Event");
        let is_name = !variable.ends_with("URL") && !variable.ends_with("ARN");
        variable.contains(&kind.to_ascii_uppercase()) && (is_name || self.resource.ends_with("Arn"))
    }
}

const SERVICES: [Service; 8] = [
    Service {
        sdk: "aws_sdk_dynamodb",
        policy: "DynamoDBCrudPolicy",
        resource: "TableName",
        description: "DynamoDB table",
    },
    Service { sdk: "aws_sdk_s3", policy: "S3CrudPolicy", resource: "BucketName", description: "S3 bucket" },
    Service { sdk: "aws_sdk_sqs", policy: "SQSSendMessagePolicy", resource: "QueueName", description: "SQS queue" },
    Service { sdk: "aws_sdk_sns", policy: "SNSPublishMessagePolicy", resource: "TopicName", description: "SNS topic" },
    Service {
        sdk: "aws_sdk_kinesis",
        policy: "KinesisCrudPolicy",
        resource: "StreamName",
        description: "Kinesis stream",
    },
    Service {
        sdk: "aws_sdk_eventbridge",
        policy: "EventBridgePutEventsPolicy",
        resource: "EventBusName",
        description: "event bus",
    },
    Service {
        sdk: "aws_sdk_secretsmanager",
        policy: "AWSSecretsManagerGetSecretValuePolicy",
        resource: "SecretArn",
        description: "secret, as an ARN",
    },
    Service {
        sdk: "aws_sdk_ssm",
        policy: "SSMParameterReadPolicy",
        resource: "ParameterName",
        description: "SSM parameter",
    },
];

/// Returns the services whose clients occur in `code`, which is source code or the name of a type.
pub(super) fn find_services(code: &str) -> Vec<&'static Service> {
    SERVICES.iter().filter(|service| code.contains(&format!("{}::", service.sdk))).collect()
}

impl Template {
    /// Returns true if the code reads a variable with this word in its name.
    fn names(&self, word: &str) -> bool {
        self.variables.iter().any(|(name, _)| name.to_ascii_uppercase().contains(word))
    }

    /// Returns the permissions for the resources of these services. Each resource is a parameter of the template: that of a variable
    /// that the code reads, if its name says so. If the code reads no variables, the function gets one for each resource.
    ///
    /// `first` is another permission of the function, with a comment.
    pub(super) fn permissions(
        &mut self,
        function: &FunctionResource<'_>,
        services: &[&Service],
        first: Option<(&str, Map)>,
    ) -> Map {
        let (note, first) = first.unzip();
        let mut policies: Vec<Map> = first.into_iter().collect();
        let is_idempotent = has_idempotency(function.local);
        if is_idempotent {
            policies.push(table_policy());
        }
        let mut variables = Map::new();
        for service in services {
            let Service { policy, resource, description, .. } = service;
            let mut named = self.variables.iter().filter(|(name, _)| service.is_named_by(name));
            let parameter = match named.find(|(_, parameter)| parameter != TABLE) {
                Some((_, parameter)) => parameter.clone(),
                // The client is that of the store.
                None if is_idempotent && *resource == "TableName" => continue,
                // The client is that of the layer.
                None if has_visibility_backoff(function.local) && *resource == "QueueName" && !self.names("QUEUE") => {
                    continue;
                }
                None => {
                    let description = format!("{description} of `{}`", function.local.name());
                    let parameter = self.parameter(&format!("{}{resource}", function.name), &description);
                    if self.variables.is_empty() {
                        variables.add(variable(resource), reference(&parameter));
                    }
                    parameter
                }
            };
            policies.push(Map::new().with(policy, Map::new().with(resource, reference(&parameter))));
        }
        let mut properties = Map::new();
        if let Some(variables) = variables.or_none() {
            let environment =
                Map::new().note("Rename these to the variables that `init` reads.").with("Variables", variables);
            properties.add("Environment", environment);
        }
        match policies.is_empty() {
            true => properties,
            false => properties.note_some(note).with("Policies", policies),
        }
    }
}

/// Returns `TABLE_NAME` for `TableName`.
fn variable(resource: &str) -> String {
    let mut name = String::new();
    for letter in resource.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use crate::function::LocalFunction;
    use crate::template::{Package, template};
    use crate::test_util::TestFunction;

    #[test]
    fn borrowed_clients_have_permissions() {
        let parameters = "(app::Order, &aws_sdk_dynamodb::client::Client, &aws_sdk_sqs::client::Client)";
        let function = TestFunction { parameters, ..TestFunction::new("save", "http_api") };
        let text = template(&[&function], &Package::default()).unwrap();
        for expected in [
            "  SaveTableName:\n    Type: String\n",
            "          TABLE_NAME: !Ref SaveTableName\n          QUEUE_NAME: !Ref SaveQueueName\n",
            "        - DynamoDBCrudPolicy:\n            TableName: !Ref SaveTableName\n",
            "        - SQSSendMessagePolicy:\n            QueueName: !Ref SaveQueueName\n",
        ] {
            assert!(text.contains(expected), "{expected}{text}");
        }
    }

    fn template_with(functions: &[&dyn LocalFunction], source: &str) -> String {
        template(functions, &Package { source: source.to_owned(), ..Package::default() }).unwrap()
    }

    #[test]
    fn variables_and_clients_of_the_code_have_placeholders() {
        let with_state =
            |name, kind| TestFunction { parameters: "(app::Note, &app::Notes)", ..TestFunction::new(name, kind) };
        let (put, chat) = (with_state("put", "http_api"), with_state("chat", "websocket"));
        let stateless = TestFunction::new("ping", "json");
        let source = r#"
            use aws_sdk_dynamodb::Client;
            let (table, limit) = (std::env::var("NOTES_TABLE")?, std::env::var("LIMIT")?);
            let bucket = aws_sdk_s3::Client::new(&config);
            let queue: (aws_sdk_sqs::Client, String) = (client, std::env::var("QUEUE_URL")?);
        "#;
        let text = template_with(&[&put, &chat, &stateless], source);
        for (expected, count) in [
            (
                "    Environment:\n      Variables:\n        NOTES_TABLE: !Ref NotesTable\n        LIMIT: !Ref Limit\n        QUEUE_URL: !Ref QueueUrl\n",
                1,
            ),
            ("  NotesTable:\n    Type: String\n    Description: Value of the environment variable NOTES_TABLE\n", 1),
            ("- DynamoDBCrudPolicy:\n            TableName: !Ref NotesTable\n", 2),
            // No variable names the bucket.
            ("- S3CrudPolicy:\n            BucketName: !Ref PutBucketName\n", 1),
            ("BUCKET_NAME", 0),
            ("- SQSSendMessagePolicy:\n            QueueName: !Ref PutQueueName\n", 1),
            ("Action: execute-api:ManageConnections\n", 1),
            ("Policies:\n", 2),
        ] {
            assert_eq!(text.matches(expected).count(), count, "{expected}{text}");
        }
    }

    #[test]
    fn variables_with_the_name_of_a_secret_are_not_echoed() {
        let function = TestFunction::new("put", "json");
        let text = template_with(&[&function], r#"(std::env::var("API_TOKENS"), std::env::var("LIMIT"))"#);
        let description = "Description: Value of the environment variable";
        for expected in [
            format!("  ApiTokens:\n    Type: String\n    NoEcho: true\n    {description} API_TOKENS\n"),
            format!("  Limit:\n    Type: String\n    {description} LIMIT\n"),
        ] {
            assert!(text.contains(&expected), "{expected}{text}");
        }
    }

    #[test]
    fn functions_with_other_state_have_a_comment() {
        let function = |parameters| TestFunction { parameters, ..TestFunction::new("save", "sqs") };
        let with_state = template_with(&[&function("(app::Order, &app::Db)")], "");
        assert!(
            with_state.contains("\n      # Environment:\n") && with_state.contains("\n      # Policies:\n"),
            "{with_state}"
        );
        let without_state = template_with(&[&function("(app::Order,)")], "");
        assert!(!without_state.contains("\n      # Environment:\n"), "{without_state}");
        let with_variable = template_with(&[&function("(app::Order, &app::Db)")], "env::var(\"LIMIT\")");
        assert!(!with_variable.contains("# Environment:"), "{with_variable}");
        assert!(with_variable.contains("\n      # Policies:\n"), "{with_variable}");
    }
}
