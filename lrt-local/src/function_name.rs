//! The `FunctionName` and `Qualifier` of a request to the Invoke API.

use super::error_response::InvokeError;
use lrt_testing::__private::percent_decode;

/// The beginning of an ARN, up to the function's name, with a placeholder region and account.
const ARN_PREFIX: &str = "arn:aws:lambda:us-east-1:000000000000:function:";

/// The Runtime Interface Emulator's name for every function, which is used in scripts for it.
const EMULATOR_NAME: &str = "function";

/// Constraints of [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters).
const NAME_PATTERN: &str = "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?(-iso([a-z])?)?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?\
    ([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
const QUALIFIER_PATTERN: &str = "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
const MAX_QUALIFIER_BYTES: usize = 128;

/// Returns the ARN of a local function.
pub(super) fn arn(name: &str) -> String {
    format!("{ARN_PREFIX}{name}")
}

/// A function name in the form that the caller used: `NAME`, `ACCOUNT:function:NAME` or an ARN, each with an optional
/// `:QUALIFIER`.
///
/// Contains only characters that the service allows, so that it can be sent in a header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FunctionName {
    name: String,
    /// The ARN that the function receives as the invoked ARN.
    pub(super) arn: String,
}

impl FunctionName {
    /// Parses the path segment and the query of a request. `is_local` accepts names that the service would not allow,
    /// since local functions may have such names.
    ///
    /// # Errors
    ///
    /// Returns [`InvokeError::Validation`], like the service, if the name or the qualifier does not match its pattern.
    pub(super) fn parse(
        segment: &str,
        query: Option<&str>,
        is_local: impl Fn(&str) -> bool,
    ) -> Result<FunctionName, InvokeError> {
        let text = percent_decode(segment);
        let (prefix, rest) = text.split_once(":function:").unwrap_or(("", &text));
        let (name, qualifier) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (rest, None),
        };
        let is_valid = is_valid_prefix(prefix)
            && (is_local(name) || !name.is_empty() && consists_of(name, "-_."))
            && qualifier.is_none_or(is_valid_qualifier);
        if !is_valid {
            return Err(InvokeError::Validation { value: text, member: "functionName", pattern: NAME_PATTERN });
        }
        let in_query = query.and_then(qualifier_in).filter(|_| qualifier.is_none());
        if let Some(value) = in_query.clone().filter(|qualifier| !is_valid_qualifier(qualifier)) {
            return Err(InvokeError::Validation { value, member: "qualifier", pattern: QUALIFIER_PATTERN });
        }
        let mut full = match prefix.starts_with("arn:") {
            true => format!("{prefix}:function:{name}"),
            false => arn(name),
        };
        if let Some(qualifier) = qualifier.or(in_query.as_deref()) {
            full = format!("{full}:{qualifier}");
        }
        Ok(FunctionName { name: name.to_owned(), arn: full })
    }

    /// Returns true if this is the function called `name`. Every qualifier refers to its only version.
    pub(super) fn matches(&self, name: &str) -> bool {
        self.name == name
    }

    /// Returns true for the emulator's name, which refers to the only function.
    pub(super) fn is_emulator_name(&self) -> bool {
        self.name == EMULATOR_NAME
    }
}

/// Returns true for a valid prefix of `:function:`: nothing, an account id, or the beginning of an ARN.
fn is_valid_prefix(prefix: &str) -> bool {
    match prefix.split(':').collect::<Vec<_>>().as_slice() {
        [account] => account.bytes().all(|digit| digit.is_ascii_digit()),
        ["arn", partition, "lambda", region, account] => {
            consists_of(partition, "-")
                && consists_of(region, "-")
                && account.bytes().all(|digit| digit.is_ascii_digit())
        }
        _ => false,
    }
}

fn is_valid_qualifier(qualifier: &str) -> bool {
    let is_allowed = consists_of(qualifier, "-_$") || qualifier == "$LATEST.PUBLISHED";
    (1..=MAX_QUALIFIER_BYTES).contains(&qualifier.len()) && is_allowed
}

fn consists_of(text: &str, punctuation: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || punctuation.contains(letter))
}

fn qualifier_in(query: &str) -> Option<String> {
    query.split('&').find_map(|pair| pair.strip_prefix("Qualifier=")).map(percent_decode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(segment: &str, query: Option<&str>) -> Result<FunctionName, InvokeError> {
        FunctionName::parse(segment, query, |name| matches!(name, "process" | "größe"))
    }

    #[test]
    fn each_form_of_a_name_is_parsed() {
        let local = "arn:aws:lambda:us-east-1:000000000000:function:process";
        let foreign = "arn:aws-cn:lambda:cn-north-1:123456789012:function:process";
        for (segment, query, arn) in [
            ("process", None, local),
            ("process:7", None, &*format!("{local}:7")),
            ("process%3A%24LATEST", None, &*format!("{local}:$LATEST")),
            ("process", Some("a=b&Qualifier=%24LATEST"), &*format!("{local}:$LATEST")),
            ("process:7", Some("Qualifier=8"), &*format!("{local}:7")),
            ("123456789012:function:process", None, local),
            (foreign, None, foreign),
            ("arn%3Aaws-cn%3Alambda%3Acn-north-1%3A123456789012%3afunction%3Aprocess", None, foreign),
            (&*format!("{foreign}:live"), None, &*format!("{foreign}:live")),
        ] {
            let name = parse(segment, query).unwrap();
            assert!(name.matches("process"), "{segment}");
            assert_eq!(name.arn, arn, "{segment}");
        }
        assert!(parse("function", None).unwrap().is_emulator_name());
        assert!(parse("function:live", None).unwrap().is_emulator_name());
        assert!(parse("gr%C3%B6%C3%9Fe", None).unwrap().matches("größe"));
    }

    #[test]
    fn other_functions_do_not_match() {
        for segment in ["other", "Process", "live:process", "arn:aws:lambda:us-east-1:123456789012:function:other"] {
            let name = parse(segment, None).unwrap();
            assert!(!name.matches("process") && !name.is_emulator_name(), "{segment}");
        }
    }

    #[test]
    fn names_and_qualifiers_that_the_service_does_not_allow_are_rejected() {
        let long = "x".repeat(129);
        let bad =
            ["", "a b", "a%0d%0ab", "a%0ab", "a%00b", "a%09b", "a%7fb", "a/b", "%ff", "a%", "a%+f", "%C2%85", &long];
        let rejected = |segment: &str, query: Option<&str>| match parse(segment, query) {
            Err(InvokeError::Validation { member, .. }) => Some(member),
            _ => None,
        };
        for bad in bad {
            if bad != long {
                assert_eq!(rejected(bad, None), Some("functionName"), "{bad:?}");
                assert_eq!(
                    rejected(&format!("arn:aws:lambda:{bad}b%0a:1:function:process"), None),
                    Some("functionName")
                );
            }
            assert_eq!(rejected(&format!("process:{bad}"), None), Some("functionName"), "{bad:?}");
            assert_eq!(rejected("process", Some(&format!("Qualifier={bad}"))), Some("qualifier"), "{bad:?}");
        }
        for segment in ["arn:aws:sqs:us-east-1:123456789012:function:process", "x:function:process"] {
            assert_eq!(rejected(segment, None), Some("functionName"), "{segment}");
        }
    }
}
