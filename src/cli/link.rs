//! The link to the server: connect, sync.

use crate::cli::connection::Stored;
use crate::cli::connection::check_remote;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::here::gave_way;
use crate::cli::remote;
use crate::cli::session::Connection;
use crate::cli::session::Session;
use crate::cli::war_room::ask;
use crate::cli::war_room::on_terminal;
use crate::domain::Person;
use crate::domain::Scope;
use crate::ledger::succession;
use crate::replica::Exchanged;
use crate::replica::Mend;
use crate::text::Safe;
use crate::wire::Me;
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long `connect` and `sync` may take to bring both sides together.
const WITHIN: Duration = Duration::from_secs(10);
/// How long `sync --wait` goes on.
const WAIT: Duration = Duration::from_secs(600);

/// Join a server: check it and the token, keep both.
///
/// What was written here alone is sent. The token comes from --token-file FILE (`-` reads stdin), WARROOM_TOKEN, or what was kept for this server
/// before.
#[derive(Args, Debug)]
pub struct Connect {
    /// The server's address, such as `https://warroom.example`
    #[arg(value_name = "URL")]
    url: String,
    /// The fingerprint of the server's key, as its owner told it: refuse any other, and know the server by this one from now on
    #[arg(long, value_name = "FINGERPRINT")]
    key: Option<String>,
    /// What was written here as NAME before there was a server is yours; may be given several times
    #[arg(long, value_name = "NAME")]
    claim: Vec<Person>,
}

impl Connect {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        session.may_write()?;
        let address = check_remote(&self.url)?;
        let home = session.home()?;
        let before = Stored::load(&home)?;
        let token = session.token(before.as_ref(), Some(&address), Some(&session.output))?.ok_or_else(|| {
            Failure::Usage(format!("there is no token for {address}; give one with --token-file FILE (`-` reads stdin) or WARROOM_TOKEN"))
        })?;
        let me = remote::me(&address, &token)?;
        if let Some(name) = home.name.as_ref().filter(|name| **name != me.person) {
            let reason = format!("this token is {}'s, and you are {name} here; use a token of {name}, or --as {}", me.person, me.person);
            return Err(Failure::Refused { code: "not_you".into(), reason });
        }
        self.check_key(&address, &me)?;
        let stored = Stored { remote: address.clone(), token: token.clone(), person: me.person.to_string() };
        let connection = Connection { remote: Some(address.clone()), token: Some(token), stored: Some(stored.clone()) };
        let desk = Desk::open_at(session, home, connection, Mend::Nothing.into())?;
        let known = self.know(&desk, &me)?;
        let alone = desk.here.replica.written_alone()?;
        let (mine, others) = whose(session, &alone, &me.person, &self.claim)?;
        let claimed = desk.here.replica.claim(me.clone(), mine.iter().map(|(name, _)| name.clone()).collect())?;
        stored.keep(&desk.home)?;
        let exchanged = desk.here.sync(WITHIN)?;
        if session.output.json {
            let object = json!({
                "remote": address, "person": me.person, "scope": me.scope, "token": me.token, "log": me.log, "claimed": claimed.events,
                "key": me.key.map(|key| key.fingerprint()),
                "claimed_as": by_name(&mine), "left": by_name(&others),
                "sent": exchanged.sent, "received": exchanged.received, "refused": exchanged.refused, "waiting": exchanged.waiting,
            });
            return session.output.object(&object);
        }
        let person = Safe::line(me.person.as_str());
        session.output.line(format!("connected to {address} as {person} ({})", me.scope))?;
        match me.key {
            Some(key) if !known => session.output.line(format!(
                "it signs its record with the key {}; ask its owner whether that is the one, this home refuses any other from now on",
                key.fingerprint()
            ))?,
            _ => {}
        }
        for (name, events) in &mine {
            session.output.line(format!(
                "{} written here as {}; signed {person} from now on",
                events_were(*events),
                Safe::line(name.as_str())
            ))?;
        }
        for (name, events) in &others {
            let (words, name) = (events_were(*events), Safe::line(name.as_str()));
            session
                .output
                .note(&format!("{words} written here as {name} and not sent; if {name} is you: warroom connect {address} --claim {name}"));
        }
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

impl Connect {
    /// The server's key must be the one that was told.
    fn check_key(&self, address: &str, me: &Me) -> Result<(), Failure> {
        let Some(told) = self.key.as_deref().map(str::trim) else { return Ok(()) };
        let shown = me.key.map(|key| key.fingerprint());
        if shown.as_deref().is_some_and(|shown| shown == told || shown.strip_prefix("SHA256:") == Some(told)) {
            return Ok(());
        }
        let shown = shown.unwrap_or_else(|| "no key at all".into());
        let reason = format!("{address} shows {shown}, not the key {}; nothing was sent. Somebody else may answer there", Safe::line(told));
        Err(Failure::Refused { code: "other_key".into(), reason })
    }

    /// Knows the server by its key from now on; answers whether it did before.
    fn know(&self, desk: &Desk<'_>, me: &Me) -> Result<bool, Failure> {
        let known = desk.snapshot().signed.as_ref().map(|signed| signed.key.clone());
        // Another log is refused for what it is, whoever signs it.
        let is_other = desk.snapshot().position.is_some_and(|position| position.log != me.log);
        let Some(key) = me.key.filter(|_| !is_other) else { return Ok(true) };
        match known {
            Some(known) if known == key.fingerprint() => return Ok(true),
            // The key known here vouches for the new one; the exchange sees to it.
            Some(_)
                if desk.here.replica.signatures()?.key.is_some_and(|known| succession::follow(known, me.log, &me.succession) == key) =>
            {
                return Ok(true);
            }
            Some(known) if self.key.is_none() => {
                let reason = format!(
                    "this server signs with the key {}, and is known here by {known}; nothing was sent. If its key was replaced on purpose, ask its owner for the fingerprint and give it with --key",
                    key.fingerprint()
                );
                return Err(Failure::Refused { code: "other_key".into(), reason });
            }
            _ => {}
        }
        desk.here.replica.trust_key(key)?;
        Ok(false)
    }
}

type Names = Vec<(Person, usize)>;

/// Of the names under which something was written alone: those that are the token's person as well, and those that are somebody else. One other name
/// is taken for the same person, whom nobody had asked before there was a token; where two people wrote, they are asked.
fn whose(session: &Session, alone: &BTreeMap<Person, usize>, me: &Person, claims: &[Person]) -> Result<(Names, Names), Failure> {
    if let Some(name) = claims.iter().find(|name| !alone.contains_key(*name)) {
        return Err(Failure::Usage(format!("nothing waits here that was written as {name} before there was a server")));
    }
    let (mut mine, mut others) = (Names::new(), Names::new());
    for (name, events) in alone.iter().filter(|(name, _)| *name != me) {
        let is_mine = alone.len() == 1 || claims.contains(name) || is_same(session, name, *events, me)?;
        let names = if is_mine { &mut mine } else { &mut others };
        names.push((name.clone(), *events));
    }
    Ok((mine, others))
}

/// Asks whether two names are one person; without somebody to ask, they are two.
fn is_same(session: &Session, name: &Person, events: usize, me: &Person) -> Result<bool, Failure> {
    if session.output.json || !on_terminal() {
        return Ok(false);
    }
    let (words, name) = (events_were(events), Safe::line(name.as_str()));
    let said =
        ask(&format!("{words} written here as {name}. Are you {name}, and should they be signed {}? [y/N] ", Safe::line(me.as_str())))?;
    Ok(matches!(said.as_str(), "y" | "Y" | "yes"))
}

fn events_were(events: usize) -> String {
    if events == 1 { "1 event was".into() } else { format!("{events} events were") }
}

fn by_name(names: &[(Person, usize)]) -> serde_json::Value {
    names.iter().map(|(name, events)| (name.to_string(), json!(events))).collect::<serde_json::Map<_, _>>().into()
}

/// Puts what others said in a lost stretch on its way. It stands as recorded by whoever offers it, for ever: so this takes an admin, once the authors'
/// own machines had their time.
fn offer_lost(desk: &Desk<'_>) -> Result<usize, Failure> {
    desk.session.may_write()?;
    // Their machines may have sent it again a moment ago.
    desk.here.sync(WITHIN)?;
    let me = desk.snapshot().me.clone();
    if me.scope != Scope::Admin {
        let reason = format!("{} has a {} token; offering what others wrote takes an admin's", me.person, me.scope);
        return Err(Failure::Refused { code: "scope".into(), reason });
    }
    Ok(desk.here.replica.offer_lost()?)
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

/// Exchange with the server once.
#[derive(Args, Debug)]
pub struct Sync {
    /// Go on until nothing waits any more
    #[arg(long)]
    wait: bool,
    /// Offer what others said in a stretch that a restored server lost, as recorded by me (admin); `warroom doctor` says what is missing
    #[arg(long)]
    offer_lost: bool,
}

impl Sync {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        if desk.connection.remote.is_none() {
            return Err(Failure::Unreachable("no server is configured; `warroom connect URL` names one".into()));
        }
        let offered = if self.offer_lost { offer_lost(&desk)? } else { 0 };
        let before = desk.here.gave_way();
        let exchanged = desk.here.sync(if self.wait { WAIT } else { WITHIN })?;
        let differing = desk.here.gave_way().unwrap_or(0).saturating_sub(before.unwrap_or(0));
        if differing > 0 {
            session.output.note(&gave_way(differing));
        }
        if session.output.json {
            let object = json!({
                "offered": offered, "sent": exchanged.sent, "received": exchanged.received, "refused": exchanged.refused, "waiting": exchanged.waiting,
                "differing": differing, "position": desk.snapshot().position,
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
