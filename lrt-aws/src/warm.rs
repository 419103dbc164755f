//! Connections that are opened before the first event.

use crate::http::{Probe, with_causes};
use std::time::Duration;

/// Time limit of [`warm`].
const LIMIT: Duration = Duration::from_secs(1);

/// Opens the connection that a call needs, without sending the call.
///
/// In `init`, this moves DNS, TCP and TLS out of the first invocation. The SDK resolves endpoint and credentials and
/// signs the request as usual. Instead of the request, a `GET /` is sent to the same host, and the connection is kept
/// for the first real call. This works for every service, including hosts of buckets and accounts. It does not read or
/// write data, and does not need an IAM permission.
///
/// The client must use a configuration from [`config`](crate::config). With any other client, the call is sent. Several
/// connections can be opened at the same time:
///
/// ```no_run
/// # async fn init() {
/// # let config = lrt_aws::config().load().await;
/// let db = aws_sdk_dynamodb::Client::new(&config);
/// let sts = aws_sdk_sts::Client::new(&config);
/// tokio::join!(
///     lrt_aws::warm(db.list_tables().send()),
///     lrt_aws::warm(sts.get_caller_identity().send()),
/// );
/// # }
/// ```
///
/// With HTTP/1.1, a connection carries one request at a time. A function that makes nine calls at once warms nine connections:
///
/// ```no_run
/// # async fn init(db: aws_sdk_dynamodb::Client) {
/// let calls = (0..9).map(|_| lrt_aws::warm(db.list_tables().send()));
/// futures_util::future::join_all(calls).await;
/// # }
/// ```
///
/// It takes at most one second. If the connection is not open by then, it logs one warning and returns; the first real
/// call tries again. Credentials are fetched and cached if necessary.
///
/// # Panics
///
/// Panics if the call panics.
pub async fn warm<T, E>(call: impl Future<Output = Result<T, E>>)
where
    E: std::error::Error + 'static,
{
    let probe = Probe::default();
    let result = tokio::time::timeout(LIMIT, probe.scope(call)).await;
    let reason = match (probe.opened(), result) {
        (Some(Ok(())), _) => return,
        (Some(Err(error)), _) => error.clone(),
        (None, Err(_)) => format!("no connection within {LIMIT:?}"),
        (None, Ok(Err(error))) => with_causes(&error),
        (None, Ok(Ok(_))) => {
            "the call was sent, because its client does not have the configuration of lrt_aws::config()".into()
        }
    };
    let host = probe.url().map(|url| format!("{url}: ")).unwrap_or_default();
    lrt_core::log::warn("", format_args!("could not open a connection in advance: {host}{reason}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn panic_in_the_call_removes_the_probe() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let call = async { if true { panic!("on purpose") } else { Ok::<(), std::io::Error>(()) } };
        assert!(catch_unwind(AssertUnwindSafe(|| runtime.block_on(warm(call)))).is_err());
        assert!(Probe::current().is_none());
    }
}
