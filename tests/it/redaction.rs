//! Words deleted for good: gone from every file and every screen, while what they did stays, every copy agrees and every proof holds.

use crate::stage::Home;
use crate::stage::Server;
use serde_json::Value;
use std::path::Path;

const SECRET: &str = "hunter2hunter2";

/// Whether any file in a folder holds these bytes.
fn holds(folder: &Path, words: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(holds(&entry.path(), words));
        } else if std::fs::read(entry.path()).unwrap().windows(words.len()).any(|bytes| bytes == words.as_bytes()) {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

/// What a home tells of the incident, without what proves it.
fn told(home: &Home) -> Value {
    home.ok(&["sync"]);
    let mut value: Value = serde_json::from_str(&home.ok(&["export", "--format", "json"])).unwrap();
    for part in ["proof", "log"] {
        value.as_object_mut().unwrap().remove(part);
    }
    value
}

fn id_of(home: &Home, words: &str) -> String {
    let entries = told(home)["entries"].as_array().unwrap().clone();
    let found =
        entries.iter().find(|entry| entry["text"].as_str().unwrap().contains(words)).unwrap_or_else(|| panic!("{words}: {entries:?}"));
    found["id"].as_str().unwrap().to_owned()
}

#[test]
fn redacted_words_are_gone_everywhere_and_every_copy_and_proof_agrees() {
    let mut server = Server::start();
    let (ana, bo) = (server.home_of("ana", "admin"), server.home_of("bo", "responder"));
    ana.ok(&["declare", "Withdrawals suspended"]);
    ana.ok(&["log", "before it"]);
    ana.ok(&["log", &format!("the key is {SECRET}{}", " and a long story".repeat(600))]);
    ana.ok(&["amend", "last", &format!("the key was {SECRET}, again")]);
    ana.ok(&["status", "contained", "--reason", &format!("because of {SECRET}")]);
    bo.ok(&["sync"]);
    assert_eq!(bo.json(&["search", SECRET]).len(), 2);
    assert!(!holds(&server.home().folder(), SECRET).is_empty() && !holds(&bo.folder(), SECRET).is_empty());

    let entry = id_of(&ana, "the key was");
    let refused = bo.fails(4, &["redact", &entry, "--reason", "a key"]);
    assert!(refused.contains("responder token") && refused.contains("admin"), "{refused}");
    ana.ok(&["redact", &entry, "--reason", "a key stood in it"]);
    let status = id_of(&ana, "contained: because");
    ana.ok(&["redact", &status, "--reason", "there, too"]);
    assert!(ana.fails(4, &["redact", &entry, "--reason", "twice"]).contains("deleted already"));

    let of_ana = told(&ana);
    let text = of_ana.to_string();
    assert!(!text.contains(SECRET) && text.contains("[redacted]") && text.contains("a key stood in it"), "{text}");
    assert_eq!(of_ana["incident"]["status"], "contained", "what the words did stays");
    assert_eq!(told(&bo), of_ana);
    let chi = server.home_of("chi", "viewer");
    assert_eq!(told(&chi), of_ana, "who never had the words agrees with who had them");
    for home in [&ana, &bo, &chi] {
        assert!(home.json(&["search", SECRET]).is_empty());
        assert_eq!(holds(&home.folder(), SECRET), Vec::<String>::new());
        let verified = &home.json(&["verify"])[0];
        assert_eq!((verified["redacted"].as_u64(), verified["signed"].as_u64()), (Some(3), Some(8)), "{verified}");
    }
    let path = ana.file("incident.json", "");
    let name = path.to_str().unwrap();
    ana.ok(&["export", "--format", "json", "-o", name]);
    assert_eq!(ana.json(&["verify", name])[0]["redacted"], 3);

    // Gone at the server, also after a start from what it has on disk.
    assert_eq!(holds(&server.home().folder(), SECRET), Vec::<String>::new());
    server.terminate();
    server.start_again();
    assert_eq!(holds(&server.home().folder(), SECRET), Vec::<String>::new());
    let ana = Home::at(&server.address, &server.token("ana-again", "admin"));
    assert_eq!(told(&ana), of_ana);
    assert!(ana.ok(&["doctor"]).contains("cannot be recalled"));
}

#[test]
fn what_is_redacted_before_or_while_it_is_withheld_comes_back_without_its_words() {
    let server = Server::start();
    let (ana, bo) = (server.home_of("ana", "admin"), server.home_of("bo", "responder"));
    ana.ok(&["declare", "Keys were copied"]);
    let redact = |words: &str| ana.ok(&["redact", &id_of(&ana, words), "--reason", "a key stood in it"]);
    ana.ok(&["log", &format!("first {SECRET}")]);
    ana.ok(&["log", &format!("second {SECRET}")]);
    bo.ok(&["sync"]);
    redact("first");
    bo.ok(&["sync"]);
    let kept = |sql: &str| -> i64 {
        let database = rusqlite::Connection::open(bo.folder().join("replica.db")).unwrap();
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((kept("SELECT count(stub) FROM record"), kept("SELECT count(event) FROM record")), (1, 3));

    ana.ok(&["restrict", "chi"]);
    bo.ok(&["sync"]);
    assert_eq!((kept("SELECT count(stub) FROM record"), kept("SELECT count(event) FROM record")), (0, 0));
    assert_eq!(holds(&bo.folder(), SECRET), Vec::<String>::new(), "what is taken away leaves nothing in free pages either");
    redact("second");
    bo.ok(&["sync"]);
    ana.ok(&["unrestrict"]);
    let of_ana = told(&ana);
    assert_eq!(told(&bo), of_ana, "all of it is back, with stubs where words were");
    assert_eq!(kept("SELECT count(stub) FROM record"), 2);
    assert_eq!(kept("SELECT count(*) FROM withheld"), 0);
    assert!(bo.json(&["search", SECRET]).is_empty());
    assert_eq!(holds(&bo.folder(), SECRET), Vec::<String>::new());
    assert_eq!(bo.json(&["verify"])[0]["redacted"], 2);
}
