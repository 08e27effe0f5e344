//! Clients that are slow, rude, or too many.

use crate::server::*;
use std::time::Duration;
use std::time::Instant;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
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
async fn one_address_takes_only_its_share_of_the_places() {
    let house = House::open_with(|config| config.limits.connections_of_address = 2).await;
    let addr = house.running.as_ref().unwrap().addr;
    let ask = async |from: &str| {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        let mut stream = socket.connect(addr).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        (String::from_utf8_lossy(&answer).into_owned(), stream)
    };
    let held = [ask("127.0.0.2").await, ask("127.0.0.2").await];
    assert!(held.iter().all(|(answer, _)| answer == "HTTP/1.1 200"));
    assert_eq!(ask("127.0.0.2").await.0, "HTTP/1.1 503");
    assert_eq!(ask("127.0.0.3").await.0, "HTTP/1.1 200", "others have theirs");
    drop(held);
    eventually("its places come back", async || ask("127.0.0.2").await.0 == "HTTP/1.1 200").await;
}

#[tokio::test]
async fn http2_is_no_way_around_the_time_limits() {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0pingpong";
    // A head that says that more of it follows, and more of it that never ends.
    const HEAD: &[u8] = b"\0\0\x01\x01\0\0\0\0\x01\x82";
    const MORE: &[u8] = b"\0\0\x01\x09\0\0\0\0\x01\x86";
    let house = short().await;
    for (first, then) in [(&b""[..], PING), (HEAD, MORE)] {
        let (mut stream, began) = (connect(&house).await, Instant::now());
        stream.write_all(&[PREFACE, first].concat()).await.unwrap();
        let (mut reading, mut writing) = stream.split();
        let alive = async {
            while writing.write_all(then).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            std::future::pending::<()>().await;
        };
        let mut all = Vec::new();
        tokio::select! {
            _ = reading.read_to_end(&mut all) => {}
            () = alive => {}
            () = tokio::time::sleep(Duration::from_secs(5)) => panic!("still open after {:?}", began.elapsed()),
        }
    }
    // A stream is in flight as long as it is open, however quiet it is.
    let ana = house.token("ana", Scope::Viewer);
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let mut open = client.get(house.url("/v1/stream")).bearer_auth(&ana).send().await.unwrap();
    assert_eq!(open.version(), reqwest::Version::HTTP_2);
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(1500) {
        if let Ok(chunk) = timeout(Duration::from_millis(200), open.chunk()).await {
            assert!(chunk.unwrap().is_some(), "it ended after {:?}", began.elapsed());
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_sipped_is_taken_away() {
    let house = short().await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Sip");
    house.push(&ana, &[declared]).await;
    // A page that no buffer between the two ends holds.
    for batch in 0..8 {
        let lines: Vec<_> = (0..10).map(|number| entry("ana", incident, &format!("{batch}.{number} {}", "x".repeat(100_000)))).collect();
        house.push(&ana, &lines).await;
    }
    let whole = house.get(&ana, "/v1/events").send().await.unwrap().bytes().await.unwrap().len();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(house.running.as_ref().unwrap().addr).await.unwrap();
    let head = format!("GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ana}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let (began, mut taken) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(4) {
        match stream.read(&mut [0; 2048]).await {
            Ok(bytes @ 1..) => taken += bytes,
            _ => break,
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    taken += rest(&mut stream).await.len();
    assert!(taken < whole, "{taken} of {whole}");
}

#[tokio::test]
async fn packed_bodies_are_refused_packed() {
    let house = House::open().await;
    let (ana, alerts) = (house.token("ana", Scope::Responder), house.token("alerts", Scope::Intake));
    for (token, path) in [(&ana, "/v1/events"), (&ana, "/v1/incidents"), (&alerts, "/v1/intake/generic")] {
        for coding in ["gzip", "br", "zstd, gzip"] {
            let sent = house.post(token, path, vec![0x1f, 0x8b, 8, 0]).header("content-encoding", coding).send().await.unwrap();
            assert!(check_problem(sent, 415, "packed_body").await.contains(coding));
        }
    }
    let plain = house.post(&ana, "/v1/incidents", r#"{"title":"One"}"#).header("content-encoding", "identity").send().await.unwrap();
    assert_eq!(plain.status(), 201);
    assert_eq!(house.log(&ana).await.len(), 1, "nothing of it was kept");
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
