//! One question to the server before anything is stored: who is this token, which log is this.

use crate::cli::connection::Token;
use crate::cli::failure::Failure;
use crate::text::Safe;
use crate::wire::Me;
use crate::wire::Problem;
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(10);
/// Far more than a server of ours says about a token.
const ANSWER_MAX_BYTES: usize = 256 * 1024;

/// Asks `GET /v1/me`.
///
/// # Errors
/// Out of reach (5), refused (4), or not a warroom server (1).
pub fn me(remote: &str, token: &Token) -> Result<Me, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::Failed(format!("this machine gives no thread to work with: {why}")))?;
    runtime.block_on(ask(remote, token))
}

async fn ask(remote: &str, token: &Token) -> Result<Me, Failure> {
    let client = reqwest::Client::builder().timeout(WITHIN).redirect(reqwest::redirect::Policy::none()).build();
    let client = client.map_err(|why| Failure::Failed(format!("no HTTP client can be built: {}", innermost(&why))))?;
    let sent = client.get(format!("{remote}/v1/me")).bearer_auth(token.secret()).send().await;
    let mut answer = sent.map_err(|why| {
        Failure::Unreachable(format!("{remote} is out of reach: {}; check the address and the network, then try again", innermost(&why)))
    })?;
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    let broke_off = |why: reqwest::Error| Failure::Unreachable(format!("{remote} broke off its answer: {}", innermost(&why)));
    while let Some(piece) = answer.chunk().await.map_err(broke_off)? {
        body.extend_from_slice(&piece);
        if body.len() > ANSWER_MAX_BYTES {
            return Err(not_warroom(remote));
        }
    }
    match status {
        200 => serde_json::from_slice(&body).map_err(|_| not_warroom(remote)),
        401 | 403 => match Problem::read(&body) {
            Some(Problem { code, detail, .. }) => {
                Err(Failure::Refused { code, reason: format!("{remote} does not accept this token: {}", Safe::line(&detail)) })
            }
            None => Err(Failure::Unreachable(format!(
                "answer {status} from {remote} is not a warroom server's; check the address, and what stands between"
            ))),
        },
        429 => Err(Failure::Unreachable(format!("{remote} is asked too often (HTTP 429); try again in a moment"))),
        500.. => Err(Failure::Unreachable(format!("{remote} answers, but is not well (HTTP {status}); try again in a moment"))),
        _ => Err(not_warroom(remote)),
    }
}

fn not_warroom(remote: &str) -> Failure {
    Failure::Failed(format!("something answers at {remote}, but it is not a warroom server; check the address"))
}

/// The last of a chain of causes, which is the one that says something.
fn innermost(why: &dyn std::error::Error) -> String {
    let mut cause = why;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let words = cause.to_string();
    Safe::line(words.split(" (os error").next().unwrap_or(&words)).to_string()
}
