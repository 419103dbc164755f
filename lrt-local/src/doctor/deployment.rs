//! Rules about the template: handlers, partial batch responses, visibility timeouts, invoke modes.

use super::project::Project;
use super::template::{Resource, Template, referenced_id};
use super::{Finding, Severity};
use crate::function::{LocalFunction, names};
use serde_json::Value;

/// Lambda's default timeout in seconds.
const DEFAULT_TIMEOUT: u64 = 3;

/// Default visibility timeout of a queue in seconds.
const DEFAULT_VISIBILITY: u64 = 30;

/// Minimum ratio of the visibility timeout to the function's timeout
/// ([guide](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)).
const VISIBILITY: u64 = 6;

/// SAM's types of event source mappings.
const MAPPINGS: [&str; 5] = ["SQS", "DynamoDB", "Kinesis", "MSK", "SelfManagedKafka"];

const BATCH_KINDS: [&str; 4] = ["sqs", "dynamodb", "kinesis", "kafka"];

/// A function of this binary in the template.
struct Deployed<'a> {
    resource: Resource<'a>,
    function: &'a dyn LocalFunction,
}

/// An event source mapping, with a name for messages.
struct Mapping<'a> {
    name: String,
    properties: &'a Value,
    /// ARN of the source.
    source: &'a Value,
}

/// Checks the resources of the functions in this binary.
pub(super) fn findings(project: &Project, functions: &[&dyn LocalFunction]) -> Vec<Finding> {
    let Some(template) = &project.template else { return Vec::new() };
    let mut findings = Vec::new();
    for resource in template.resources() {
        if !matches!(resource.kind, "AWS::Serverless::Function" | "AWS::Lambda::Function")
            || !is_own(project, &resource)
        {
            continue;
        }
        let handler = template.property(&resource, "Handler").as_str().unwrap_or_default();
        // A single function has any handler.
        let function = match functions {
            [only] => Some(*only),
            several => several.iter().copied().find(|function| function.name() == handler),
        };
        match function {
            Some(function) => {
                let deployed = Deployed { resource, function };
                findings.extend(partial_batch_responses(template, &deployed));
                findings.extend(visibility_timeouts(template, &deployed));
                findings.extend(invoke_mode(template, &deployed));
            }
            None => findings.push(Finding {
                severity: Severity::Error,
                defect: format!("{}: {} has the handler {handler:?}", template.name, resource.id),
                effect: "No function of the binary has this name, so that each invocation fails.",
                fix: format!("Handler: one of {}", names(functions)),
            }),
        }
    }
    findings
}

/// Returns true if the resource runs this binary, as far as the template says so.
fn is_own(project: &Project, resource: &Resource<'_>) -> bool {
    let template = project.template.as_ref();
    let runtime = template.map_or(&Value::Null, |template| template.property(resource, "Runtime"));
    let is_custom = runtime.as_str().is_none_or(|runtime| runtime.starts_with("provided"));
    is_custom && resource.binary().is_none_or(|binary| binary == project.binary_name)
}

/// Returns the event source mappings of a function: SAM's events, and resources.
fn mappings<'a>(template: &'a Template, deployed: &Deployed<'a>) -> Vec<Mapping<'a>> {
    let id = deployed.resource.id;
    let events = deployed.resource.properties["Events"].as_object().into_iter().flatten();
    let events = events.filter(|(_, event)| event["Type"].as_str().is_some_and(|kind| MAPPINGS.contains(&kind)));
    let events = events.map(|(name, event)| {
        let properties = &event["Properties"];
        let source = if properties["Queue"].is_null() { &properties["Stream"] } else { &properties["Queue"] };
        Mapping { name: format!("{id}.Events.{name}"), properties, source }
    });
    let resources = template.resources().filter(|resource| {
        resource.kind == "AWS::Lambda::EventSourceMapping"
            && referenced_id(&resource.properties["FunctionName"]) == Some(id)
    });
    let resources = resources.map(|resource| Mapping {
        name: resource.id.to_owned(),
        properties: resource.properties,
        source: &resource.properties["EventSourceArn"],
    });
    events.chain(resources).collect()
}

fn partial_batch_responses(template: &Template, deployed: &Deployed<'_>) -> Vec<Finding> {
    if !BATCH_KINDS.contains(&deployed.function.kind()) {
        return Vec::new();
    }
    let is_reported = |mapping: &Mapping<'_>| {
        let types = mapping.properties["FunctionResponseTypes"].as_array();
        types.is_some_and(|types| types.iter().any(|kind| kind == "ReportBatchItemFailures"))
    };
    let silent = mappings(template, deployed).into_iter().filter(|mapping| !is_reported(mapping));
    let finding = |mapping: Mapping<'_>| Finding {
        severity: Severity::Error,
        defect: format!("{}: {} does not report failed records", template.name, mapping.name),
        effect: "Lambda ignores the partial batch response, and failed records are lost.",
        fix: "FunctionResponseTypes: [ReportBatchItemFailures]".to_owned(),
    };
    silent.map(finding).collect()
}

fn visibility_timeouts(template: &Template, deployed: &Deployed<'_>) -> Vec<Finding> {
    let timeout = match template.property(&deployed.resource, "Timeout") {
        Value::Null => DEFAULT_TIMEOUT,
        // A parameter, for example.
        value => match value.as_u64() {
            Some(timeout) => timeout,
            None => return Vec::new(),
        },
    };
    let sources = mappings(template, deployed).into_iter().filter_map(|mapping| template.referenced(mapping.source));
    let queues = sources.filter(|resource| resource.kind == "AWS::SQS::Queue");
    let finding = |queue: Resource<'_>| {
        let visibility = match &queue.properties["VisibilityTimeout"] {
            Value::Null => DEFAULT_VISIBILITY,
            value => value.as_u64()?,
        };
        (visibility < VISIBILITY * timeout).then(|| Finding {
            severity: Severity::Warning,
            defect: format!(
                "{}: {} has a visibility timeout of {visibility} s, and {} a timeout of {timeout} s",
                template.name, queue.id, deployed.resource.id
            ),
            effect: "Messages are delivered again while they are processed, or moved to the dead-letter queue when Lambda is throttled.",
            fix: format!("VisibilityTimeout: {}", VISIBILITY * timeout),
        })
    };
    queues.filter_map(finding).collect()
}

fn invoke_mode(template: &Template, deployed: &Deployed<'_>) -> Option<Finding> {
    let id = deployed.resource.id;
    let own = Some((id, &deployed.resource.properties["FunctionUrlConfig"])).filter(|(_, url)| !url.is_null());
    let urls = template.resources().filter(|resource| {
        resource.kind == "AWS::Lambda::Url" && referenced_id(&resource.properties["TargetFunctionArn"]) == Some(id)
    });
    let mut urls = own.into_iter().chain(urls.map(|resource| (resource.id, resource.properties)));
    let streams = deployed.function.streams();
    let (id, mode) = urls.find_map(|(id, url)| {
        let mode = url["InvokeMode"].as_str().unwrap_or("BUFFERED");
        (streams != (mode == "RESPONSE_STREAM")).then_some((id, mode))
    })?;
    Some(Finding {
        severity: Severity::Error,
        defect: format!(
            "{}: {id} has the invoke mode {mode}, and `{}` {}",
            template.name,
            deployed.function.name(),
            if streams { "streams" } else { "does not stream" },
        ),
        effect: match streams {
            true => "The client receives the response at its end, or an error if it is larger than 6 MB.",
            false => "The client receives the response as JSON, with its status and headers as fields.",
        },
        fix: match streams {
            true => "InvokeMode: RESPONSE_STREAM".to_owned(),
            false => "InvokeMode: BUFFERED, or the option `streaming`".to_owned(),
        },
    })
}
