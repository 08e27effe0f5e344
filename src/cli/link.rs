//! The link to the server: connect, sync.

use crate::cli::connection::Stored;
use crate::cli::connection::check_remote;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::remote;
use crate::cli::session::Connection;
use crate::cli::session::Session;
use crate::replica::Exchanged;
use crate::replica::Mend;
use crate::text::Safe;
use clap::Args;
use serde_json::json;
use std::time::Duration;

/// How long `connect` and `sync` may take to bring both sides together.
const WITHIN: Duration = Duration::from_secs(10);
/// How long `sync --wait` goes on.
const WAIT: Duration = Duration::from_secs(600);

/// Check a server and a token, keep both, send what was written alone.
///
/// The token comes from --token-file FILE (`-` reads stdin), WARROOM_TOKEN, or what was kept for this server before.
#[derive(Args, Debug)]
pub struct Connect {
    /// The server's address, such as `https://warroom.example`
    #[arg(value_name = "URL")]
    url: String,
}

impl Connect {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        session.may_write()?;
        let address = check_remote(&self.url)?;
        let home = session.home()?;
        let before = Stored::load(&home)?;
        let token = session.token(before.as_ref(), Some(&address))?.ok_or_else(|| {
            Failure::Usage(format!("there is no token for {address}; give one with --token-file FILE (`-` reads stdin) or WARROOM_TOKEN"))
        })?;
        let me = remote::me(&address, &token)?;
        if let Some(name) = home.name.as_ref().filter(|name| **name != me.person) {
            let reason = format!("this token is {}'s, and you are {name} here; use a token of {name}, or --as {}", me.person, me.person);
            return Err(Failure::Refused { code: "not_you".into(), reason });
        }
        let stored = Stored { remote: address.clone(), token: token.clone(), person: me.person.to_string() };
        let connection = Connection { remote: Some(address.clone()), token: Some(token), stored: Some(stored.clone()) };
        let desk = Desk::open_at(session, home, connection, Mend::Nothing.into())?;
        let claimed = desk.here.claim(me.clone())?;
        stored.keep(&desk.home)?;
        let exchanged = desk.here.sync(WITHIN)?;
        if session.output.json {
            let object = json!({
                "remote": address, "person": me.person, "scope": me.scope, "token": me.token, "log": me.log, "claimed": claimed.events,
                "sent": exchanged.sent, "received": exchanged.received, "refused": exchanged.refused, "waiting": exchanged.waiting,
            });
            return session.output.object(&object);
        }
        let person = Safe::line(me.person.as_str());
        session.output.line(format!("connected to {address} as {person} ({})", me.scope))?;
        if claimed.events > 0 {
            session.output.line(format!("written alone: {}, sent now as {person}: {}", claimed.events, exchanged.sent))?;
        }
        if claimed.by_others > 0 {
            let words = "name another author; a server takes entries and declarations of another, and refuses the rest";
            session.output.note(&format!("{} of them {words} (`warroom doctor` lists what was refused)", claimed.by_others));
        }
        ended(&desk, exchanged, session)
    }
}

/// Says what still waits and why, with the exit code of the reason.
fn ended(desk: &Desk<'_>, exchanged: Exchanged, session: &Session) -> Result<(), Failure> {
    match exchanged.trouble {
        Some(reason) if desk.here.is_turned_away() => Err(Failure::Refused { code: "turned_away".into(), reason }),
        Some(why) => Err(Failure::Unreachable(format!("{why} (waiting here, safe on this disk: {})", exchanged.waiting))),
        None => {
            if exchanged.refused > 0 {
                session.output.note("what was refused is kept; `warroom doctor` lists it with the reasons");
            }
            if exchanged.elsewhere && exchanged.waiting > 0 {
                session.output.note("another process of this home does the exchange; it was told to hurry");
            }
            Ok(())
        }
    }
}

/// One exchange with the server.
#[derive(Args, Debug)]
pub struct Sync {
    /// Go on until nothing waits any more
    #[arg(long)]
    wait: bool,
}

impl Sync {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        if desk.connection.remote.is_none() {
            return Err(Failure::Unreachable("no server is configured; `warroom connect URL` names one".into()));
        }
        let exchanged = desk.here.sync(if self.wait { WAIT } else { WITHIN })?;
        if session.output.json {
            let object = json!({
                "sent": exchanged.sent, "received": exchanged.received, "refused": exchanged.refused, "waiting": exchanged.waiting,
                "position": desk.snapshot().position,
            });
            session.output.object(&object)?;
        } else {
            let at = desk.snapshot().position.as_ref().map_or_else(String::new, |position| format!(", at record {}", position.seq));
            session.output.line(format!(
                "sent {}, received {}, refused {}, waiting {}{at}",
                exchanged.sent, exchanged.received, exchanged.refused, exchanged.waiting
            ))?;
        }
        ended(&desk, exchanged, session)
    }
}
