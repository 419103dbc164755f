//! The IAM policy of a decision.
//!
//! See [Output from a Lambda authorizer](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html).

use lrt_core::__private::json::escape::write_string;
use lrt_core::ErrorReport;

/// Maximum size of a policy.
const MAX_POLICY_BYTES: usize = 8 * 1024;

/// Maximum length of a resource in a policy. See the page above.
const MAX_RESOURCE_CHARS: usize = 512;

/// The ARN of a stage, `arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod`.
#[derive(Clone, Debug)]
pub(super) struct Stage(String);

/// The effect of a policy.
#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    Allow,
    Deny,
}

impl Stage {
    /// Returns the stage of a method or route, whose ARN continues with `/METHOD/path` or `/$connect`.
    ///
    /// # Errors
    ///
    /// Returns an error if the ARN is not one of an API.
    pub(super) fn of(arn: &str) -> Result<Stage, ErrorReport> {
        let mut slashes = arn.match_indices('/').map(|(at, _)| at);
        match (slashes.next(), slashes.next()) {
            (Some(_), Some(end)) if arn.starts_with("arn:") => Ok(Stage(arn[..end].to_owned())),
            _ => Err(ErrorReport::unmarshal(
                "invalid ARN in the event of an authorizer (expected \
                 arn:aws:execute-api:region:account:api/stage/method/path)",
            )),
        }
    }

    /// Returns the resource of a route, or of all routes.
    fn resource(&self, route: Option<&(String, String)>) -> String {
        match route {
            None => format!("{}/*", self.0),
            Some((method, path)) => format!("{}/{method}/{}", self.0, path.strip_prefix('/').unwrap_or(path)),
        }
    }

    /// Writes a policy for these routes, or for all.
    ///
    /// # Errors
    ///
    /// Returns an error if the policy exceeds a limit of API Gateway.
    pub(super) fn write_policy(
        &self,
        effect: Effect,
        routes: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<(), ErrorReport> {
        let start = out.len();
        out.extend_from_slice(br#"{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":""#);
        out.extend_from_slice(match effect {
            Effect::Allow => b"Allow",
            Effect::Deny => b"Deny",
        });
        out.extend_from_slice(br#"","Resource":"#);
        match routes {
            [] => self.write_resource(None, out)?,
            [only] => self.write_resource(Some(only), out)?,
            several => {
                for (place, route) in several.iter().enumerate() {
                    out.push(if place == 0 { b'[' } else { b',' });
                    self.write_resource(Some(route), out)?;
                }
                out.push(b']');
            }
        }
        out.extend_from_slice(b"}]}");
        let size = out.len() - start;
        if size > MAX_POLICY_BYTES {
            let (count, limit) = (routes.len(), MAX_POLICY_BYTES);
            let message =
                format!("the policy of the authorizer is too large: {size} bytes for {count} routes (limit: {limit})");
            return Err(ErrorReport::marshal(message));
        }
        Ok(())
    }

    fn write_resource(&self, route: Option<&(String, String)>, out: &mut Vec<u8>) -> Result<(), ErrorReport> {
        let resource = self.resource(route);
        let length = resource.chars().count();
        if length > MAX_RESOURCE_CHARS {
            return Err(ErrorReport::marshal(format!(
                "a resource in the policy of the authorizer is too long: {length} characters (limit: {MAX_RESOURCE_CHARS})"
            )));
        }
        write_string(out, &resource);
        Ok(())
    }
}
