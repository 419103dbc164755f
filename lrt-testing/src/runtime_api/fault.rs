use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::connection::Connection;
use super::response::{Framing, MAX_RESPONSE_BYTES, Response};

/// A fault of one request; see [`RuntimeApi::fault`](super::RuntimeApi::fault).
///
/// The request is either *taken* or not. A posted reply or error that is taken becomes the answer of its invocation, even if the
/// client gets no response. One that is not taken has no effect. A `/next` that is taken waits for an event, and the fault
/// affects the response. One that is not taken fails immediately, without an event. No event is lost: it is delivered again
/// after a faulty response.
///
/// Requests are taken unless the documentation of the fault says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Closes the connection after the head of the request, without reading the body. Not taken. The client sees the end of the
    /// connection or a reset.
    CloseUnread,
    /// Closes the connection after this many bytes of the request's body, including chunk headers, as if the client of a streamed
    /// reply disconnected. The answer of the invocation is [`Lost`](super::AnswerKind::Lost).
    CloseInRequest(usize),
    /// Answers the request once its head is received. With a 2xx status, the request is read to its end and taken. Any
    /// other status has the effect of [`Status`](Fault::Status), and closes the connection.
    AnswerEarly(u16),
    /// Reads the request and closes the connection without a response.
    Close {
        /// True if the request is taken.
        taken: bool,
    },
    /// Reads the request and never responds. The connection stays open until the client closes it.
    NoAnswer {
        /// True if the request is taken.
        taken: bool,
    },
    /// Closes the connection after this many bytes of the response head, but always before its last byte.
    CloseInHead(usize),
    /// Closes the connection between the head and the body of the response.
    CloseAfterHead,
    /// Closes the connection after the head and this many bytes of the body, including chunk headers, but always before
    /// the last byte.
    CloseInBody(usize),
    /// Closes the connection after a complete response.
    CloseAfterAnswer {
        /// True if the response has `Connection: close`.
        announced: bool,
    },
    /// Responds with this status and an error as JSON (no body for 1xx, 204 and 304). Not taken.
    ///
    /// A 4xx to a posted reply or error also ends the invocation, because the service has abandoned it: the answer is
    /// [`Lost`](super::AnswerKind::Lost), or the error `Function.ResponseSizeTooLarge` for 413. After any other status,
    /// the event is still unanswered and is delivered again.
    Status(u16),
    /// Sends these bytes instead of a response and closes the connection. Not taken.
    Raw(Bytes),
    /// Delays the response.
    Delay(Duration),
    /// Sends each byte of the response in a separate write.
    ByteByByte,
    /// Sends head and body in two writes.
    HeadThenBody,
    /// Sends header names in lower case, as cargo-lambda does.
    LowerCaseNames,
    /// Sends header names in upper case.
    UpperCaseNames,
}

impl Fault {
    /// Returns the response to a request that is not taken. For faults without a response, it is not written.
    pub(super) fn untaken(&self) -> Option<Response> {
        match self {
            Self::Status(status) => Some(Response {
                body: if matches!(status, 100..200 | 204 | 304) { Bytes::new() } else { error_of(*status).body },
                ..error_of(*status)
            }),
            Self::CloseUnread
            | Self::CloseInRequest(_)
            | Self::AnswerEarly(_)
            | Self::Close { taken: false }
            | Self::NoAnswer { taken: false }
            | Self::Raw(_) => Some(error_of(500)),
            _ => None,
        }
    }
}

pub(super) fn error_of(status: u16) -> Response {
    match status {
        403 => Response::invalid_state("RuntimeResponseSentState", "InvocationResponse"),
        410 => Response::gone(),
        413 => Response::too_large(MAX_RESPONSE_BYTES),
        500 => Response::error(500, "InternalServerError", "Internal server error"),
        _ => Response::error(status, "InjectedFault", "a fault was set for this request"),
    }
}

/// Writes a response with its fault, if any. Returns true if the connection can be reused.
pub(super) async fn write(
    connection: &mut Connection,
    response: &Response,
    keep_alive: bool,
    fault: Option<Fault>,
) -> io::Result<bool> {
    let announced = fault == Some(Fault::CloseAfterAnswer { announced: true });
    let close = announced || !keep_alive || response.framing == Framing::UntilClose;
    let name = match fault {
        Some(Fault::LowerCaseNames) => str::to_ascii_lowercase,
        Some(Fault::UpperCaseNames) => str::to_ascii_uppercase,
        _ => str::to_owned,
    };
    let mut output = response.head(close, name);
    let head = output.len();
    output.extend(response.framed_body());
    let body = output.len() - head;
    match fault {
        None | Some(Fault::Status(_) | Fault::LowerCaseNames | Fault::UpperCaseNames) => {
            connection.write(&output).await?
        }
        Some(Fault::CloseUnread | Fault::CloseInRequest(_) | Fault::AnswerEarly(_) | Fault::Close { .. }) => {
            return Ok(false);
        }
        Some(Fault::NoAnswer { .. }) => {
            connection.closed().await;
            return Ok(false);
        }
        Some(Fault::CloseInHead(bytes)) => {
            connection.write(&output[..bytes.min(head - 1)]).await?;
            return Ok(false);
        }
        Some(Fault::CloseAfterHead) => {
            connection.write(&output[..head]).await?;
            return Ok(false);
        }
        Some(Fault::CloseInBody(bytes)) => {
            connection.write(&output[..head + bytes.min(body.saturating_sub(1))]).await?;
            return Ok(false);
        }
        Some(Fault::CloseAfterAnswer { .. }) => {
            connection.write(&output).await?;
            return Ok(false);
        }
        Some(Fault::Raw(bytes)) => {
            connection.write(&bytes).await?;
            return Ok(false);
        }
        Some(Fault::Delay(delay)) => {
            sleep(delay).await;
            connection.write(&output).await?;
        }
        Some(Fault::ByteByByte) => {
            for byte in output.chunks(1) {
                connection.write(byte).await?;
                yield_now().await;
            }
        }
        Some(Fault::HeadThenBody) => {
            connection.write(&output[..head]).await?;
            yield_now().await;
            connection.write(&output[head..]).await?;
        }
    }
    Ok(!close)
}
