//! warroom: a terminal war room for incident commanders.
//!
//! **Everything that happens is an event in one append-only log. All the rest is a view of it.** The board, the matrix, the timeline, the roster,
//! the exported document and the drill are folds or renderings of the same events. A client holds a replica of the log and an outbox of events
//! the server has not accepted yet. The server gives accepted events their sequence, keeps a Merkle tree over them and signs where it
//! stands; every replica is a witness of what it signed. Nothing is updated in place: a correction is a new event that names the old one; redaction
//! deletes an event's bytes, never its record.
//!
//! Presence is the one thing that is not an event: the screen tells the replica which incident is in hand and when a key was pressed, the replica
//! reports it to the server when something changed and once a minute, the server keeps it in memory only and passes it down the event streams, and each
//! replica lays it into its snapshot. A second war room of the same home, which leaves the exchange to the first, reports and listens by a stream
//! of its own. Files: `tui::presence`, `replica::local`, `replica::sync` (`presence`), `server::presence`, `wire::presence`.
//!
//! Neither side carries the whole past. A server keeps the head of every incident in its store, starts from those, and folds an incident when somebody
//! needs it. A copy begins at a base, some days back: it has the heads of all incidents, every record after the base, and from before it the
//! records of what is open or was opened, each with the hashes that prove it; the base moves on with the days. Files: `server::heads`,
//! `server::history`, `wire::history`, `replica::local` (`base`, `history`, `let_go`), `replica::sync` (`begin`, `fill`).
//!
//! # The rooms
//!
//! | room | what lives there | may use |
//! |---|---|---|
//! | [`domain`] | what an incident is: events, commands, rules, folds, priority; pure | nothing |
//! | [`text`] | `Safe` text, display widths, time words; pure | nothing |
//! | [`secret`] | keys, seed phrases, tokens and passwords in a text, found and masked; pure | nothing |
//! | [`query`] | what people ask of a list, read and matched; pure | domain, text |
//! | [`ledger`] | the bytes: events, record headers, Merkle tree, checkpoints, proofs, audit; pure | domain |
//! | [`report`] | documents, briefings and the shapes other programs read; pure | domain, text |
//! | [`drill`] | scenario → timed steps; pure | domain |
//! | [`import`] | records of past incidents, kept elsewhere → their events; pure | domain, ledger, text |
//! | [`wire`] | what crosses the network | domain, ledger |
//! | [`store`] | the server's log on disk | domain, ledger |
//! | [`server`] | the API: appender, routes, tokens, limits, alert intake | domain, ledger, report, text, wire, store |
//! | [`replica`] | the local copy: outbox, drafts, search; the pure sync machine and its HTTP shell | domain, ledger, query, wire |
//! | [`tui`] | the war room; the only room that names ratatui or crossterm | domain, query, report, secret, text, `replica::{snapshot, request}` |
//! | [`cli`] | arguments, configuration, wiring, exit codes | all |
//!
//! Start reading at [`domain::Event`], then [`domain::Board`]: `decide` turns a command into events, `admit` asks the rules of an event decided
//! elsewhere, `apply` folds. A key becomes a `Msg`, `tui::update` answers with effects, the replica's one thread commits event and outbox row in
//! one transaction and publishes a snapshot, the sync machine pushes and pulls, the server's appender admits, numbers, commits, and answers.
//!
//! # What is absent
//!
//! No state outside the log that a fold could not make anew. No lock, SQL or network on the screen's thread. No re-serialisation of an event:
//! the author's bytes are stored, sent and hashed. No clock, randomness or input in the pure rooms. No `utils`.
//!
//! # Ten invariants
//!
//! 1. An acknowledged event is on disk. Test: `faults::a_server_killed_again_and_again_keeps_every_answer_it_gave`
//! 2. The same records give the same board on every machine, in any batching, repetition or redelivery. Test: `replay::replay_is_deterministic_and_total`
//! 3. Appending an event twice changes nothing and answers the same seq. Test: `server_events::what_was_acknowledged_survives_a_crash_and_is_taken_once`
//! 4. No keystroke older than a second is lost by killing the process. Test: `war_room_pty::a_sentence_survives_the_program_being_killed_in_the_middle_of_it`
//! 5. The screen's thread does no I/O but the terminal. Test: `house::the_screen_does_no_io`
//! 6. Bytes never change after their author wrote them. Test: `golden::event_bytes_are_frozen`
//! 7. A client never shows a state as accepted that the server has not. Test: `war_room_pty::an_entry_is_written_seen_accepted_lost_with_the_server_and_accepted_again`
//! 8. No byte from outside reaches the terminal unsanitised. Test: `war_room::hostile::hostile_text_is_shown_harmless_and_keeps_the_layout`
//! 9. Every refused or unsendable event stays visible until a person deals with it. Test: `sync_http::what_depends_on_a_refused_event_waits_behind_it`
//! 10. Domain code has no clock, no I/O and no randomness. Test: `house::rooms_use_only_what_the_table_allows`

pub mod cli;
pub mod domain;
pub mod drill;
pub mod import;
pub mod ledger;
pub mod query;
pub mod replica;
pub mod report;
pub mod secret;
pub mod server;
pub mod store;
pub mod text;
pub mod tui;
pub mod wire;

/// Chooses the cryptography that TLS uses. Called first thing in `main`, and in every test that builds an HTTP client; calling it again is harmless.
pub fn install_crypto() {
    // An error only says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
