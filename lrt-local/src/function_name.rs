//! Which function a request means.

/// The ARN up to a function's name. It needs an account and a region, and these are nobody's.
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:";

/// What the RIE calls every function, and so what scripts that were written for it ask for.
const ALIAS: &str = "function";

/// The ARN of a function here.
pub(super) fn arn(name: &str) -> String {
    format!("{ARN}{name}")
}

/// A function as a caller named it: `NAME`, `ACCOUNT:function:NAME` or its ARN, each with `:QUALIFIER` if they like.
///
/// See `FunctionName` in [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FunctionName {
    name: String,
    /// What the function gets to see as the ARN that was invoked.
    pub(super) arn: String,
}

impl FunctionName {
    /// Reads the segment of the request's path and its query. A name of no such form is a name that nothing has.
    pub(super) fn read(segment: &str, query: Option<&str>) -> FunctionName {
        let text = decode(segment).unwrap_or_else(|| segment.to_owned());
        let (prefix, rest) = match text.split_once(":function:") {
            Some((prefix, rest)) if is_prefix(prefix) => (prefix, rest),
            _ => ("", &*text),
        };
        let (name, qualifier) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier.to_owned())),
            None => (rest, query.and_then(qualifier_in)),
        };
        let mut full = match prefix.starts_with("arn:") {
            true => format!("{prefix}:function:{name}"),
            false => arn(name),
        };
        if let Some(qualifier) = qualifier {
            full = format!("{full}:{qualifier}");
        }
        FunctionName { name: name.to_owned(), arn: full }
    }

    /// Whether this is the function that is called `name`. Any version and any alias of it is the one that runs.
    pub(super) fn means(&self, name: &str) -> bool {
        self.name == name
    }

    /// Whether this is the RIE's name, which means the function where there is but one.
    pub(super) fn is_alias(&self) -> bool {
        self.name == ALIAS
    }
}

/// Whether this may stand before `:function:`: an account's id, or an ARN up to there.
fn is_prefix(prefix: &str) -> bool {
    match prefix.split(':').collect::<Vec<_>>().as_slice() {
        [account] => account.bytes().all(|digit| digit.is_ascii_digit()),
        ["arn", _, "lambda", _, _] => true,
        _ => false,
    }
}

fn qualifier_in(query: &str) -> Option<String> {
    query.split('&').find_map(|pair| pair.strip_prefix("Qualifier=")).and_then(decode)
}

/// Undoes percent-encoding; `None` where it is broken, or what it hides is no UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        // from_str_radix alone would take a sign
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_a_name_means_the_function() {
        let ours = "arn:aws:lambda:us-east-1:000000000000:function:process";
        let theirs = "arn:aws-cn:lambda:cn-north-1:123456789012:function:process";
        for (segment, query, arn) in [
            ("process", None, ours),
            ("process:7", None, &*format!("{ours}:7")),
            ("process%3A%24LATEST", None, &*format!("{ours}:$LATEST")),
            ("process", Some("a=b&Qualifier=%24LATEST"), &*format!("{ours}:$LATEST")),
            ("123456789012:function:process", None, ours),
            (theirs, None, theirs),
            ("arn%3Aaws-cn%3Alambda%3Acn-north-1%3A123456789012%3afunction%3Aprocess", None, theirs),
            (&*format!("{theirs}:live"), None, &*format!("{theirs}:live")),
        ] {
            let name = FunctionName::read(segment, query);
            assert!(name.means("process"), "{segment}");
            assert_eq!(name.arn, arn, "{segment}");
        }
        assert!(FunctionName::read("function", None).is_alias());
        assert!(FunctionName::read("function:live", None).is_alias());
    }

    #[test]
    fn other_names_do_not() {
        for segment in [
            "",
            "other",
            "Process",
            "process%",
            "process%+f",
            "%ff",
            "live:process",
            "arn:aws:sqs:us-east-1:123456789012:function:process",
            "arn:aws:lambda:us-east-1:123456789012:function:other",
        ] {
            let name = FunctionName::read(segment, None);
            assert!(!name.means("process") && !name.is_alias(), "{segment}");
        }
    }
}
