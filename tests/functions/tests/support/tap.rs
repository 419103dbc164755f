//! A tap on the wire: connections pass through it, and it keeps what they carried.

use super::real_client::own_address;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What one connection has carried so far.
#[derive(Clone, Default)]
pub(crate) struct Wire {
    sent: Vec<u8>,
    received: Vec<u8>,
}

impl Wire {
    /// Whether the first bytes from the side that connected are these.
    pub(crate) fn starts_with(&self, first: &str) -> bool {
        self.sent.starts_with(first.as_bytes())
    }

    /// How often this came back.
    pub(crate) fn count_received(&self, text: &str) -> usize {
        self.received.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    }
}

type Shared = Arc<Mutex<Wire>>;

/// Listens in front of another address until the test's process ends.
pub(crate) struct Tap {
    pub(crate) address: SocketAddr,
    wires: Arc<Mutex<Vec<Shared>>>,
}

impl Tap {
    pub(crate) fn before(server: SocketAddr) -> Tap {
        let address = own_address();
        let listener = TcpListener::bind(address).unwrap();
        let wires = Arc::<Mutex<Vec<Shared>>>::default();
        let tap = Tap { address, wires: wires.clone() };
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let wire = Shared::default();
                wires.lock().unwrap().push(wire.clone());
                let Ok(server) = TcpStream::connect(server) else { continue };
                pump(&client, &server, wire.clone(), |wire| &mut wire.sent);
                pump(&server, &client, wire, |wire| &mut wire.received);
            }
        });
        tap
    }

    pub(crate) fn wires(&self) -> Vec<Wire> {
        self.wires.lock().unwrap().iter().map(|wire| wire.lock().unwrap().clone()).collect()
    }
}

fn pump(from: &TcpStream, to: &TcpStream, wire: Shared, side: fn(&mut Wire) -> &mut Vec<u8>) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    to.set_nodelay(true).unwrap();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            side(&mut wire.lock().unwrap()).extend(&buffer[..n]);
            if to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        _ = to.shutdown(Shutdown::Write);
        _ = from.shutdown(Shutdown::Read);
    });
}
