//! The form in which an API expects a decision.

use super::context::{Encoding, write_context};
use super::decision::Allow;
use super::policy::{Effect, Stage};
use lrt_core::__private::json::escape::write_string;
use lrt_core::{ErrorReport, Reply, ReplyBuffer};
use serde::Serialize;

/// The `principalId` of decisions without one.
const PRINCIPAL_ID: &str = "user";

/// The API that the response is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A policy, and a context of strings.
    Rest,
    /// Like [`Form::Rest`]. A policy cannot be narrowed.
    WebSocket,
    /// An HTTP API with payload format 1.0: the same as for a REST API.
    Version1,
    /// An HTTP API with payload format 2.0: a policy, and a context of any JSON.
    Version2,
    /// An HTTP API with payload format 2.0 and simple responses: `isAuthorized`, and a context of any JSON.
    Simple,
}

/// The form in which an API expects the decision of its authorizer, from [`AuthRequest::response`](super::AuthRequest::response).
#[derive(Clone, Debug)]
pub struct AuthResponse {
    form: Form,
    stage: Stage,
}

impl AuthResponse {
    pub(super) fn new(form: Form, stage: Stage) -> AuthResponse {
        AuthResponse { form, stage }
    }

    /// Returns the reply for a client that may call the API.
    ///
    /// # Errors
    ///
    /// Returns an error if the API does not accept the decision.
    pub fn allow<User: Serialize>(&self, allow: &Allow<User>, buffer: ReplyBuffer) -> Result<Reply, ErrorReport> {
        let user = serde_json::to_string(allow.user()).map_err(ErrorReport::marshal)?;
        let parts = Parts { principal_id: &allow.principal_id, usage_key: &allow.usage_key, routes: &allow.routes };
        self.write_allow(&user, &parts, buffer)
    }

    fn write_allow(&self, user: &str, parts: &Parts<'_>, buffer: ReplyBuffer) -> Result<Reply, ErrorReport> {
        if let (Some(reason), false) = (self.cannot_narrow(), parts.routes.is_empty()) {
            return Err(ErrorReport::marshal(format!("cannot narrow the decision of the authorizer: {reason}")));
        }
        let encoding = match self.form {
            Form::Version2 | Form::Simple => Encoding::Json,
            Form::Rest | Form::WebSocket | Form::Version1 => Encoding::Strings,
        };
        let mut out = Vec::new();
        if self.form == Form::Simple {
            out.extend_from_slice(br#"{"isAuthorized":true"#);
            write_context(user, encoding, &mut out)?;
        } else {
            self.write_policy(parts, Effect::Allow, &mut out)?;
            write_context(user, encoding, &mut out)?;
            if let (Some(key), Form::Rest | Form::WebSocket) = (parts.usage_key, self.form) {
                out.extend_from_slice(br#","usageIdentifierKey":"#);
                write_string(&mut out, key);
            }
        }
        out.push(b'}');
        Ok(buffer.write(|reply| reply.extend_from_slice(&out)))
    }

    /// Returns the reply for a client that may not call the API: a 403.
    ///
    /// # Errors
    ///
    /// Returns an error if the ARN of the stage exceeds the limit for policies.
    pub fn deny(&self, buffer: ReplyBuffer) -> Result<Reply, ErrorReport> {
        let mut out = Vec::new();
        match self.form {
            Form::Simple => out.extend_from_slice(br#"{"isAuthorized":false"#),
            _ => {
                let parts = Parts { principal_id: &None, usage_key: &None, routes: &[] };
                self.write_policy(&parts, Effect::Deny, &mut out)?;
            }
        }
        out.push(b'}');
        Ok(buffer.write(|reply| reply.extend_from_slice(&out)))
    }

    fn write_policy(&self, parts: &Parts<'_>, effect: Effect, out: &mut Vec<u8>) -> Result<(), ErrorReport> {
        out.extend_from_slice(br#"{"principalId":"#);
        write_string(out, parts.principal_id.as_deref().unwrap_or(PRINCIPAL_ID));
        out.extend_from_slice(br#","policyDocument":"#);
        self.stage.write_policy(effect, parts.routes, out)
    }

    fn cannot_narrow(&self) -> Option<&'static str> {
        match self.form {
            Form::Simple => Some("a simple response covers all routes (write `iam_policy` to answer with a policy)"),
            Form::WebSocket => Some("a WebSocket API calls its authorizer only when a client connects"),
            Form::Rest | Form::Version1 | Form::Version2 => None,
        }
    }
}

/// The parts of a decision that do not depend on the type of the user.
struct Parts<'a> {
    principal_id: &'a Option<String>,
    usage_key: &'a Option<String>,
    routes: &'a [(String, String)],
}
