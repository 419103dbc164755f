//! Prints a function's reply.
//!
//! A buffered reply or an error is a line on stdout. A streamed reply is printed to stdout chunk by chunk. For streamed HTTP
//! responses, only the body is printed to stdout; status and headers are printed to stderr. An error at the end of a
//! stream is printed to stderr.

use crate::function_error::FunctionError;
use crate::response_stream::{self, StreamError, StreamStart};
use crate::say;
use http_body_util::BodyExt;
use hyper::StatusCode;
use lrt_testing::__private::Reply;
use lrt_testing::__private::ReplyPart;
use lrt_testing::{Answer, Pending};
use std::io::{self, IsTerminal, Write, stdout};
use tokio::sync::mpsc::Receiver;

/// Prints the answer as it arrives. Returns true if it is a complete reply.
pub(super) async fn print(parts: Receiver<ReplyPart>, answer: Pending, is_http: bool) -> bool {
    let mut body = match is_http {
        true => match response_stream::start_http(parts, answer).await {
            StreamStart::Streamed(reply, body) => {
                print_head(&reply);
                body
            }
            StreamStart::Buffered(answer) => return print_buffered(&answer),
            StreamStart::Invalid(error) => {
                eprintln!("ERROR invalid reply: {error}");
                return false;
            }
        },
        false => match response_stream::start(parts, answer).await {
            Ok(body) => body,
            Err(answer) => return print_buffered(&answer),
        },
    };
    let mut ends_line = true;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let chunk = frame.into_data().unwrap_or_default();
                ends_line = chunk.last().map_or(ends_line, |byte| *byte == b'\n');
                // A reader that closes the pipe (`| head`) ends the stream, which is not an error.
                if write(&chunk).is_err() {
                    return true;
                }
            }
            Err(StreamError(error)) => {
                end_line(ends_line);
                eprintln!("ERROR the stream failed: {}", String::from_utf8_lossy(&error.body));
                return false;
            }
        }
    }
    end_line(ends_line);
    true
}

fn print_buffered(answer: &Answer) -> bool {
    // If the answer is missing, the event loop has logged the reason.
    if !answer.is_lost() {
        say(&answer.body);
    }
    FunctionError::from_answer(answer, "").is_none()
}

fn print_head(reply: &Reply) {
    let status = StatusCode::from_u16(reply.status).map_or_else(|_| reply.status.to_string(), |code| code.to_string());
    let headers = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
    let cookies = reply.cookies.iter().map(|cookie| format!("set-cookie: {cookie}\n"));
    eprintln!("{status}\n{}", headers.chain(cookies).collect::<String>());
}

fn write(chunk: &[u8]) -> io::Result<()> {
    let mut stdout = stdout().lock();
    stdout.write_all(chunk)?;
    stdout.flush()
}

/// Ends the line if stdout is a terminal. Otherwise nothing is added to the function's bytes.
fn end_line(is_ended: bool) {
    if !is_ended && stdout().is_terminal() {
        _ = write(b"\n");
    }
}
