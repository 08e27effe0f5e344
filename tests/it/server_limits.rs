//! Clients that are slow, rude, or too many.

use crate::server::*;
use std::time::Duration;
use std::time::Instant;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use warroom::domain::Scope;

async fn connect(house: &House) -> TcpStream {
    TcpStream::connect(house.running.as_ref().unwrap().addr).await.unwrap()
}

/// Everything the server still sends until it closes; it must close within five seconds.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is a way to close.
    let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes)).await.expect("the server closes");
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn short() -> House {
    House::open_with(|config| {
        config.limits.header_timeout = Duration::from_millis(400);
        config.limits.stall_timeout = Duration::from_millis(400);
        config.limits.body_rate_min = 1_000_000;
        config.limits.connections = 3;
    })
    .await
}

#[tokio::test]
async fn slow_heads_are_cut() {
    let house = short().await;
    for beginning in ["", "P", "GET / HTTP/1.1\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let (mut stream, began) = (connect(&house).await, Instant::now());
        stream.write_all(beginning.as_bytes()).await.unwrap();
        rest(&mut stream).await;
        assert!(began.elapsed() < Duration::from_secs(2), "{beginning:?} took {:?}", began.elapsed());
    }
    let mut stream = connect(&house).await;
    let mut dripping = Duration::ZERO;
    let began = Instant::now();
    for byte in b"GET /healthz HTTP/1.1\r\nHost: somewhere-far-away\r\n".iter().cycle() {
        if stream.write_all(&[*byte]).await.is_err() || timeout(Duration::from_millis(50), stream.read(&mut [0])).await.is_ok() {
            break;
        }
        dripping = began.elapsed();
        assert!(dripping < Duration::from_secs(3), "a head that drips in for ever is cut too");
    }
    assert!(dripping > Duration::from_millis(200));
}

#[tokio::test]
async fn slow_bodies_are_told_so() {
    let house = short().await;
    let ana = house.token("ana", Scope::Responder);
    let head = |length: usize| {
        format!("POST /v1/incidents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ana}\r\nContent-Length: {length}\r\n\r\n")
    };
    let mut stream = connect(&house).await;
    stream.write_all(format!("{}{{\"title\"", head(100)).as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("slow_body"), "{answer}");

    let mut stream = connect(&house).await;
    stream.write_all(head(10_000).as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let drip = async {
        while writing.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let mut answer = [0; 12];
    tokio::select! {
        read = timeout(Duration::from_secs(5), reading.read_exact(&mut answer)) => { read.unwrap().unwrap(); }
        () = drip => {}
    }
    assert_eq!(&answer, b"HTTP/1.1 408", "below the minimum rate, though never silent");
}

#[tokio::test]
async fn heads_that_are_too_long_are_refused() {
    let house = House::open().await;
    let mut stream = connect(&house).await;
    let long = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
    let _ = stream.write_all(long.as_bytes()).await;
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 431"));
    let mut stream = connect(&house).await;
    let many = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-Many: x\r\n".repeat(300));
    let _ = stream.write_all(many.as_bytes()).await;
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn too_many_connections_are_turned_away_and_places_come_back() {
    let house = House::open_with(|config| config.limits.connections = 3).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&house).await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        stream.read_exact(&mut [0; 15]).await.unwrap();
        held.push(stream);
    }
    let mut fourth = connect(&house).await;
    let answer = rest(&mut fourth).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("Retry-After: 2"), "{answer}");
    drop(held);
    eventually("there is room again", async || {
        house.http.get(house.url("/healthz")).send().await.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
}

#[tokio::test]
async fn more_bodies_than_memory_are_told_to_come_again() {
    let house = House::open_with(|config| config.limits.bodies_bytes = 64 * 1024).await;
    let ana = house.token("ana", Scope::Responder);
    let response = house.post(&ana, "/v1/events", "x".repeat(512 * 1024)).send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    check_problem(response, 503, "overloaded").await;
    assert_eq!(house.push(&ana, &[declaration("ana", "Small").1]).await.outcomes[0].seq, Some(1), "the memory is given back");
}

#[tokio::test]
async fn a_server_in_use_stops_within_a_few_seconds() {
    let mut house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    let _idle = connect(&house).await;
    let mut half = connect(&house).await;
    half.write_all(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Le").await.unwrap();
    let _stream = house.get(&ana, "/v1/stream").send().await.unwrap();
    let began = Instant::now();
    house.running.take().unwrap().shutdown().await;
    assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_body_without_end_is_answered_in_little_memory() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    for _ in 0..3 {
        let mut stream = connect(&house).await;
        let head = format!("POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ana}\r\nTransfer-Encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let (mut reading, mut writing) = stream.split();
        let megabyte = [b"100000\r\n".as_slice(), &vec![b' '; 1024 * 1024], b"\r\n"].concat();
        let sent = async {
            while writing.write_all(&megabyte).await.is_ok() {}
            std::future::pending::<()>().await;
        };
        let mut answer = [0; 12];
        tokio::select! {
            read = timeout(Duration::from_secs(10), reading.read_exact(&mut answer)) => { read.unwrap().expect("the answer, not a reset"); }
            () = sent => {}
        }
        assert_eq!(&answer, b"HTTP/1.1 413");
    }
}
