//! TLS of the server's own, with certificates that are replaced while it runs; and how often one address may ask.

use crate::server::*;
use reqwest::Certificate;
use std::path::Path;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use warroom::domain::Scope;
use warroom::server::TlsFiles;

/// Two self-signed certificates for 127.0.0.1 and their keys, made for these tests and valid for a hundred years.
const ONE: (&str, &str) = (include_str!("tls/one.pem"), include_str!("tls/one.key"));
const TWO: (&str, &str) = (include_str!("tls/two.pem"), include_str!("tls/two.key"));

fn client(trusts: &str) -> reqwest::Client {
    let root = Certificate::from_pem(trusts.as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_only([root]).pool_max_idle_per_host(0).build().unwrap()
}

fn files(folder: &Path, (certificate, key): (&str, &str)) -> TlsFiles {
    let files = TlsFiles { certificate: folder.join("tls.pem"), key: folder.join("tls.key") };
    std::fs::write(&files.certificate, certificate).unwrap();
    std::fs::write(&files.key, key).unwrap();
    files
}

#[tokio::test]
async fn tls_is_served_and_a_new_certificate_taken_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open_with(|config| {
        config.tls = Some(files(folder.path(), ONE));
        config.limits.header_timeout = Duration::from_millis(500);
        // Off loopback nothing else is needed.
        config.listen = "0.0.0.0:0".into();
    })
    .await;
    let url = house.url("/v1/me").replace("0.0.0.0", "127.0.0.1");
    assert!(url.starts_with("https://"), "{url}");
    let ana = house.token("ana", Scope::Viewer);
    let ask = async |trusts: &str| client(trusts).get(&url).bearer_auth(&ana).send().await.map(|answer| answer.status().as_u16());
    assert_eq!(ask(ONE.0).await.unwrap(), 200);
    assert!(ask(TWO.0).await.is_err());
    // A stream that is open goes on with what it began with.
    let stream_url = url.replace("/v1/me", "/v1/stream");
    let mut open = client(ONE.0).get(stream_url).bearer_auth(&ana).send().await.unwrap();
    assert!(open.chunk().await.unwrap().is_some());

    // Only one of the two files is new: the pair does not fit, and the one before goes on.
    std::fs::write(folder.path().join("tls.pem"), TWO.0).unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(ask(ONE.0).await.unwrap(), 200);
    files(folder.path(), TWO);
    eventually("the new certificate is served", async || ask(TWO.0).await.is_ok()).await;
    assert!(ask(ONE.0).await.is_err());
    let (incident, declared) = declaration("ana", "After the renewal");
    let root = house.token("root", Scope::Admin);
    let pushed =
        client(TWO.0).post(url.replace("/v1/me", "/v1/events")).bearer_auth(&root).body(push_body(&[declared])).send().await.unwrap();
    assert_eq!(pushed.status(), 200);
    let mut told = String::new();
    while !told.contains(&incident.to_string()) {
        let chunk = timeout(Duration::from_secs(10), open.chunk()).await.expect("in ten seconds").unwrap().expect("the stream goes on");
        told.push_str(&String::from_utf8_lossy(&chunk));
    }

    // Whoever speaks plain HTTP, or nothing at all, is let go.
    let address = url.trim_start_matches("https://").trim_end_matches("/v1/me").to_owned();
    for said in ["GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", ""] {
        let mut plain = TcpStream::connect(&address).await.unwrap();
        plain.write_all(said.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let ended = timeout(Duration::from_secs(10), plain.read_to_end(&mut answer)).await;
        assert!(ended.is_ok() && !String::from_utf8_lossy(&answer).contains("200 OK"));
    }
}

/// Writes a file as it was before, to all who only look at its length and its time.
fn write_unnoticed(path: &Path, text: &str) {
    let before = std::fs::metadata(path).unwrap();
    let padded = text.len().max(usize::try_from(before.len()).unwrap());
    std::fs::write(path, format!("{text:\n<padded$}")).unwrap();
    std::fs::File::options().append(true).open(path).unwrap().set_modified(before.modified().unwrap()).unwrap();
    assert_eq!(std::fs::metadata(path).unwrap().len(), before.len(), "the same length");
}

#[tokio::test]
async fn the_program_reads_its_certificate_again_when_it_is_told_or_the_files_change() {
    warroom::install_crypto();
    let home = crate::stage::Home::new();
    // Room for either, so that their length tells nothing.
    let padded = |text: &str| format!("{text:\n<4096}");
    let (certificate, key) = (home.file("tls.pem", padded(ONE.0)), home.file("tls.key", padded(ONE.1)));
    let serve = ["serve", "--listen", "0.0.0.0:0", "--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let mut server = crate::stage::Server::start_as(home, &serve);
    let (address, ana) = (server.address.replace("0.0.0.0", "127.0.0.1"), server.token("ana", "viewer"));
    assert!(address.starts_with("https://"), "{address}");
    let ask =
        async |trusts: &str| client(trusts).get(format!("{address}/v1/me")).bearer_auth(&ana).send().await.map(|answer| answer.status());
    assert_eq!(ask(ONE.0).await.unwrap(), 200);
    assert!(reqwest::get(format!("{}/healthz", address.replace("https", "http"))).await.is_err(), "nothing is answered in the clear");

    let hang_up = |id: u32| assert!(std::process::Command::new("kill").args(["-HUP", &id.to_string()]).status().unwrap().success());
    write_unnoticed(&certificate, TWO.0);
    hang_up(server.id());
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(ask(ONE.0).await.unwrap(), 200, "half of a pair is not taken, and ends nothing");
    write_unnoticed(&key, TWO.1);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(ask(ONE.0).await.unwrap(), 200, "nobody saw the change");
    hang_up(server.id());
    eventually("the new certificate after the signal", async || ask(TWO.0).await.is_ok()).await;
    assert!(ask(ONE.0).await.is_err());
    std::fs::write(&certificate, ONE.0).unwrap();
    std::fs::write(&key, ONE.1).unwrap();
    eventually("the certificate that was put back, without a signal", async || ask(ONE.0).await.is_ok()).await;
    assert_eq!(server.terminate(), Some(0));
}

#[tokio::test]
async fn files_that_are_no_certificate_say_so_at_the_start() {
    warroom::install_crypto();
    let folder = tempfile::tempdir().unwrap();
    for (pair, why) in
        [(("", ONE.1), "no certificate"), (("hello", ONE.1), "no certificate"), ((ONE.0, ""), "tls.key"), ((ONE.0, TWO.1), "does not fit")]
    {
        let mut config = warroom::server::Config::new("127.0.0.1:0", format!("sqlite:{}", folder.path().join("log.db").display()));
        config.tls = Some(files(folder.path(), pair));
        let said = warroom::server::start(config).await.unwrap_err().to_string();
        assert!(said.contains(why) && said.contains("--tls-cert"), "{said}");
    }
}

#[tokio::test]
async fn one_address_asks_only_so_often_whatever_tokens_it_shows() {
    let house = House::open_with(|config| {
        config.limits.address_requests_per_second = 1;
        config.limits.address_requests_burst = 4;
        config.behind_proxy = true;
    })
    .await;
    let tokens = [house.token("ana", Scope::Viewer), house.token("bo", Scope::Viewer)];
    let ask = async |token: &str, from: &str| house.get(token, "/v1/me").header("x-forwarded-for", from).send().await.unwrap();
    for at in 0..4 {
        // What a sender claims stands before what the proxy says.
        assert_eq!(ask(&tokens[at % 2], &format!("10.9.9.{at}, 192.0.2.1")).await.status(), 200);
    }
    let told = ask(&tokens[0], "192.0.2.1").await;
    assert_eq!(told.headers()["retry-after"], "1");
    assert!(check_problem(told, 429, "rate").await.contains("from this address"));
    assert_eq!(ask(&tokens[0], "192.0.2.2").await.status(), 200, "others are not held up");
}

#[tokio::test]
async fn guessing_at_tokens_is_slow() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Viewer);
    assert_eq!(house.get(&ana, "/v1/me").send().await.unwrap().status(), 200);
    let mut codes = Vec::new();
    for guess in 0..60 {
        codes.push(house.get(&format!("wr_{guess:064}"), "/v1/me").send().await.unwrap().status().as_u16());
    }
    assert!(codes[..50].iter().all(|code| *code == 401) && codes.contains(&429), "{codes:?}");
    assert_eq!(house.get(&ana, "/v1/me").send().await.unwrap().status(), 200, "whoever has one is served");
}
