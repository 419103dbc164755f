use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::endpoint::Endpoint;
use super::fault::{self, Fault};
use super::request::Request;
use super::response::Response;
use super::shared::Shared;
use super::wire::{Broken, Wire};

/// Lambda's limit for a streamed reply.
const MAX_STREAMED_BYTES: usize = 200 * 1024 * 1024;

/// Serves until it is aborted; the connections' tasks end with it.
pub(super) async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                // Without it "byte by byte" would still arrive in lumps; a socket that refuses works all the same.
                _ = stream.set_nodelay(true);
                let number = shared.lock().opened();
                connections.spawn(connection(stream, number, Arc::clone(&shared)));
            }
            // Out of file descriptors, most likely: it stays so until a connection ends.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn connection(stream: TcpStream, number: usize, shared: Arc<Shared>) {
    let mut wire = Wire::new(stream);
    loop {
        match exchange(&mut wire, number, &shared).await {
            Ok(true) => {}
            Ok(false) | Err(Broken::Closed) => break,
            Err(Broken::Malformed(why)) => {
                _ = fault::write(&mut wire, &Response::text(400, why), false, None).await;
                break;
            }
        }
    }
    // Before the client can know: when it comes back on a new connection, its event is free to be handed out again.
    shared.change(|state| state.closed(number));
    wire.shut_down().await;
}

/// One request and its answer; whether another may follow.
async fn exchange(wire: &mut Wire, number: usize, shared: &Shared) -> Result<bool, Broken> {
    let head = wire.head().await?;
    let Request { method, path, .. } = &head.request;
    let route = Endpoint::of(method, path).map(|(endpoint, id)| (endpoint, id.to_owned()));
    let mut request = Request { connection: number, endpoint: route.as_ref().map(|(e, _)| *e), ..head.request };

    let early = route.as_ref().and_then(|(endpoint, _)| {
        let is_early = |fault: &Fault| matches!(fault, Fault::CloseInRequest(_) | Fault::AnswerEarly(_));
        shared.lock().take_fault(*endpoint, is_early)
    });
    let answered = matches!(early, Some(Fault::AnswerEarly(_)));
    match early {
        Some(Fault::CloseInRequest(bytes)) => {
            wire.some(bytes).await?;
            shared.change(|state| {
                state.record(&request);
                state.lose(route.as_ref().map_or("", |(_, id)| id));
            });
            return Ok(false);
        }
        Some(Fault::AnswerEarly(status)) => {
            let accepted = (200..300).contains(&status);
            let response = if accepted { Response::accepted() } else { fault::error_of(status) };
            fault::write(wire, &response, true, None).await?;
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
        wire.send_continue().await?;
    }
    let id = route.as_ref().map_or("", |(_, id)| id);
    let parts = match request.headers.get("Lambda-Runtime-Function-Response-Mode") {
        Some("streaming") => shared.lock().parts(id),
        _ => None,
    };
    let in_parts = parts.is_some();
    let size = {
        let watched = parts.clone();
        let mut unwanted = pin!(async {
            match &watched {
                Some(parts) => parts.closed().await,
                None => pending().await,
            }
        });
        let mut body = pin!(wire.body(head.length, limit, &mut request, parts));
        poll_fn(|cx| match body.as_mut().poll(cx) {
            Poll::Pending => unwanted.as_mut().poll(cx).map(|()| Err(Broken::Closed)),
            size => size,
        })
        .await
    };
    shared.change(|state| {
        state.record(&request);
        // What has begun to be handed on cannot begin anew.
        if in_parts && size.is_err() {
            state.lose(id);
        }
    });
    let oversized = size? > limit as u64;

    let Some((endpoint, id)) = route else {
        let response = Response::text(404, "404 page not found\n");
        return Ok(fault::write(wire, &response, head.keep_alive, None).await?);
    };
    let (response, fault) = hold(wire, shared, &request, endpoint, &id, oversized).await?;
    if answered {
        return Ok(head.keep_alive);
    }
    Ok(fault::write(wire, &response, head.keep_alive, fault).await?)
}

/// Waits until the request can be answered, or its client has gone.
async fn hold(
    wire: &mut Wire,
    shared: &Shared,
    request: &Request,
    endpoint: Endpoint,
    id: &str,
    oversized: bool,
) -> Result<(Response, Option<Fault>), Broken> {
    // A request that need not wait is served even if its client has gone already: it was sent in full.
    if let Some(served) = shared.change(|state| state.serve(endpoint, id, request, oversized)) {
        return Ok(served);
    }
    shared.change(|state| state.hold(request.connection, endpoint));
    let mut closed = pin!(wire.closed());
    let mut served = pin!(shared.when(|state| {
        let served = state.serve(endpoint, id, request, oversized)?;
        state.release(request.connection);
        Some(served)
    }));
    // Its client first: one that has gone is handed no event. (tokio's select! would need its macros.)
    poll_fn(|context| {
        if closed.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(Broken::Closed));
        }
        served.as_mut().poll(context).map(Ok)
    })
    .await
}
