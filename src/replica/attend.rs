//! An exchange with whichever server and token a home has: a new one is noticed while the program runs.

use crate::replica::exchange::stay;
use crate::replica::home::Home;
use crate::replica::remote::Remote;
use crate::replica::thread::Requests;
use std::future::pending;
use std::time::Duration;
use tokio::time::sleep;

/// How often to look whether this home has another server or token.
const REMOTE_LOOK_EVERY: Duration = Duration::from_secs(1);

/// Whichever server and token a home has now.
pub type Remotes = Box<dyn FnMut() -> Option<Remote> + Send>;

/// Exchanges with whichever server and token there is; another takes the place of the one before at once.
pub(super) async fn attend(requests: &Requests, mut remotes: Remotes, home: &Home) {
    let mut remote = remotes();
    loop {
        let known = remote.clone();
        requests.visit(move |local| local.know_remote(known));
        let exchange = async {
            if let Some(remote) = remote.clone() {
                stay(requests, remote, home).await;
            }
            pending::<()>().await;
        };
        let newer = async {
            loop {
                sleep(REMOTE_LOOK_EVERY).await;
                if let Some(newer) = remotes().filter(|newer| remote.as_ref() != Some(newer)) {
                    return newer;
                }
            }
        };
        let newer = tokio::select! {
            newer = newer => newer,
            () = exchange => return,
        };
        remote = Some(newer);
    }
}
