//! Carries words that cannot be saved here straight to the server, on a thread of its own: nobody waits for it but whoever sent them.

use crate::domain::Command;
use crate::domain::IncidentId;
use crate::ledger::succession;
use crate::replica::exchange::runtime;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::local::Parcel;
use crate::replica::remote::Http;
use crate::replica::snapshot::Answer;
use crate::replica::sync::Fail;
use crate::replica::thread::Requests;
use crate::replica::thread::now;
use crate::wire::Outcome;
use crate::wire::OutcomeWord;
use std::time::Duration;
use tokio::time::timeout;

/// How long a person waits for an answer to their words.
const WITHIN: Duration = Duration::from_secs(10);

/// Packs a command and sends it off; `answer` is called once, when the server has answered or will not.
pub(super) fn send(
    local: &mut Local,
    requests: &Requests,
    (incident, command, draft): (IncidentId, Command, Option<String>),
    answer: Box<dyn FnOnce(Answer) + Send>,
) {
    let parcel = match local.parcel(incident, command, draft, now()) {
        Ok(parcel) => parcel,
        Err(why) => return answer(why),
    };
    let requests = requests.clone();
    let carry = move || {
        let told = deliver(&parcel);
        // Once the replica is closed nobody waits for the answer any more.
        requests.visit(move |local| answer(local.arrived(parcel, told, now())));
    };
    // Without a thread the answer is dropped, which whoever waits for it notices.
    let _ = std::thread::Builder::new().name("direct".into()).spawn(carry);
}

fn deliver(parcel: &Parcel) -> Result<Vec<Outcome>, Fail> {
    let http = Http::new(parcel.remote.clone())?;
    runtime()?.block_on(async {
        let late = || Fail::Unreachable(format!("no answer within {} s", WITHIN.as_secs()));
        timeout(WITHIN, carry(&http, parcel)).await.unwrap_or_else(|_| Err(late()))
    })
}

/// Sends the events one by one, up to the first that is refused. The server must be the one this copy belongs to, and the words the token's person's.
async fn carry(http: &Http, parcel: &Parcel) -> Result<Vec<Outcome>, Fail> {
    let me = http.meet(None).await?.me;
    if parcel.log.is_some_and(|log| log != me.log) {
        return Err(Fault::OtherLog.into());
    }
    if let Some(known) = parcel.key
        && me.key != Some(succession::follow(known, me.log, &me.succession))
    {
        return Err(Fail::Forbidden("the server shows another key than the one it is known by here; nothing was sent".into()));
    }
    if parcel.person != me.person {
        return Err(Fail::Forbidden(format!("the token is {}'s and these are {}'s words; nothing was sent", me.person, parcel.person)));
    }
    let mut outcomes = Vec::new();
    for event in &parcel.events {
        let pushed = http.push(std::slice::from_ref(event)).await?;
        let is_refused = pushed.outcomes.iter().any(|outcome| outcome.outcome == OutcomeWord::Refused);
        if pushed.outcomes.is_empty() {
            return Err(Fail::Garbled("the server gave no outcome".into()));
        }
        outcomes.extend(pushed.outcomes);
        if is_refused {
            break;
        }
    }
    Ok(outcomes)
}
