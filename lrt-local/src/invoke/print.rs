//! What `cargo run -- invoke` prints of a function's answer.
//!
//! A whole answer is a line on stdout, be it a reply or an error. One that is streamed is on stdout chunk by chunk, as it is; of
//! HTTP functions that is the body, and status and headers are on stderr. The error that a stream ended in is on stderr, too.

use crate::function_error::FunctionError;
use crate::response_stream::{self, StreamError};
use crate::say;
use http_body_util::BodyExt;
use hyper::StatusCode;
use lrt_testing::__private::{Reply, ReplyPart};
use lrt_testing::{Answer, Pending};
use std::io::{self, IsTerminal, Write, stdout};
use tokio::sync::mpsc::Receiver;

/// Prints the answer as it comes, and says whether it is whole.
pub(super) async fn print(parts: Receiver<ReplyPart>, answer: Pending, is_http: bool) -> bool {
    let begun = match is_http {
        true => response_stream::head(parts, answer).await.map(|(reply, body)| {
            print_head(&reply);
            body
        }),
        false => response_stream::begin(parts, answer).await.map_err(Ok),
    };
    let mut body = match begun {
        Ok(body) => body,
        Err(Ok(answer)) => return print_whole(&answer),
        Err(Err(why)) => {
            eprintln!("ERROR the function's answer cannot be read: {why}");
            return false;
        }
    };
    let mut ends_line = true;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let chunk = frame.into_data().unwrap_or_default();
                ends_line = chunk.last().map_or(ends_line, |byte| *byte == b'\n');
                // A reader that has gone (`| head`) is no failure, and its going ends the stream.
                if write(&chunk).is_err() {
                    return true;
                }
            }
            Err(StreamError(failure)) => {
                end_line(ends_line);
                // What had become of the process, if it is that, the loop has said.
                eprintln!("ERROR the stream ended in {}", String::from_utf8_lossy(&failure.error));
                return false;
            }
        }
    }
    end_line(ends_line);
    true
}

fn print_whole(answer: &Answer) -> bool {
    // Where there is no answer, the loop has said why.
    if !answer.is_lost() {
        say(&answer.body);
    }
    FunctionError::of(answer, "").is_none()
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

/// On a terminal, what comes next begins a line. Elsewhere nothing is added to the bytes of the function.
fn end_line(is_ended: bool) {
    if !is_ended && stdout().is_terminal() {
        _ = write(b"\n");
    }
}
