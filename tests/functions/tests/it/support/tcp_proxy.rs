//! A TCP proxy that records the bytes of each connection.

use super::real_client::own_address;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Bytes of one connection.
#[derive(Clone, Default)]
pub(crate) struct Connection {
    sent: Vec<u8>,
    received: Vec<u8>,
}

impl Connection {
    /// Returns true if the bytes that the client sent start with these.
    pub(crate) fn request_starts_with(&self, start: &str) -> bool {
        self.sent.starts_with(start.as_bytes())
    }

    /// Returns the number of times the server sent these bytes.
    pub(crate) fn count_received(&self, text: &str) -> usize {
        self.received.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    }
}

type Shared = Arc<Mutex<Connection>>;

/// A proxy for another address, which runs until the test process exits.
pub(crate) struct TcpProxy {
    pub(crate) address: SocketAddr,
    connections: Arc<Mutex<Vec<Shared>>>,
}

impl TcpProxy {
    pub(crate) fn start(server: SocketAddr) -> TcpProxy {
        let address = own_address();
        let listener = TcpListener::bind(address).unwrap();
        let connections = Arc::<Mutex<Vec<Shared>>>::default();
        let proxy = TcpProxy { address, connections: connections.clone() };
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let connection = Shared::default();
                connections.lock().unwrap().push(connection.clone());
                let Ok(server) = TcpStream::connect(server) else { continue };
                forward(&client, &server, connection.clone(), |connection| &mut connection.sent);
                forward(&server, &client, connection, |connection| &mut connection.received);
            }
        });
        proxy
    }

    pub(crate) fn connections(&self) -> Vec<Connection> {
        self.connections.lock().unwrap().iter().map(|connection| connection.lock().unwrap().clone()).collect()
    }
}

fn forward(from: &TcpStream, to: &TcpStream, connection: Shared, side: fn(&mut Connection) -> &mut Vec<u8>) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    to.set_nodelay(true).unwrap();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            side(&mut connection.lock().unwrap()).extend(&buffer[..n]);
            if to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        _ = to.shutdown(Shutdown::Write);
        _ = from.shutdown(Shutdown::Read);
    });
}
