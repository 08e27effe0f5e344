//! A long past behind the real program: what it says of what it does not hold, and how that comes when it is wanted.

use crate::stage::Screen;
use crate::stage::Server;
use crate::stage::past::Past;
use warroom::domain::Timestamp;
use warroom::store::Database;

const PAST: Past = Past { incidents: 60, events_each: 6, days: 200, open_each: 10 };

#[test]
fn what_is_older_than_the_copy_is_said_and_fetched_when_it_is_opened() {
    let mut server = Server::start();
    assert_eq!(server.terminate(), Some(0));
    let now: Timestamp = chrono::Utc::now().into();
    let database = format!("sqlite:{}", server.home().folder().join("server.db").display());
    PAST.write(&mut *database.parse::<Database>().unwrap().open().unwrap(), now);
    server.start_again();

    // Every incident is listed, and what proves nothing is counted.
    let bo = server.home_of("bo", "responder");
    bo.ok(&["sync"]);
    assert_eq!(bo.json(&["list", "--all"]).len(), 60);
    let verified = &bo.json(&["verify"])[0];
    let number = |name: &str| verified[name].as_u64().unwrap();
    assert_eq!((number("base") + number("records"), number("signed")), (366, 366), "{verified}");
    let (base, alone) = (number("base"), number("heads_alone"));
    assert!(base > 150 && alone > 20, "{verified}");
    let told = bo.ok(&["verify"]);
    assert!(told.contains(&format!("it begins after record {base}")) && told.contains("all of it is what the server signed"), "{told}");
    let unproven = format!("{alone} older incidents cannot be verified here");
    assert!(told.contains(&unproven) && bo.ok(&["doctor"]).contains(&unproven), "{told}");
    let searched = bo.run(&["search", "block 13 of"]);
    assert!(searched.err.contains("searched what is open or since"), "{}", searched.err);

    // Opened by a command it comes with its proof; so it does for one that writes to it.
    let shown = bo.ok(&["show", "INC-14"]);
    assert!(shown.contains("Withdrawals suspended on chain 13"), "{shown}");
    let file = bo.file("incident.json", "");
    bo.ok(&["export", "-i", "INC-14", "--format", "json", "-o", file.to_str().unwrap()]);
    assert!(bo.ok(&["verify", file.to_str().unwrap()]).contains("all of it is what the server signed"));
    bo.ok(&["log", "-i", "INC-18", "after years"]);
    assert_eq!(bo.json(&["verify"])[0]["heads_alone"], alone - 2);

    // Without the server it says what is missing and what to do; once the server is back, it comes by itself.
    server.kill();
    let refused = bo.fails(5, &["show", "INC-20"]);
    assert!(refused.contains("the history of INC-20 is older than what is held here") && refused.contains("warroom sync"), "{refused}");
    let screen = Screen::open(&bo, &["-i", "INC-20"]);
    screen.wait_for(&["INC-20", "Its history is older than what is held here.", "as soon as the server is reached"]);
    server.start_again();
    screen.wait_for(&["Outflow back to baseline, block 19 of 4"]);
    screen.kill();
    assert!(bo.ok(&["show", "INC-20"]).contains("chain 19"));

    // Whoever wants all of it has all of it.
    let all = server.home_of("all", "viewer").with("WARROOM_CONFIG", bo.file("all.toml", "replica_days = 0").to_str().unwrap());
    all.ok(&["sync"]);
    let verified = &all.json(&["verify"])[0];
    assert_eq!((&verified["base"], &verified["records"], &verified["heads_alone"]), (&0.into(), &367.into(), &0.into()), "{verified}");
}
