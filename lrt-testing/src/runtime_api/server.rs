//! Accepts connections and answers their requests.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::connection::Connection;
use super::endpoint::Endpoint;
use super::error::ConnectionError;
use super::fault::{self, Fault};
use super::request::Request;
use super::response::Response;
use super::shared::SharedState;

/// Lambda's size limit for streamed replies.
const MAX_STREAMED_BYTES: usize = 200 * 1024 * 1024;

/// Accepts connections until it is aborted, which also aborts the tasks of the connections.
pub(super) async fn listen(listener: TcpListener, shared: Arc<SharedState>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                // Otherwise the writes of `Fault::ByteByByte` would be merged. An error has no other consequence.
                _ = stream.set_nodelay(true);
                let number = shared.lock().opened();
                connections.spawn(serve(stream, number, Arc::clone(&shared)));
            }
            // Most likely, the limit of file descriptors is reached until a connection is closed.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, number: usize, shared: Arc<SharedState>) {
    let mut connection = Connection::new(stream);
    loop {
        match exchange(&mut connection, number, &shared).await {
            Ok(true) => {}
            Ok(false) | Err(ConnectionError::Closed) => break,
            Err(ConnectionError::Malformed(reason)) => {
                _ = fault::write(&mut connection, &Response::text(400, reason), false, None).await;
                break;
            }
        }
    }
    // Updates the state before the client sees the end of the connection. When the client reconnects, its event can be delivered
    // again.
    shared.change(|state| state.closed(number));
    connection.shut_down().await;
}

/// Serves one request. Returns true if the connection can be reused.
async fn exchange(connection: &mut Connection, number: usize, shared: &SharedState) -> Result<bool, ConnectionError> {
    let head = connection.head().await?;
    let Request { method, path, .. } = &head.request;
    if shared.lock().settings.access.as_ref().is_some_and(|access| !access.allows(&head.request)) {
        // Most clients read the response after they have sent everything.
        let mut request = head.request;
        connection.body(head.length, 0, &mut request, None).await?;
        let response = Response::error(403, "AccessDenied", "Invalid Host, Origin or path");
        return Ok(fault::write(connection, &response, false, None).await?);
    }
    let route = Endpoint::of(method, path).map(|(endpoint, id)| (endpoint, id.to_owned()));
    let mut request = Request { connection: number, endpoint: route.as_ref().map(|(e, _)| *e), ..head.request };

    let early = route.as_ref().and_then(|(endpoint, _)| {
        let is_early = |fault: &Fault| matches!(fault, Fault::CloseInRequest(_) | Fault::AnswerEarly(_));
        shared.lock().take_fault(*endpoint, is_early)
    });
    let answered = matches!(early, Some(Fault::AnswerEarly(_)));
    match early {
        Some(Fault::CloseInRequest(bytes)) => {
            connection.some(bytes).await?;
            shared.change(|state| {
                state.record(&request);
                state.lose(route.as_ref().map_or("", |(_, id)| id));
            });
            return Ok(false);
        }
        Some(Fault::AnswerEarly(status)) => {
            let accepted = (200..300).contains(&status);
            let response = if accepted { Response::accepted() } else { fault::error_of(status) };
            fault::write(connection, &response, true, None).await?;
            if !accepted {
                shared.change(|state| {
                    state.record(&request);
                    state.lose(route.as_ref().map_or("", |(_, id)| id));
                });
                return Ok(false);
            }
        }
        _ => {}
    }
    let limit = {
        let mut state = shared.lock();
        if let Some(endpoint) = request.endpoint
            && state.take_fault(endpoint, |fault| *fault == Fault::CloseUnread).is_some()
        {
            state.record(&request);
            return Ok(false);
        }
        let streamed = request.headers.get("Lambda-Runtime-Function-Response-Mode") == Some("streaming");
        if streamed { MAX_STREAMED_BYTES } else { state.settings.max_response_bytes }
    };
    if head.expects_continue {
        connection.send_continue().await?;
    }
    let id = route.as_ref().map_or("", |(_, id)| id);
    let parts = match request.headers.get("Lambda-Runtime-Function-Response-Mode") {
        Some("streaming") => shared.lock().parts(id),
        _ => None,
    };
    let in_parts = parts.is_some();
    let receiver_dropped = {
        let parts = parts.clone();
        async move {
            match parts {
                Some(parts) => parts.closed().await,
                None => pending().await,
            }
        }
    };
    let size = select! {
        biased;
        size = connection.body(head.length, limit, &mut request, parts) => size,
        () = receiver_dropped => Err(ConnectionError::Closed),
    };
    shared.change(|state| {
        state.record(&request);
        // A reply that was forwarded in part cannot be sent again.
        if in_parts && size.is_err() {
            state.lose(id);
        }
    });
    let oversized = size? > limit as u64;

    let Some((endpoint, id)) = route else {
        let response = Response::text(404, "404 page not found\n");
        return Ok(fault::write(connection, &response, head.keep_alive, None).await?);
    };
    let (response, fault) = hold(connection, shared, &request, endpoint, &id, oversized).await?;
    if answered {
        return Ok(head.keep_alive);
    }
    Ok(fault::write(connection, &response, head.keep_alive, fault).await?)
}

/// Waits until the request can be answered or the client disconnects.
async fn hold(
    connection: &mut Connection,
    shared: &SharedState,
    request: &Request,
    endpoint: Endpoint,
    id: &str,
    oversized: bool,
) -> Result<(Response, Option<Fault>), ConnectionError> {
    // A complete request that does not have to wait is served even if the client has disconnected.
    if let Some(served) = shared.change(|state| state.serve(endpoint, id, request, oversized)) {
        return Ok(served);
    }
    shared.change(|state| state.hold(request.connection, endpoint));
    // Checks the client first: a client that has disconnected must not receive an event.
    select! {
        biased;
        () = connection.closed() => Err(ConnectionError::Closed),
        served = shared.when(|state| {
            let served = state.serve(endpoint, id, request, oversized)?;
            state.release(request.connection);
            Some(served)
        }) => Ok(served),
    }
}
