use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::builder::MAX_RESPONSE_BYTES;
use super::response::{Framing, Response};
use super::wire::Wire;

/// What goes wrong with one request; see [`RuntimeApi::fault`](super::RuntimeApi::fault).
///
/// A fault either lets the request be *taken* or not. A posted reply or error that is taken is the answer of its
/// invocation, whatever the client then sees; one that is not taken changes nothing. A `/next` that is taken waits for
/// an event, whose answer is then broken; one that is not taken is broken at once, with no need of an event.
/// Either way no event is lost: one whose answer was broken is handed out again.
///
/// Requests are taken unless the fault says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is closed once the request's head is there; the body is not read. Not taken.
    /// The client sees the connection's end, or a reset.
    CloseUnread,
    /// The connection is closed once so many bytes of the request's body are there (chunk sizes count too), as when the
    /// client of a streamed reply goes away. The answer of the invocation is [`Lost`](super::AnswerKind::Lost).
    CloseInRequest(usize),
    /// The request is answered when its head is there. With a 2xx it is read on to its end, and taken; any other status
    /// is as with [`Status`](Fault::Status), and the connection is closed.
    AnswerEarly(u16),
    /// The request is read, then the connection is closed without an answer.
    Close {
        /// Whether the request is taken.
        taken: bool,
    },
    /// The request is read and never answered; the connection stays open until the client closes it.
    NoAnswer {
        /// Whether the request is taken.
        taken: bool,
    },
    /// The connection is closed after this many bytes of the answer's head, and before its last byte in any case.
    CloseInHead(usize),
    /// The connection is closed between head and body.
    CloseAfterHead,
    /// The connection is closed after the head and this many bytes of the body (chunk sizes count too), and before
    /// its last byte in any case.
    CloseInBody(usize),
    /// The answer is complete, then the connection is closed.
    CloseAfterAnswer {
        /// Whether the answer says `Connection: close`.
        announced: bool,
    },
    /// An answer with this status and, but for 1xx, 204 and 304, an error as JSON. Not taken.
    ///
    /// A 4xx to a posted reply or error also ends its invocation, as the service has then given it up: its caller's
    /// answer is [`Lost`](super::AnswerKind::Lost), or after 413 the error `Function.ResponseSizeTooLarge`.
    /// After any other status the event is still unanswered, so it is handed out again.
    Status(u16),
    /// These bytes in place of an answer, then the connection is closed. Not taken.
    Raw(Bytes),
    /// The answer is this late.
    Delay(Duration),
    /// Each byte of the answer is a write of its own.
    ByteByByte,
    /// Head and body are two writes, not one.
    HeadThenBody,
    /// Header names in lower case, as cargo-lambda sends them.
    LowerCaseNames,
    /// Header names in upper case.
    UpperCaseNames,
}

impl Fault {
    /// The answer, if this fault keeps the request from being taken. Where the client gets none, nobody writes it.
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

/// Writes an answer as its fault, if any, allows; whether the connection can go on.
pub(super) async fn write(
    wire: &mut Wire,
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
    let mut answer = response.head(close, name);
    let head = answer.len();
    answer.extend(response.framed_body());
    let body = answer.len() - head;
    match fault {
        None | Some(Fault::Status(_) | Fault::LowerCaseNames | Fault::UpperCaseNames) => wire.write(&answer).await?,
        Some(Fault::CloseUnread | Fault::CloseInRequest(_) | Fault::AnswerEarly(_) | Fault::Close { .. }) => {
            return Ok(false);
        }
        Some(Fault::NoAnswer { .. }) => {
            wire.closed().await;
            return Ok(false);
        }
        Some(Fault::CloseInHead(bytes)) => {
            wire.write(&answer[..bytes.min(head - 1)]).await?;
            return Ok(false);
        }
        Some(Fault::CloseAfterHead) => {
            wire.write(&answer[..head]).await?;
            return Ok(false);
        }
        Some(Fault::CloseInBody(bytes)) => {
            wire.write(&answer[..head + bytes.min(body.saturating_sub(1))]).await?;
            return Ok(false);
        }
        Some(Fault::CloseAfterAnswer { .. }) => {
            wire.write(&answer).await?;
            return Ok(false);
        }
        Some(Fault::Raw(bytes)) => {
            wire.write(&bytes).await?;
            return Ok(false);
        }
        Some(Fault::Delay(delay)) => {
            sleep(delay).await;
            wire.write(&answer).await?;
        }
        Some(Fault::ByteByByte) => {
            for byte in answer.chunks(1) {
                wire.write(byte).await?;
                yield_now().await;
            }
        }
        Some(Fault::HeadThenBody) => {
            wire.write(&answer[..head]).await?;
            yield_now().await;
            wire.write(&answer[head..]).await?;
        }
    }
    Ok(!close)
}
