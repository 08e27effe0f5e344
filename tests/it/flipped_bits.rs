//! Single bits of real files turned over, and a -wal file taken away: found, or without effect.

use crate::stage::Home;
use crate::stage::Server;
use crate::toxic::roll;
use rusqlite::Connection;
use std::path::Path;

/// Everything the log in a database says, read as it is.
fn records(path: &Path) -> Result<Vec<(i64, String, String)>, rusqlite::Error> {
    let connection = Connection::open(path)?;
    let mut query = connection.prepare("SELECT seq, header, event FROM record ORDER BY seq")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.collect()
}

/// Turns one bit over: mostly where words or headers stand, sometimes anywhere.
fn flip(bytes: &mut [u8], dice: &mut u64) -> usize {
    let places: Vec<_> =
        bytes.windows(5).enumerate().filter(|(_, five)| *five == b"words" || *five == b"epoch").map(|(at, _)| at).collect();
    let at = match roll(dice, 4) {
        0 => roll(dice, bytes.len() as u64) as usize,
        _ => (places[roll(dice, places.len() as u64) as usize] + roll(dice, 120) as usize).min(bytes.len() - 1),
    };
    bytes[at] ^= 1 << roll(dice, 8);
    at
}

#[test]
fn a_bit_of_a_log_that_is_turned_over_is_found_or_changes_no_record() {
    let mut server = Server::start();
    let ana = server.home_of("ana", "commander");
    ana.ok(&["declare", "Withdrawals suspended"]);
    for number in 0..12 {
        ana.ok(&["log", &format!("words {number} that somebody said, and more words")]);
    }
    ana.ok(&["sync"]);
    assert_eq!(server.terminate(), Some(0));
    let mut dice = 0xb175_u64;
    let mut found = 0;
    for (from, is_server) in [(server.home().folder().join("server.db"), true), (ana.folder().join("replica.db"), false)] {
        Connection::open(&from).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        let sound = records(&from).unwrap();
        assert_eq!(sound.len(), 13);
        for round in 0..24 {
            let home = Home::new();
            let mut bytes = std::fs::read(&from).unwrap();
            let at = flip(&mut bytes, &mut dice);
            std::fs::create_dir_all(home.folder()).unwrap();
            let copy = home.folder().join(from.file_name().unwrap());
            std::fs::write(&copy, bytes).unwrap();
            let told = if is_server { home.run(&["verify", copy.to_str().unwrap()]) } else { home.run(&["verify"]) };
            assert!(told.code >= 0, "round {round}, byte {at}: {told:?}");
            if told.code == 0 {
                assert_eq!(records(&copy).unwrap(), sound, "round {round}, byte {at} of {}: not noticed", from.display());
            } else {
                assert!(!told.err.is_empty() && !told.err.contains("panicked"), "{told:?}");
                found += 1;
            }
        }
    }
    assert!(found >= 12, "{found} of 48 were found");
}

#[test]
fn a_server_whose_wal_was_taken_away_does_not_pretend() {
    let mut server = Server::start();
    let ana = server.home_of("ana", "commander");
    ana.ok(&["declare", "one"]);
    ana.ok(&["log", "acknowledged"]);
    server.kill();
    let folder = server.home().folder();
    assert!(std::fs::metadata(folder.join("server.db-wal")).is_ok_and(|file| file.len() > 0), "what was acknowledged is in it");
    for tail in ["server.db-wal", "server.db-shm"] {
        std::fs::rename(folder.join(tail), folder.join(format!("{tail}.away"))).unwrap();
    }
    let told = server.home().run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.code != 0 && (told.err.contains("-wal") || told.err.contains("another log")), "{told:?}");
    for file in std::fs::read_dir(&folder).unwrap().flatten() {
        if let Some(name) = file.file_name().to_str().and_then(|name| name.strip_suffix(".away")) {
            std::fs::rename(file.path(), folder.join(name)).unwrap();
        }
    }
    server.start_again();
    assert!(server.viewer().ok(&["export", "-i", "INC-1"]).contains("acknowledged"), "and with it everything is there");
}

/// An unsent event's id and its bytes.
type Unsent = (Vec<u8>, Vec<u8>);

/// What waits to be sent, as it stands in a database.
fn waiting(path: &Path) -> Result<Vec<Unsent>, rusqlite::Error> {
    let connection = Connection::open(path)?;
    let mut query = connection.prepare("SELECT event_id, CAST(event AS BLOB) FROM outbox ORDER BY place")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

#[test]
fn a_bit_of_an_unsent_event_that_is_turned_over_is_found_and_the_event_never_sent() {
    let server = Server::start();
    let ana = Home::new();
    ana.ok(&["declare", "Withdrawals suspended"]);
    for number in 0..12 {
        ana.ok(&["log", &format!("words {number} that somebody said, and more words")]);
    }
    let from = ana.folder().join("replica.db");
    Connection::open(&from).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let sound = waiting(&from).unwrap();
    assert_eq!(sound.len(), 13);
    let token = server.token("ana", "commander");
    let (mut dice, mut found, mut sent) = (0x0b17_u64, 0, 0);
    for round in 0..16 {
        let home = Home::new();
        let token = home.file("token", &token);
        let mut bytes = std::fs::read(&from).unwrap();
        let at = flip(&mut bytes, &mut dice);
        std::fs::create_dir_all(home.folder()).unwrap();
        let copy = home.folder().join("replica.db");
        std::fs::write(&copy, bytes).unwrap();
        let told = home.run(&["verify"]);
        assert!(told.code >= 0 && !told.err.contains("panicked"), "round {round}, byte {at}: {told:?}");
        if told.code == 0 {
            assert_eq!(waiting(&copy).unwrap(), sound, "round {round}, byte {at}: not noticed");
            continue;
        }
        found += 1;
        assert_eq!(told.code, 6, "{told:?}");
        // Whatever is sent of it is what was written.
        home.run(&["connect", &server.address, "--token-file", token.to_str().unwrap()]);
        sent += 1;
    }
    assert!(found >= 5 && sent == found, "{found} of 16 were found");
    let recorded = server.viewer().ok(&["show", "INC-1"]);
    for line in recorded.lines().filter(|line| line.contains(" note: ")) {
        let said = line.split(" note: ").nth(1).unwrap().split("  ").next().unwrap();
        assert!((0..12).any(|number| said == format!("words {number} that somebody said, and more words")), "{said}");
    }
}
