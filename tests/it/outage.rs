//! Outage as a fixture: a TCP relay in front of a server that can be cut, slow, lossy, silent or taken over by a stranger, at any moment.

use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

/// What becomes of what passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weather {
    /// Everything passes.
    Fair,
    /// Connections are closed at once, those that stand too.
    Cut,
    /// Questions reach the server, its answers are lost with the connection.
    LostAnswers,
    /// Everything passes until events are sent; they reach the server, and from then on its answers are lost.
    LostPushes,
    /// What is sent is answered with these bytes by somebody between, and does not reach the server; questions pass.
    Guarded(&'static [u8]),
    /// Connections stand, nothing passes.
    Silent,
    /// The stream of events is answered with these bytes, again and again; everything else passes.
    Garbage(&'static [u8]),
    /// Each piece is held back for so many milliseconds.
    Late(u64),
    /// So many bytes pass each way in a tenth of a second.
    Thin(usize),
    /// Connections are taken and stand, and nobody is behind them.
    HalfOpen,
    /// Connections break after so many bytes of answers.
    ShortAnswers(usize),
    /// Connections break after so many bytes of questions, mostly in the middle of a body.
    ShortQuestions(usize),
    /// Somebody else answers whatever is asked with these bytes, as a captive portal or a proxy does.
    Stranger(&'static [u8]),
}

struct Sky {
    weather: Weather,
    server: SocketAddr,
    lines: Vec<TcpStream>,
    /// When somebody came.
    came: Vec<Instant>,
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
        let sky = Arc::new(Mutex::new(Sky { weather: Weather::Fair, server, lines: Vec::new(), came: Vec::new() }));
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

    /// When connections were asked for since this was asked last.
    pub fn came(&self) -> Vec<Instant> {
        std::mem::take(&mut self.sky.lock().expect("the sky").came)
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
    held.came.push(Instant::now());
    match held.weather {
        Weather::Cut => return,
        Weather::HalfOpen => return held.lines.push(client),
        _ => {}
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
    let mut passed = 0;
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        let mut piece = &chunk[..length];
        let (pushes, tells) = (!answers && piece.starts_with(b"POST /v1/events"), !answers && piece.starts_with(b"POST /v1/"));
        let weather = {
            let mut sky = sky.lock().expect("the sky");
            if pushes && sky.weather == Weather::LostPushes {
                sky.weather = Weather::LostAnswers;
            }
            sky.weather
        };
        match weather {
            Weather::Guarded(bytes) if tells => {
                let _ = from.write_all(bytes);
                break;
            }
            Weather::Garbage(bytes) if !answers && piece.starts_with(b"GET /v1/stream") => {
                rave(&mut from, bytes);
                break;
            }
            Weather::Stranger(bytes) => {
                if !answers {
                    // Whoever asked may be gone.
                    let _ = from.write_all(bytes);
                }
                break;
            }
            Weather::Fair | Weather::Garbage(_) | Weather::Guarded(_) | Weather::LostPushes => {}
            Weather::LostAnswers if !answers => {}
            Weather::Late(wait_ms) => std::thread::sleep(Duration::from_millis(wait_ms)),
            Weather::ShortAnswers(most) if answers => piece = &piece[..length.min(most.saturating_sub(passed))],
            Weather::ShortQuestions(most) if !answers => piece = &piece[..length.min(most.saturating_sub(passed))],
            Weather::Thin(_) | Weather::ShortAnswers(_) | Weather::ShortQuestions(_) => {}
            Weather::Silent => continue,
            Weather::Cut | Weather::LostAnswers | Weather::HalfOpen => break,
        }
        passed += piece.len();
        if put(&mut to, piece, weather).is_err() || piece.len() < length {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Writes at once, or as slowly as the weather has it.
fn put(to: &mut TcpStream, piece: &[u8], weather: Weather) -> std::io::Result<()> {
    let Weather::Thin(bytes) = weather else { return to.write_all(piece) };
    for drop in piece.chunks(bytes) {
        std::thread::sleep(Duration::from_millis(100));
        to.write_all(drop)?;
    }
    Ok(())
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
        std::thread::sleep(Duration::from_millis(10));
    }
}
