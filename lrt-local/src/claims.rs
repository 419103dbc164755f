//! `--claims`: JWT claims in the events of HTTP functions, instead of an authorizer of API Gateway.

use lrt_testing::__private::{Origin, authorizer_of_claims};
use serde_json::Value;
use std::ffi::OsStr;

/// The error for functions behind a service that does not check tokens.
pub(super) const UNSUPPORTED: &str =
    "--claims requires a function behind API Gateway (add --origin http_api or --origin rest_api)";

/// Returns true if events of this origin can contain claims.
pub(super) fn is_supported(origin: Origin) -> bool {
    authorizer_of_claims(origin, Value::Null).is_some()
}

/// Reads the value of the option: a JSON object, or the name of a file that contains one.
pub(super) fn read(option: &OsStr) -> Result<Value, String> {
    let text = option.to_string_lossy();
    let (source, json) = match text.trim_start().starts_with(['{', '[', '"']) {
        true => ("--claims", text.into_owned()),
        false => {
            let file = text.strip_prefix('@').unwrap_or(&text);
            let json = std::fs::read_to_string(file);
            (
                file,
                json.map_err(|error| format!("cannot read the claims from {file}: {error} (expected JSON or a file)"))?,
            )
        }
    };
    match serde_json::from_str(&json) {
        Ok(claims @ Value::Object(_)) => Ok(claims),
        Ok(_) => Err(format!("invalid claims in {source}: expected a JSON object")),
        Err(error) => Err(format!("invalid claims in {source}: {error} (expected a JSON object)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_are_json_or_a_file() {
        let file = std::env::temp_dir().join(format!("lrt-claims-{}.json", std::process::id()));
        std::fs::write(&file, r#"{"sub":"eve"}"#).unwrap();
        assert_eq!(read(r#" {"sub":"ada"}"#.as_ref()), Ok(json!({ "sub": "ada" })));
        assert_eq!(read(file.as_os_str()), Ok(json!({ "sub": "eve" })));
        assert_eq!(read(format!("@{}", file.display()).as_ref()), Ok(json!({ "sub": "eve" })));
        std::fs::remove_file(&file).unwrap();
        for (option, error) in [
            ("[1]", "invalid claims in --claims: expected a JSON object"),
            (
                "{",
                "invalid claims in --claims: EOF while parsing an object at line 1 column 1 (expected a JSON object)",
            ),
            (
                "no/such/file",
                "cannot read the claims from no/such/file: No such file or directory (os error 2) (expected JSON or a file)",
            ),
        ] {
            assert_eq!(read(option.as_ref()), Err(error.to_owned()));
        }
    }

    #[test]
    fn api_gateway_supports_claims() {
        let supported = |kind| Origin::of_kind(kind).iter().map(|origin| is_supported(*origin)).collect::<Vec<_>>();
        assert_eq!(supported("http"), [false, true, true, false, false]);
        assert_eq!(supported("websocket"), [false]);
    }
}
