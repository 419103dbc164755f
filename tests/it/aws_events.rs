//! Sample events of AWS's services, as the types of `lrt::events` in JSON functions.

#![cfg(all(feature = "batch", feature = "events-all"))]
use crate::samples::samples;
use lrt::events as aws;
use lrt::payload::{EventBridge, Sns, Text};
use lrt::testing::{Outcome, events};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Returns the name of a file: `s3.s3-event.json`.
fn name(file: &Path) -> &str {
    file.file_name().unwrap().to_str().unwrap()
}

/// Invokes a JSON function that takes a `$Event`.
macro_rules! decoded {
    ($Event:ty, $event:expr) => {{
        async fn take(_: $Event) -> Result<(), lrt::Error> {
            Ok(())
        }
        lrt::json(take).harness().invoke($event).await
    }};
}

/// Decodes an event as the first type whose prefix its file name has. Fails if no prefix matches.
macro_rules! decode_as {
    ($file:expr, $($start:literal => $Event:ty,)*) => {
        match name($file) {
            $(name if name.starts_with($start) => decoded!($Event, $file),)*
            name => panic!("{name} has no type"),
        }
    };
}

async fn decode(file: &PathBuf) -> Outcome {
    decode_as! {file,
        "alb." => aws::alb::AlbTargetGroupRequest,
        "apigw-v1." => aws::apigw::ApiGatewayProxyRequest,
        "apigw-v2." => aws::apigw::ApiGatewayV2httpRequest,
        "appsync.appsync-lambda-auth" => aws::appsync::AppSyncLambdaAuthorizerRequest,
        "appsync." => aws::appsync::AppSyncDirectResolverEvent,
        "authorizer-request.apigw-v2" => aws::apigw::ApiGatewayV2CustomAuthorizerV1Request,
        "authorizer-request." => aws::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest,
        "authorizer-token." => aws::apigw::ApiGatewayCustomAuthorizerRequest,
        "authorizer-v2." => aws::apigw::ApiGatewayV2CustomAuthorizerV2Request,
        "authorizer-websocket." => aws::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest,
        "bedrock-agent." => aws::event::bedrock_agent_runtime::AgentEvent,
        "cloudformation.cloudformation-custom-resource-provider" => aws::cloudformation::provider::CloudFormationCustomResourceRequest,
        "cloudformation." => aws::cloudformation::CloudFormationCustomResourceRequest,
        "cloudwatch-alarm." => aws::cloudwatch_alarms::CloudWatchCompositeAlarm,
        "cloudwatch-logs." => aws::cloudwatch_logs::LogsEvent,
        "codecommit." => aws::code_commit::CodeCommitEvent,
        "cognito.cognito-event-userpools-custommessage" => aws::cognito::CognitoEventUserPoolsCustomMessage,
        "cognito.cognito-event-userpools-migrateuser" => aws::cognito::CognitoEventUserPoolsMigrateUser,
        "cognito.cognito-event-userpools-postconfirmation" => aws::cognito::CognitoEventUserPoolsPostConfirmation,
        "cognito.cognito-event-userpools-presignup" => aws::cognito::CognitoEventUserPoolsPreSignup,
        "cognito.cognito-event-userpools-pretokengen-v2" => aws::cognito::CognitoEventUserPoolsPreTokenGenV2,
        "documentdb." => aws::documentdb::DocumentDbEvent,
        "dynamodb-window." => aws::dynamodb::TimeWindowEvent,
        "dynamodb." => aws::dynamodb::Event,
        "eventbridge.autoscaling" => aws::autoscaling::AutoScalingEvent,
        "eventbridge.codebuild" => aws::codebuild::CodeBuildEvent,
        "eventbridge.ecr-image-scan" => aws::ecr_scan::EcrScanEvent,
        "eventbridge." => aws::eventbridge::EventBridgeEvent,
        "firehose." => aws::firehose::KinesisFirehoseEvent,
        "function-url." => aws::lambda_function_urls::LambdaFunctionUrlRequest,
        "kafka." => aws::kafka::KafkaEvent,
        "kinesis-window." => aws::kinesis::KinesisTimeWindowEvent,
        "kinesis." => aws::kinesis::KinesisEvent,
        "lattice-v1." => aws::vpc_lattice::VpcLatticeRequestV1,
        "lattice-v2." => aws::vpc_lattice::VpcLatticeRequestV2,
        "mq.activemq" => aws::activemq::ActiveMqEvent,
        "mq.rabbitmq" => aws::rabbitmq::RabbitMqEvent,
        "other.config" => aws::config::ConfigEvent,
        "other.iot" => aws::iot::IoTCoreCustomAuthorizerRequest,
        "other.sqs-api" => aws::sqs::SqsApiEvent,
        "s3-batch." => aws::s3::batch_job::S3BatchJobEvent,
        "s3-object-lambda." => aws::s3::object_lambda::S3ObjectLambdaEvent,
        "s3." => aws::s3::S3Event,
        "schedule." => aws::eventbridge::EventBridgeEvent,
        "secretsmanager." => aws::secretsmanager::SecretsManagerSecretRotationEvent,
        "ses." => aws::ses::SimpleEmailEvent,
        "sns." => aws::sns::SnsEvent,
        "sqs." => aws::sqs::SqsEvent,
        "websocket." => aws::apigw::ApiGatewayWebsocketProxyRequest,
        // The crate has no types for these: Lambda@Edge does not run Rust, the second is a part of an event, and the
        // crate's Lex types are for version 1.
        "cloudfront." => Value,
        "other.appsync-identity" => Value,
        "other.lex-v2" => Value,
        "other.stepfunctions-error" => Value,
    }
}

/// Sample events that do not decode as the crate's type, with the reason. A row that is no longer needed fails the
/// test.
const EXCEPTIONS: &[(&str, &str)] = &[
    // A response of SQS's own API. The crate expects lower-case names.
    ("aws_lambda_events/other.sqs-api-event-obj.json", "missing field `messages`"),
    // A placeholder: all values of the trigger, separated by slashes.
    (
        "aws-lambda-go/cognito.cognito-event-userpools-custommessage.json",
        "unknown variant, expected one of `CustomMessage_SignUp`",
    ),
    // The event was recorded before SES checked DMARC, and the crate requires the verdict.
    ("aws-sam-cli/ses.ses-email-receiving.json", "missing field `dmarcVerdict`"),
];

#[tokio::test]
async fn all_sample_events_decode_as_their_types() {
    let mut said = Vec::new();
    for file in samples() {
        // Responses of functions are not events.
        if name(&file).starts_with("response-") {
            continue;
        }
        let outcome = decode(&file).await;
        let error = outcome.error().map(|error| error.message().to_owned());
        let exception = EXCEPTIONS.iter().find(|(exception, _)| file.ends_with(exception));
        match (error, exception) {
            (None, None) => {}
            (Some(error), Some((_, reason))) if error.contains(reason) => {}
            (error, exception) => said.push(format!("{}: {error:?}, expected {exception:?}", file.display())),
        }
    }
    assert!(said.is_empty(), "{}", said.join("\n"));
}

#[tokio::test]
async fn sns_and_eventbridge_sample_events_decode() {
    for file in samples() {
        let outcome = match name(&file) {
            name if name.starts_with("sns.") => decoded!(Sns<Text>, &file),
            name if name.starts_with("eventbridge.") || name.starts_with("schedule.") => {
                decoded!(EventBridge<Value>, &file)
            }
            _ => continue,
        };
        let error = outcome.error().map(|error| error.message());
        // The file has two examples. SNS sends one record.
        let two = file.ends_with("aws_lambda_events/sns.cloudwatch-alarm-sns-payload-multiple-metrics.json");
        let expected = two.then_some("expected an SNS event with one record, got 2");
        assert_eq!(error, expected, "{}", file.display());
    }
}

/// Sample responses that the crate's types do not reproduce, with the reason.
const RESPONSE_EXCEPTIONS: &[(&str, &str)] = &[
    // A placeholder.
    (
        "aws-lambda-go/response-authorizer.apigw-custom-auth-response.json",
        "unknown variant, expected `Allow` or `Deny`",
    ),
    // The crate does not know `otfMetadata`.
    ("aws-lambda-go/response-firehose.kinesis-firehose-response.json", "something is lost"),
];

/// Returns true if `whole` contains everything in `part`. Types serialize missing values as null, and header names in
/// lower case.
fn covers(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            let find = |name: &str| whole.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
            part.iter().all(|(name, part)| find(name).is_some_and(|(_, whole)| covers(whole, part)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| covers(whole, part))
        }
        // Policies may contain a string instead of a list with one element.
        (Value::Array(whole), part @ Value::String(_)) => whole[..] == [part.clone()],
        _ => whole == part,
    }
}

#[tokio::test]
async fn sample_responses_serialize_from_their_types() {
    macro_rules! answered {
        ($Answer:ty, $file:expr) => {{
            async fn answer(answer: $Answer) -> Result<$Answer, lrt::Error> {
                Ok(answer)
            }
            lrt::json(answer).harness().invoke($file).await
        }};
    }
    for file in samples() {
        let outcome = match name(&file) {
            name if name.starts_with("response-authorizer.appsync") => {
                answered!(aws::appsync::AppSyncLambdaAuthorizerResponse, &file)
            }
            name if name.starts_with("response-authorizer.") => {
                answered!(aws::apigw::ApiGatewayCustomAuthorizerResponse, &file)
            }
            name if name.starts_with("response-batch.") => answered!(aws::sqs::SqsBatchResponse, &file),
            "response-firehose.kinesis-analytics-output-delivery-response.json" => {
                answered!(aws::kinesis::analytics::KinesisAnalyticsOutputDeliveryResponse, &file)
            }
            name if name.starts_with("response-firehose.") => answered!(aws::firehose::KinesisFirehoseResponse, &file),
            "response-http.alb-lambda-target-response.json" => answered!(aws::alb::AlbTargetGroupResponse, &file),
            "response-http.apigw-response.json" => answered!(aws::apigw::ApiGatewayProxyResponse, &file),
            "response-http.lambda-urls-response.json" => {
                answered!(aws::lambda_function_urls::LambdaFunctionUrlResponse, &file)
            }
            "response-http.vpc-lattice-response.json" => answered!(aws::vpc_lattice::VpcLatticeResponse, &file),
            name if name.starts_with("response-") => panic!("{name} has no type"),
            _ => continue,
        };
        let sample = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let error = outcome.error().map(|error| error.message().to_owned());
        let lost = error.or_else(|| (!covers(&outcome.reply(), &sample)).then(|| "something is lost".to_owned()));
        let exception = RESPONSE_EXCEPTIONS.iter().find(|(exception, _)| file.ends_with(exception));
        match (lost, exception) {
            (None, None) => {}
            (Some(lost), Some((_, reason))) if lost.contains(reason) => {}
            (lost, exception) => panic!("{}: {lost:?}, expected {exception:?}", file.display()),
        }
    }
}

/// Returns a policy with one statement.
fn policy(resource: &str) -> aws::apigw::ApiGatewayCustomAuthorizerPolicy {
    let mut statement = aws::iam::IamPolicyStatement::default();
    statement.action = vec!["execute-api:Invoke".to_owned()];
    statement.resource = vec![resource.to_owned()];
    let mut policy = aws::apigw::ApiGatewayCustomAuthorizerPolicy::default();
    policy.version = Some("2012-10-17".to_owned());
    policy.statement = vec![statement];
    policy
}

/// Invokes an authorizer with each sample event of its kind, and returns the responses.
macro_rules! answers {
    ($start:literal, $authorize:ident) => {{
        let mut answers = Vec::new();
        for file in samples().iter().filter(|file| name(file).starts_with($start)) {
            answers.push(lrt::json($authorize).harness().invoke(file).await.reply::<Value>());
        }
        answers
    }};
}

#[tokio::test]
async fn authorizers_respond_to_sample_events_with_their_types() {
    use aws::apigw::*;
    use aws::appsync::{AppSyncLambdaAuthorizerRequest, AppSyncLambdaAuthorizerResponse};
    use aws::iot::{IoTCoreCustomAuthorizerRequest, IoTCoreCustomAuthorizerResponse};

    async fn token(
        request: ApiGatewayCustomAuthorizerRequest,
    ) -> Result<ApiGatewayCustomAuthorizerResponse, lrt::Error> {
        let mut response = ApiGatewayCustomAuthorizerResponse::default();
        response.principal_id = request.authorization_token;
        response.policy_document = policy(&request.method_arn.unwrap());
        Ok(response)
    }
    async fn request(
        request: ApiGatewayCustomAuthorizerRequestTypeRequest,
    ) -> Result<ApiGatewayCustomAuthorizerResponse, lrt::Error> {
        let mut response = ApiGatewayCustomAuthorizerResponse::default();
        response.policy_document = policy(&request.method_arn.unwrap());
        response.context = json!({"type": request.type_});
        Ok(response)
    }
    async fn simple(
        request: ApiGatewayV2CustomAuthorizerV2Request,
    ) -> Result<ApiGatewayV2CustomAuthorizerSimpleResponse, lrt::Error> {
        let mut response = ApiGatewayV2CustomAuthorizerSimpleResponse::default();
        response.is_authorized = true;
        response.context = json!({"route": request.route_key});
        Ok(response)
    }
    async fn v2(
        request: ApiGatewayV2CustomAuthorizerV2Request,
    ) -> Result<ApiGatewayV2CustomAuthorizerIamPolicyResponse, lrt::Error> {
        let mut response = ApiGatewayV2CustomAuthorizerIamPolicyResponse::default();
        response.policy_document = policy(&request.route_arn.unwrap());
        Ok(response)
    }
    async fn appsync(
        request: AppSyncLambdaAuthorizerRequest,
    ) -> Result<AppSyncLambdaAuthorizerResponse<String>, lrt::Error> {
        let mut response = AppSyncLambdaAuthorizerResponse::default();
        response.is_authorized = request.authorization_token.is_some();
        response.resolver_context = [("a".to_owned(), "b".to_owned())].into();
        Ok(response)
    }
    async fn iot(request: IoTCoreCustomAuthorizerRequest) -> Result<IoTCoreCustomAuthorizerResponse, lrt::Error> {
        let mut response = IoTCoreCustomAuthorizerResponse::default();
        response.is_authenticated = request.token.is_some();
        Ok(response)
    }
    async fn presignup(
        mut event: aws::cognito::CognitoEventUserPoolsPreSignup,
    ) -> Result<aws::cognito::CognitoEventUserPoolsPreSignup, lrt::Error> {
        event.response.auto_confirm_user = true;
        Ok(event)
    }
    if samples().is_empty() {
        return;
    }
    let allows = |answer: &Value| {
        let statement = &answer["policyDocument"]["Statement"][0];
        answer["policyDocument"]["Version"] == "2012-10-17"
            && statement["Effect"] == "Allow"
            && statement["Resource"][0].as_str().is_some_and(|arn| arn.starts_with("arn:aws:execute-api:"))
    };
    for (answers, count) in [
        (answers!("authorizer-token.", token), 2),
        (answers!("authorizer-request.apigw-custom", request), 1),
        (answers!("authorizer-request.apigateway", request), 1),
        (answers!("authorizer-websocket.", request), 1),
        (answers!("authorizer-v2.", v2), 4),
    ] {
        assert_eq!(answers.len(), count);
        assert!(answers.iter().all(allows), "{answers:?}");
    }
    for answer in answers!("authorizer-v2.", simple) {
        assert_eq!(answer["isAuthorized"], true);
        assert!(answer["context"]["route"].is_string(), "{answer}");
    }
    let answers = answers!("appsync.appsync-lambda-auth", appsync);
    assert_eq!(answers[0]["resolverContext"], json!({"a": "b"}));
    assert_eq!(answers!("other.iot", iot)[0]["isAuthenticated"], true);
    // Cognito expects the event back, with the response in it.
    for answer in answers!("cognito.cognito-event-userpools-presignup", presignup) {
        assert_eq!(answer["response"]["autoConfirmUser"], true);
        assert_eq!(answer["triggerSource"], "PreSignUp_SignUp");
    }
}

#[tokio::test]
async fn s3_event_arrives_through_a_topic_and_a_queue() {
    async fn direct(event: aws::s3::S3Event) -> Result<Option<String>, lrt::Error> {
        Ok(event.records[0].s3.object.key.clone())
    }
    async fn queued(event: aws::s3::S3Event) -> Result<(), String> {
        Err(event.records[0].s3.bucket.name.clone().unwrap())
    }
    async fn both(event: Sns<aws::s3::S3Event>) -> Result<(), String> {
        queued(event.message).await
    }
    let upload = events::s3().bucket("photos").created("red flower.jpg");
    let key = lrt::json(direct).harness().invoke(upload.clone()).await.reply::<String>();
    assert_eq!(key, "red+flower.jpg");
    let message = |outcome: Outcome| outcome.error().unwrap().message().to_owned();
    let outcome = lrt::sqs(queued).harness().invoke(events::sqs().json(&upload)).await;
    assert!(message(outcome).ends_with("photos"));
    let event = events::sqs().json(&events::sns().json(&upload));
    assert!(message(lrt::sqs(both).harness().invoke(event).await).ends_with("photos"));
}

#[tokio::test]
async fn aws_lambda_events_decodes_built_events() {
    let notification = events::sns().text("hi").subject("s").attribute("n", 5).attribute("bytes", b"\xff");
    let sns: aws::sns::SnsEvent = serde_json::from_value(notification.build()).unwrap();
    assert_eq!(sns.records[0].sns.message, "hi");
    assert_eq!(sns.records[0].sns.message_attributes["bytes"].value, "/w==");

    let event = events::eventbridge().detail_type("Paid").detail(&json!({"amount": 7})).resource("arn:a").build();
    let event: aws::eventbridge::EventBridgeEvent = serde_json::from_value(event).unwrap();
    assert_eq!((&*event.detail_type, &event.detail["amount"]), ("Paid", &json!(7)));

    let removed = events::object("a/ü+b").event_name("ObjectRemoved:Delete").version_id("v").sequencer("0A");
    let event: aws::s3::S3Event = serde_json::from_value(events::s3().object(removed).build()).unwrap();
    let object = &event.records[0].s3.object;
    assert_eq!(object.key.as_deref(), Some("a/%C3%BC%2Bb"));
    assert_eq!((object.size, object.e_tag.as_deref()), (None, None));
    assert_eq!((object.version_id.as_deref(), object.sequencer.as_deref()), (Some("v"), Some("0A")));
}
