//! The authorizer in front of HTTP functions, as API Gateway calls it: identity sources, cached decisions, and policies.

use super::function_name;
use super::pool::Pool;
use super::terminal::say;
use lrt_core::AuthorizerSettings;
use lrt_testing::__private::{
    Authorization, AuthorizerType, ErrorResponse, Origin, Request, RequestContext, authorizer_of_decision, uuid,
};
use lrt_testing::{AnswerKind, Event};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// An authorizer, with its cache. Functions that name it share it, as the routes of an API do.
pub(super) struct Authorizer {
    name: String,
    pool: Pool,
    identity_sources: Vec<String>,
    cache_time: Duration,
    cache: Mutex<HashMap<CacheKey, CachedDecision>>,
}

/// The values of the identity sources. Each kind of API has its own cache.
type CacheKey = (&'static str, Vec<String>);

struct CachedDecision {
    expires: Instant,
    decision: Authorization,
}

impl Authorizer {
    pub(super) fn new(name: &str, pool: Pool, settings: AuthorizerSettings<'_>) -> Authorizer {
        Authorizer {
            name: name.to_owned(),
            pool,
            identity_sources: settings.identity_sources.to_vec(),
            cache_time: settings.cache,
            cache: Mutex::default(),
        }
    }

    /// Returns `requestContext.authorizer` of an authorized request.
    ///
    /// # Errors
    ///
    /// Returns the response to a request that is not authorized.
    pub(super) async fn authorize(
        &self,
        origin: Origin,
        request: &Request,
        context: &RequestContext,
    ) -> Result<Value, ErrorResponse> {
        let sources = context.identity_values(request, &self.identity_sources);
        let identity = match sources.into_iter().collect::<Option<Vec<String>>>() {
            Some(identity) => identity,
            None => {
                let sources = self.identity_sources.join(", ");
                say(format!("{}: 401, an identity source is missing or empty ({sources})", self.name).as_bytes());
                return Err(ErrorResponse::Unauthorized);
            }
        };
        let key = (origin.name(), identity);
        let cached = self.cached(&key);
        let is_cached = cached.is_some();
        let decision = match cached {
            Some(decision) => decision,
            None => self.decide(key, request, context).await?,
        };
        let arn = context.method_arn(request);
        if decision.status() == 401 {
            return Err(ErrorResponse::Unauthorized);
        }
        if !decision.allows(&arn) {
            if is_cached {
                say(format!("{}: 403 (cached)", self.name).as_bytes());
            }
            return Err(match decision.denies(&arn) {
                true => ErrorResponse::Denied,
                false => ErrorResponse::NotAllowed,
            });
        }
        Ok(authorizer_of_decision(origin, &decision))
    }

    /// Calls the authorizer.
    async fn decide(
        &self,
        key: CacheKey,
        request: &Request,
        context: &RequestContext,
    ) -> Result<Authorization, ErrorResponse> {
        let event = context.authorizer_event(request.clone(), AuthorizerType::Request, &self.identity_sources);
        let event = Event::new(serde_json::to_vec(&event).unwrap_or_default())
            .request_id(uuid())
            .header("Lambda-Runtime-Invoked-Function-Arn", function_name::arn(&self.name));
        let answer = self.pool.invoke(event).answer.await;
        let decision = match answer.kind {
            AnswerKind::Reply => Authorization::read(&answer.body)
                .inspect_err(|error| eprintln!("ERROR invalid reply of the authorizer {}: {error}", self.name))
                .ok(),
            // Any other error of the function is already reported.
            AnswerKind::Error => {
                let message = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
                Authorization::of_error(message["errorMessage"].as_str().unwrap_or_default())
            }
            AnswerKind::Lost => None,
        };
        let decision = decision.ok_or(ErrorResponse::AuthorizerFailed)?;
        if !self.cache_time.is_zero() && decision.status() != 401 {
            let expires = Instant::now() + self.cache_time;
            self.cache().insert(key, CachedDecision { expires, decision: decision.clone() });
        }
        Ok(decision)
    }

    fn cached(&self, key: &CacheKey) -> Option<Authorization> {
        let mut cache = self.cache();
        let now = Instant::now();
        cache.retain(|_, cached| cached.expires > now);
        cache.get(key).map(|cached| cached.decision.clone())
    }

    fn cache(&self) -> MutexGuard<'_, HashMap<CacheKey, CachedDecision>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
