//! A server's database copied while it runs, lost, and put back: what everybody then reads, and that nothing is silently dropped. Real binaries throughout.

use crate::stage::Screen;
use crate::stage::Server;
use crate::stage::eventually;

fn sync(home: &crate::stage::Home) -> serde_json::Value {
    home.json(&["sync"])[0].clone()
}

#[test]
fn a_restored_server_alarms_everyone_and_gets_back_what_its_backup_did_not_hold() {
    let mut server = Server::start();
    let (ana, bo) = (server.home_of("ana", "commander"), server.home_of("bo", "commander"));
    let (chi, dee) = (server.home_of("chi", "commander"), server.home_of("dee", "admin"));
    ana.ok(&["declare", "one", "--severity", "2"]);
    ana.ok(&["log", "before the backup"]);
    let file = server.home().folder().join("nightly.db");
    let file = file.to_str().unwrap();
    let said = server.home().ok(&["backup", file]);
    assert!(said.contains("2 records of log") && said.contains("epoch 1"), "{said}");
    let beside = server.home().folder().join("nightly-2.db");
    let told = server.home().run(&["backup", beside.to_str().unwrap()]).err;
    assert!(told.contains("the key that the server signs with is not in it"), "{told}");
    assert!(server.home().fails(1, &["backup", file]).contains("exists"));
    assert!(server.home().fails(1, &["restore", file]).contains("in use by another"), "nobody pulls it away under a server");

    bo.ok(&["log", "bo after it"]);
    ana.ok(&["status", "investigating"]);
    bo.ok(&["declare", "two"]);
    chi.ok(&["log", "-i", "INC-2", "chi after it"]);
    chi.ok(&["take", "-i", "INC-2"]);
    for home in [&ana, &bo, &dee] {
        assert_eq!(sync(home)["position"]["seq"], 7);
    }
    let late = server.home_of("eve", "viewer");
    server.home().ok(&["token", "revoke", "chi"]);
    server.kill();

    let told = server.home().ok(&["restore", file]);
    assert!(told.contains("2 records of log") && told.contains("epoch 2 begins"), "{told}");
    assert!(told.contains("the 5 records after that come back") && told.contains("server.db.replaced-"), "{told}");
    server.start_again();

    // Ana's war room says it at once, and what she did is done again; so is what bo did, declaration first.
    let mut screen = Screen::open(&ana, &["-i", "INC-1"]);
    screen.wait_for(&["INC-1 one", "live", "The server was restored from a backup", "goes there"]);
    screen.press("!");
    screen.wait_for(&["Needs attention", "log"]);
    screen.press("\r");
    screen.wait_for(&["1 event written here is sent again"]);
    let done = sync(&bo);
    assert_eq!((&done["refused"], &done["waiting"], &done["position"]["epoch"]), (&0.into(), &0.into(), &2.into()), "{done}");
    eventually("five records in the new epoch", || (sync(&dee)["position"]["seq"] == 5).then_some(()));
    let list = late.json(&["list"]);
    let titles: Vec<_> = list.iter().map(|incident| incident["title"].as_str().unwrap()).collect();
    assert!(titles.contains(&"two"), "a token that was made after the backup still opens: {titles:?}");
    screen.kill();

    // Chi's token was revoked after the backup, and stays so: what chi said is held by others, and offered when an admin says so.
    assert_eq!(chi.run(&["sync"]).code, 4);
    let told = dee.ok(&["doctor"]);
    assert!(told.contains("2 events that the restored server lost are held here and not back (chi 2)"), "{told}");
    assert!(told.contains("1 of them are entries and declarations"), "{told}");
    assert!(bo.fails(4, &["sync", "--offer-lost"]).contains("takes an admin's"));
    let offered = &dee.json(&["sync", "--offer-lost"])[0];
    assert_eq!((&offered["offered"], &offered["sent"], &offered["refused"]), (&1.into(), &1.into(), &0.into()), "{offered}");
    assert_eq!(dee.json(&["sync", "--offer-lost"])[0]["offered"], 0, "nothing is offered twice");
    let document = late.ok(&["export", "-i", "two"].map(|word| if word == "two" { "INC-2" } else { word }));
    assert!(document.contains("chi after it") && document.contains("recorded by dee"), "{document}");
    assert!(dee.ok(&["doctor"]).contains("1 events that the restored server lost"), "what chi did, only chi can do again");
}

#[test]
fn what_a_copy_had_to_let_go_of_and_the_server_lost_is_counted_and_an_administrator_can_offer_it() {
    let mut server = Server::start();
    let (ana, bo) = (server.home_of("ana", "admin"), server.home_of("bo", "responder"));
    ana.ok(&["declare", "Keys were copied"]);
    let file = server.home().folder().join("nightly.db");
    server.home().ok(&["backup", file.to_str().unwrap()]);
    bo.ok(&["log", "the badge log names a desk"]);
    ana.ok(&["log", "noted"]);
    ana.ok(&["restrict", "chi"]);
    assert_eq!((sync(&ana)["position"]["seq"].clone(), sync(&bo)["position"]["seq"].clone()), (4.into(), 4.into()));
    server.kill();
    server.home().ok(&["restore", file.to_str().unwrap()]);
    server.start_again();

    // The server no longer knows that it is restricted; bo's copy no longer has what bo wrote, and says so.
    sync(&bo);
    let told = bo.ok(&["doctor"]);
    assert!(told.contains("has lost the last 3 events held here. 1 event of yours in restricted incidents cannot be sent"), "{told}");
    assert!(told.contains("2 events of others are set aside"), "{told}");
    sync(&ana);
    assert_eq!(ana.json(&["sync", "--offer-lost"])[0]["sent"], 1);
    assert!(ana.ok(&["export"]).contains("the badge log names a desk"));
}

#[test]
fn a_backup_of_another_log_or_of_nothing_changes_nothing() {
    let (server, other) = (Server::start(), Server::start());
    let ana = server.home_of("ana", "commander");
    ana.ok(&["declare", "one"]);
    let file = server.home().folder().join("copy.db");
    let file = file.to_str().unwrap();
    server.home().ok(&["backup", file]);
    let mut other = other;
    let bo = other.home_of("bo", "commander");
    bo.ok(&["declare", "theirs"]);
    other.kill();
    assert!(other.home().fails(4, &["restore", file]).contains("holds log"));
    let nothing = other.home().file("nothing.db", b"not a database at all, but long enough to be read as one".repeat(40));
    assert!(other.home().fails(1, &["restore", nothing.to_str().unwrap()]).contains("not the database of a warroom server"));
    assert!(other.home().fails(3, &["restore", "/nonexistent/copy.db"]).contains("/nonexistent/copy.db"));
    other.start_again();
    assert_eq!(bo.json(&["sync"])[0]["position"]["epoch"], 1);
    // In a new place a backup begins a new life of its log.
    let elsewhere = other.home().folder().join("elsewhere.db");
    let database = format!("sqlite:{}", elsewhere.display());
    let restored = &other.home().json(&["restore", file, "--database", &database])[0];
    assert_eq!((&restored["position"]["epoch"], &restored["lost"], &restored["aside"]), (&2.into(), &0.into(), &serde_json::Value::Null));
}

#[test]
fn a_backup_is_one_moment_while_others_write() {
    let server = Server::start();
    let ana = server.home_of("ana", "commander");
    ana.ok(&["declare", "busy"]);
    let folder = server.home().folder();
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| (0..15).for_each(|number| drop(ana.ok(&["log", &format!("line {number}")]))));
        for number in 0..6 {
            let file = folder.join(format!("{number}.db"));
            server.home().ok(&["backup", file.to_str().unwrap()]);
        }
        writing.join().expect("a writer");
    });
    let mut seqs = Vec::new();
    for number in 0..6 {
        let (file, database) = (folder.join(format!("{number}.db")), format!("sqlite:{}/new-{number}.db", folder.display()));
        // Restoring checks the copy: its last records, its tree and its root.
        let restored = &server.home().json(&["restore", file.to_str().unwrap(), "--database", &database])[0];
        seqs.push(restored["position"]["seq"].as_u64().unwrap());
    }
    assert!(seqs.is_sorted() && seqs[5] > seqs[0], "{seqs:?}");
}

#[test]
fn what_was_said_to_few_waits_until_a_lost_restriction_is_back() {
    let mut server = Server::start();
    let (ana, bo, dee) = (server.home_of("ana", "commander"), server.home_of("bo", "commander"), server.home_of("dee", "admin"));
    ana.ok(&["declare", "one"]);
    let file = server.home().folder().join("nightly.db");
    let file = file.to_str().unwrap();
    server.home().ok(&["backup", file]);
    dee.ok(&["restrict", "-i", "INC-1", "bo", "--reason", "an insider is suspected"]);
    bo.ok(&["log", "said to few"]);
    server.kill();
    server.home().ok(&["restore", file]);
    server.start_again();

    let done = sync(&bo);
    assert_eq!((&done["sent"], &done["position"]["seq"]), (&0.into(), &1.into()), "{done}");
    assert!(bo.ok(&["doctor"]).contains("the server lost the restriction"));
    assert!(!server.viewer().ok(&["show", "INC-1"]).contains("said to few"));
    // Whoever set the restriction connects, and sets it again by that; then bo's words follow, and nobody else reads them.
    assert_eq!(sync(&dee)["sent"], 1);
    sync(&bo);
    eventually("both again", || (sync(&bo)["position"]["seq"] == 3).then_some(()));
    assert!(bo.ok(&["show", "INC-1"]).contains("said to few"));
    assert!(server.viewer().json(&["list"]).is_empty());
}
