//! Outage as a fixture: a TCP relay in front of a server that can be cut, lose answers or fall silent, at any moment.

use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;

/// What becomes of what passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weather {
    /// Everything passes.
    Fair,
    /// Connections are closed at once, those that stand too.
    Cut,
    /// Questions reach the server, its answers are lost with the connection.
    LostAnswers,
    /// Connections stand, nothing passes.
    Silent,
    /// The stream of events is answered with these bytes, again and again; everything else passes.
    Garbage(&'static [u8]),
}

struct Sky {
    weather: Weather,
    server: SocketAddr,
    lines: Vec<TcpStream>,
}

/// The relay. Its address stays while servers come and go behind it.
pub struct Outage {
    pub address: SocketAddr,
    sky: Arc<Mutex<Sky>>,
}

impl Outage {
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let sky = Arc::new(Mutex::new(Sky { weather: Weather::Fair, server, lines: Vec::new() }));
        let outage = Self { address, sky: sky.clone() };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                relay(client, &sky);
            }
        });
        outage
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Another server stands behind it from now on.
    pub fn lead_to(&self, server: SocketAddr) {
        self.sky.lock().expect("the sky").server = server;
    }

    /// Changes the weather; every line that stands is cut, except when it falls silent.
    pub fn turn(&self, weather: Weather) {
        let mut sky = self.sky.lock().expect("the sky");
        sky.weather = weather;
        if weather != Weather::Silent {
            for line in sky.lines.drain(..) {
                let _ = line.shutdown(Shutdown::Both);
            }
        }
    }
}

fn relay(client: TcpStream, sky: &Arc<Mutex<Sky>>) {
    let mut held = sky.lock().expect("the sky");
    if held.weather == Weather::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(held.server) else { return };
    for (line, other) in [(&client, &server), (&server, &client)] {
        held.lines.extend(line.try_clone());
        let (from, to, answers) = (line.try_clone().expect("a line"), other.try_clone().expect("a line"), std::ptr::eq(line, &server));
        let sky = sky.clone();
        std::thread::spawn(move || carry(from, to, answers, &sky));
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, answers: bool, sky: &Mutex<Sky>) {
    let mut chunk = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        match sky.lock().expect("the sky").weather {
            Weather::Fair => {}
            Weather::Garbage(bytes) if !answers && chunk.starts_with(b"GET /v1/stream") => {
                rave(&mut from, bytes);
                break;
            }
            Weather::Garbage(_) => {}
            Weather::LostAnswers if !answers => {}
            Weather::Silent => continue,
            _ => break,
        }
        if to.write_all(&chunk[..length]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Answers as a stream of events would, with bytes that are none.
fn rave(client: &mut TcpStream, bytes: &[u8]) {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let mut sent = client.write_all(head);
    for _ in 0..20 {
        if sent.is_err() {
            return;
        }
        sent = client.write_all(bytes);
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
