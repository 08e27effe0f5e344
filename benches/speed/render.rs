//! A key to its frame: update, draw and the bytes for the terminal, at 200×50 with 10 000 incidents and a timeline of 100 000 entries.

use crate::calibration::hashing;
use crate::calibration::ms;
use crate::calibration::percentile;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use warroom::domain::*;
use warroom::replica::snapshot::Link;
use warroom::replica::snapshot::Snapshot;
use warroom::tui::chord::Chord;
use warroom::tui::colour::Depth;
use warroom::tui::custom::Custom;
use warroom::tui::glyphs::GlyphSet;
use warroom::tui::ink::Erases;
use warroom::tui::ink::Ink;
use warroom::tui::input::Input;
use warroom::tui::keymap::Keymap;
use warroom::tui::layout::Pane;
use warroom::tui::look::Look;
use warroom::tui::model::Model;
use warroom::tui::model::Moment;
use warroom::tui::model::Setup;
use warroom::tui::msg::Msg;
use warroom::tui::theme::Theme;
use warroom::tui::update;
use warroom::tui::view;
use warroom::wire::builtin_org;

const INCIDENTS: u64 = 10_000;
const OPEN: u64 = 60;
const ENTRIES: u64 = 100_000;
const SIZE: (u16, u16) = (200, 50);
const ROUNDS: usize = 300;

pub fn run() {
    let wall = Timestamp::from_millis(1_795_000_000_000);
    let snapshot = Arc::new(snapshot(wall));
    let look = Look {
        theme: Theme::shipped("dark", Depth::True).expect("a theme"),
        keymap: Keymap::standard().expect("a key map"),
        glyphs: GlyphSet::Unicode,
        local: chrono_tz::UTC,
    };
    let custom = Custom::default();
    let (views, quiet_p1_ms) = (Vec::new(), 15 * 60_000);
    let (is_read_only, is_presenting, incident, pane) = (false, false, None, Pane::Incidents);
    let setup =
        Setup { look, is_read_only, is_in_memory: false, is_presenting, banner: String::new(), incident, pane, custom, views, quiet_p1_ms };
    let started = Instant::now();
    let mut model = Model::new(setup, snapshot, Moment { wall, mono_ms: 10_000 }, SIZE);
    update::begin(&mut model);
    let area = Rect::new(0, 0, SIZE.0, SIZE.1);
    let (mut ink, mut buffer) = (Ink::new(Erases::Coloured), Buffer::empty(area));
    let mut draw = |ink: &mut Ink, model: &Model| {
        let mut bytes = Vec::new();
        buffer.reset();
        let cursor = view::draw(model, &mut buffer);
        ink.frame(&mut buffer, cursor, &mut bytes);
        bytes.len()
    };
    let sent = draw(&mut ink, &model);
    println!("first model and frame {}, {sent} bytes", ms(started.elapsed()));
    let keys = [
        "2",
        "k",
        "k",
        "PgUp",
        "PgDn",
        "Ctrl-u",
        "j",
        "1",
        "j",
        "j",
        "k",
        "3",
        "4",
        "j",
        "2",
        "g",
        "G",
        "?",
        "Esc",
        "p",
        "Esc",
        "i",
        "a",
        "b",
        "Backspace",
        "Esc",
    ];
    let (mut times, mut bytes) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for (place, key) in keys.iter().enumerate() {
            let moment = Moment { wall, mono_ms: 20_000 + ((round * keys.len() + place) * 400) as u64 };
            let chord = Chord::parse(key).expect("a key");
            let started = Instant::now();
            std::hint::black_box(update::update(&mut model, Msg::Input(Input::Key(chord)), moment));
            bytes.push(draw(&mut ink, &model));
            times.push(started.elapsed());
        }
    }
    bytes.sort_unstable();
    let reference = hashing(1 << 20);
    for (share, name) in [(0.5, "p50"), (0.99, "p99")] {
        let time = percentile(&mut times, share);
        println!("key {name} {}, {:.2} × hashing a megabyte", ms(time), time.as_secs_f64() / reference);
    }
    println!("bytes a key p50 {}, p95 {}", bytes[bytes.len() / 2], bytes[bytes.len() * 95 / 100]);
    let mut full = Vec::new();
    for _ in 0..ROUNDS {
        let mut fresh = Ink::new(Erases::Coloured);
        let started = Instant::now();
        draw(&mut fresh, &model);
        full.push(started.elapsed());
    }
    println!("full frame p50 {}", ms(percentile(&mut full, 0.5)));
}

/// What a replica would publish: open incidents in full, the rest by header.
fn snapshot(wall: Timestamp) -> Snapshot {
    let mut board = Board::new(Arc::new(builtin_org()));
    let mut headers = BTreeMap::new();
    let author = Person::new("ana");
    let mut seq = 0;
    let mut apply = |board: &mut Board, number: u64, incident: Option<IncidentId>, at: Timestamp, body: Body| {
        seq += 1;
        let id = EventId(uuid::Uuid::from_u128(u128::from(number) << 20));
        let (device, salt) = (DeviceId(uuid::Uuid::from_u128(1)), String::new());
        let event = Event {
            id,
            incident: incident.unwrap_or(id.into()),
            at,
            by: author.clone(),
            device,
            index: number,
            salt,
            replaces: None,
            body,
        };
        let code = incident.is_none().then_some(Code(number as u32));
        board.apply(&event, Some(&Acceptance { seq, received_at: at, person: author.clone(), code }));
        event.incident
    };
    for number in 1..=INCIDENTS {
        let at = wall.plus_ms(-((INCIDENTS - number) as i64) * 600_000);
        let severity = Severity::new((number % 5) as u8 + 1);
        let title = format!("Withdrawals suspended on chain {number}");
        let declared = IncidentDeclared { services: vec!["withdrawals".into()], severity, ..IncidentDeclared::titled(title) };
        let id = apply(&mut board, number, None, at, declared.into());
        if number <= INCIDENTS - OPEN {
            apply(&mut board, INCIDENTS + number, Some(id), at, StatusChanged { status: Status::Resolved, reason: "over".into() }.into());
        }
    }
    let busiest = board.iter().next_back().map(|incident| incident.id);
    for number in 0..ENTRIES {
        let added = EntryAdded::plain(
            WrittenKind::new(EntryKind::WRITTEN[number as usize % 9]).expect("written"),
            format!("Outflow back to baseline on four nodes, block 21 934 {number}; resume at 25 % after a second validation"),
        );
        let at = wall.plus_ms((number as i64 - ENTRIES as i64) * 700);
        apply(&mut board, 1_000_000 + number, busiest, at, added.into());
    }
    for incident in board.iter() {
        headers.insert(incident.id, Arc::new(Header::of(incident)));
    }
    let closed: Vec<_> = board.iter().filter(|incident| !incident.status.value.is_open()).map(|incident| incident.id).collect();
    closed.into_iter().for_each(|id| board.forget(id));
    Snapshot {
        revision: 1,
        me: Principal { person: author, scope: Scope::Commander },
        device: DeviceId(uuid::Uuid::from_u128(1)),
        board,
        headers: Arc::new(headers),
        older: Arc::default(),
        unsent: Arc::default(),
        unsent_total: 0,
        unsaved: 0,
        unsent_since: None,
        parked: Arc::default(),
        drafts: Arc::default(),
        dismissed: Arc::default(),
        presence: Arc::default(),
        link: Link::Live { round_trip_ms: 14, skew_ms: 0, heard_at: wall },
        position: None,
        held_since: None,
        signed: None,
        trouble: None,
        alarm: None,
    }
}
