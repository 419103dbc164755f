//! Permissions for the AWS services that a function uses through borrowed SDK clients.

use super::Template;
use super::function::Function;
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

/// Returns the services whose clients occur in `parameters`, the type name of the parameters.
pub(super) fn services(parameters: &str) -> Vec<&'static Service> {
    SERVICES.iter().filter(|service| parameters.contains(&format!("{}::", service.sdk))).collect()
}

impl Template {
    /// Returns the permissions and variables for the resources of these services, which are parameters of the template.
    pub(super) fn policies(&mut self, function: &Function<'_>, services: &[&Service]) -> Map {
        let (mut policies, mut variables) = (Vec::new(), Map::new());
        for service in services {
            let Service { policy, resource, description, .. } = service;
            let description = format!("{description} of `{}`", function.local.name());
            let parameter = self.parameter(&format!("{}{resource}", function.name), &description);
            policies.push(Map::new().with(policy, Map::new().with(resource, reference(&parameter))));
            variables.add(variable(resource), reference(&parameter));
        }
        let environment =
            Map::new().note("Rename these to the variables that `init` reads.").with("Variables", variables);
        Map::new().with("Environment", environment).with("Policies", policies)
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
    use crate::template::template;
    use crate::test_util::TestFunction;

    #[test]
    fn borrowed_clients_have_permissions() {
        let parameters = "(app::Order, &aws_sdk_dynamodb::client::Client, &aws_sdk_sqs::client::Client)";
        let function = TestFunction { parameters, ..TestFunction::new("save", "http_api") };
        let text = template(&[&function], "app").unwrap();
        for expected in [
            "  SaveTableName:\n    Type: String\n",
            "          TABLE_NAME: !Ref SaveTableName\n          QUEUE_NAME: !Ref SaveQueueName\n",
            "        - DynamoDBCrudPolicy:\n            TableName: !Ref SaveTableName\n",
            "        - SQSSendMessagePolicy:\n            QueueName: !Ref SaveQueueName\n",
        ] {
            assert!(text.contains(expected), "{expected}{text}");
        }
    }

    #[test]
    fn functions_with_other_state_have_a_comment() {
        let function = |parameters| TestFunction { parameters, ..TestFunction::new("save", "sqs") };
        let with_state = template(&[&function("(app::Order, &app::Db)")], "app").unwrap();
        assert!(with_state.contains("\n      # Environment:\n"), "{with_state}");
        let without_state = template(&[&function("(app::Order,)")], "app").unwrap();
        assert!(!without_state.contains("\n      # Environment:\n"), "{without_state}");
    }
}
