//! SIGTERM and SIGINT.

/// Waits for SIGTERM or SIGINT. The handlers are installed on the first poll.
///
/// A second SIGINT ends the process at once, so that pressing Ctrl-C twice always works.
#[cfg(unix)]
pub async fn shutdown_signal() {
    match pipe() {
        Ok(mut pipe) => {
            // The other end is never closed, so any result means that a signal was received.
            let _ = tokio::io::AsyncReadExt::read_u8(&mut pipe).await;
        }
        Err(error) => {
            crate::log::warn("", format_args!("failed to install signal handlers: {error}"));
            std::future::pending().await
        }
    }
}

/// Creates a pipe that receives a byte for each signal.
#[cfg(unix)]
fn pipe() -> std::io::Result<tokio::net::UnixStream> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use std::os::unix::net::UnixStream;
    use std::sync::{Arc, atomic::AtomicBool};

    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    let interrupted = Arc::new(AtomicBool::new(false));
    // In this order, so that the second SIGINT finds the flag that the first one set.
    signal_hook::flag::register_conditional_shutdown(SIGINT, 130, interrupted.clone())?;
    signal_hook::flag::register(SIGINT, interrupted)?;
    signal_hook::low_level::pipe::register(SIGTERM, write.try_clone()?)?;
    signal_hook::low_level::pipe::register(SIGINT, write)?;
    tokio::net::UnixStream::from_std(read)
}

/// Waits forever, since this platform has no signals.
#[cfg(not(unix))]
pub async fn shutdown_signal() {
    std::future::pending().await
}
