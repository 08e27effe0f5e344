//! A server, or something between, that sends garbage down the stream of events: nothing of it is believed, nothing written is lost, and a fair
//! stream afterwards brings everything once.

use crate::outage::Weather;
use crate::replica_desk::Desk;
use crate::sync_http::Field;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Link;

const RECORD_OF_NOTHING: &[u8] = b"id: 7\nevent: record\ndata: {\"record\":{\"seq\":7,\"epoch\":1},\"event\":null}\n\n";
const FAR_AWAY: &[u8] = b"id: 18446744073709551616\nevent: record\ndata: {\"record\":{\"seq\":18446744073709551615}}\n\n";

#[test]
fn garbage_on_the_stream_changes_no_record_and_loses_no_word() {
    let long: &'static [u8] = Box::leak(vec![b'x'; 1 << 20].into_boxed_slice());
    let all: [(&str, &'static [u8]); 9] = [
        ("no text", b"\xff\xfe\x00\x01 \xf0\x28\x8c\x28\n\n"),
        ("no JSON", b"event: record\ndata: {]\n\n"),
        ("an empty record", b"event: record\ndata: {}\n\n"),
        ("a record of nothing", RECORD_OF_NOTHING),
        ("a number of no record", FAR_AWAY),
        ("deep nesting", b"event: record\ndata: {\"record\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n\n"),
        ("a head and presence of nobody", b"event: head\ndata: 7\n\nevent: presence\ndata: [\"ana\"]\n\n"),
        ("start over, always", b"event: resync\ndata:\n\n"),
        ("a megabyte without an end", long),
    ];
    for (name, bytes) in all {
        let field = Field::open();
        let desk = Desk::new();
        let ana = field.join(&desk, "ana");
        let incident = desk.declare(&ana, "Withdrawals suspended");
        desk.log(&ana, incident, "before");
        desk.until(&ana, |now| matches!(now.link, Link::Live { .. }) && now.unsent_total == 0);
        let before = ana.snapshot();
        field.line.turn(Weather::Cut);
        desk.until(&ana, |now| matches!(now.link, Link::Offline { .. }));
        field.line.turn(Weather::Garbage(bytes));
        ana.ask(Request::SyncNow);
        desk.log(&ana, incident, "meanwhile");
        std::thread::sleep(std::time::Duration::from_millis(400));
        let during = ana.snapshot();
        let lines = |board: &warroom::domain::Board| -> Vec<String> {
            board.get(incident).expect("the incident").timeline.iter().map(|entry| entry.text.to_string()).collect()
        };
        assert!(lines(&during.board).starts_with(&lines(&before.board)), "{name}: what was accepted stays as it was");
        assert_eq!(lines(&during.board).last().map(String::as_str), Some("meanwhile"), "{name}");
        assert_eq!(during.parked.len(), 0, "{name}");
        field.line.turn(Weather::Fair);
        ana.ask(Request::SyncNow);
        let after = desk.until(&ana, |now| {
            matches!(now.link, Link::Live { .. }) && now.unsent_total == 0 && now.position.is_some_and(|position| position.seq == 3)
        });
        assert_eq!(lines(&after.board).iter().filter(|line| *line == "meanwhile").count(), 1, "{name}");
        assert_eq!(field.log().len(), 3, "{name}");
    }
}
