//! Every request has an id: in its answer, in the problem it ended in, and on each line of the server's log, which holds no secrets.

use crate::stage::Home;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use warroom::wire::Problem;

/// A real server whose log is kept.
struct Logging {
    home: Home,
    child: Child,
    url: String,
}

impl Logging {
    fn start(arguments: &[&str]) -> Self {
        warroom::install_crypto();
        let home = Home::new();
        let mut command = Command::new(env!("CARGO_BIN_EXE_warroom"));
        command.args(["serve", "--listen", "127.0.0.1:0", "-v"]).args(arguments).env_clear().envs(home.environment());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { home, child, url }
    }

    fn end(mut self) -> String {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill").success());
        let mut log = String::new();
        self.child.stderr.take().expect("a pipe").read_to_string(&mut log).expect("text");
        assert_eq!(self.child.wait().expect("a child").code(), Some(0), "{log}");
        log
    }
}

/// Asks, and gives status, the id in the header, and the body.
async fn ask(request: reqwest::RequestBuilder) -> (u16, String, String) {
    let response = request.send().await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    (response.status().as_u16(), id, response.text().await.unwrap())
}

#[tokio::test]
async fn a_request_is_found_in_the_log_by_its_id_and_nothing_secret_is_there() {
    let server = Logging::start(&["--log", "json"]);
    let http = reqwest::Client::new();
    let token = server.home.ok(&["token", "create", "ana", "--scope", "admin"]).trim().to_owned();
    let get = |path: &str| http.get(format!("{}{path}", server.url)).bearer_auth(&token);
    assert_eq!(ask(get("/v1/me?secret=hush").header("x-request-id", "Proxy_7.a-b")).await.1, "Proxy_7.a-b");
    let post = http.post(format!("{}/v1/incidents", server.url)).bearer_auth(&token);
    let declared = ask(post.header("content-type", "application/json").body(r#"{"title": "The unannounced merger"}"#)).await;
    assert_eq!(declared.0, 201, "{declared:?}");
    // What cannot stand in a log is replaced, also where nothing is found and no token shown.
    let long = "x".repeat(65);
    let mut made = Vec::new();
    for strange in ["sp ace", "id=\"x\"", "{}", "caf\u{e9}", &long] {
        let header = reqwest::header::HeaderValue::from_bytes(strange.as_bytes()).unwrap();
        let (status, id, _) = ask(http.get(format!("{}/v1/me", server.url)).header("x-request-id", header)).await;
        assert_eq!((status, id.len()), (401, 32), "{strange}: {id}");
        made.push(id);
    }
    made.sort();
    made.dedup();
    assert_eq!(made.len(), 5, "each has its own");
    assert_eq!(ask(get("/nowhere").header("x-request-id", "n".repeat(64))).await.1, "n".repeat(64));

    let log = server.end();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"))).collect();
    let of = |id: &str| lines.iter().filter(|line| line["span"]["id"] == id).collect::<Vec<_>>();
    let mine = of("Proxy_7.a-b");
    assert!(mine.iter().any(|line| line["path"] == "/v1/me" && line["status"] == 200 && line["message"] == "answered"), "{log}");
    assert!(!of(&declared.1).is_empty() && of(&made[0]).iter().any(|line| line["status"] == 401), "{log}");
    for secret in [token.as_str(), "Bearer", "hush", "merger", "sp ace", &long] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

#[tokio::test]
async fn a_problem_of_the_server_names_the_request_and_so_does_a_line_of_text() {
    let server = Logging::start(&[]);
    let http = reqwest::Client::new();
    let token = server.home.ok(&["token", "create", "ana", "--scope", "admin"]).trim().to_owned();
    let declare = http.post(format!("{}/v1/incidents", server.url)).bearer_auth(&token).header("content-type", "application/json");
    assert_eq!(ask(declare.body(r#"{"title": "one"}"#)).await.0, 201);
    // A table is taken away from under the server: reading fails on its own fault.
    let database = server.home.folder().join("server.db");
    rusqlite::Connection::open(&database).unwrap().execute_batch("ALTER TABLE record RENAME TO elsewhere").unwrap();
    let page = http.get(format!("{}/v1/events?after=0", server.url)).bearer_auth(&token).header("x-request-id", "look-for-me");
    let (status, id, body) = ask(page).await;
    let problem: Problem = serde_json::from_str(&body).unwrap();
    assert_eq!((status, id.as_str(), problem.request_id.as_deref()), (500, "look-for-me", Some("look-for-me")), "{body}");
    let (status, _, body) = ask(http.get(format!("{}/v1/me", server.url))).await;
    assert!(status == 401 && !body.contains("request_id"), "what the sender did wrong needs no look into the log: {body}");
    let log = server.end();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("request{id=look-for-me}")).collect();
    assert!(lines.iter().any(|line| line.contains("ERROR") && line.contains("a request failed")), "{log}");
    assert!(lines.iter().any(|line| line.contains("status=500")), "{log}");
}
