//! Replicas to measure with.

use std::path::Path;
use std::sync::mpsc;
use warroom::replica::Closed;
use warroom::replica::Config;
use warroom::replica::Replica;
use warroom::replica::request::Envelope;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;

/// A replica of its own in a folder.
pub fn config(home: &Path) -> Config {
    Config {
        home: home.to_owned(),
        person: "ana".into(),
        read_only: false,
        unwritable: None,
        closed: Closed::All,
        org: warroom::wire::builtin_org(),
    }
}

/// Asks and waits for the answer alone, as the war room does; the snapshot follows within a frame.
pub fn ask(replica: &Replica, request: Request) -> Answer {
    let (tell, told) = mpsc::sync_channel(1);
    replica.requests.send(Envelope { request, answer: Box::new(move |answer| drop(tell.send(answer))) });
    told.recv().expect("an answer")
}
