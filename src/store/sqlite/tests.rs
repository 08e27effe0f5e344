use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::Record;
use crate::ledger::sha256_hex;
use crate::store::Ask;
use crate::store::Head;
use crate::store::LogStore;
use crate::store::NewRecord;
use crate::store::SqliteStore;
use crate::store::StoreError;
use crate::store::Token;
use crate::store::TokenHash;
use crate::store::Write;
use crate::store::sqlite::accept_restored;
use crate::store::sqlite::create_token;
use crate::store::sqlite::list_tokens;
use crate::store::sqlite::revoke_token;
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use uuid::Uuid;

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server").join("log.db");
    (folder, path)
}

fn record(head: &Head, place: u64, id: EventId) -> Write {
    let event = EventBytes::stored(&format!("{{\"id\":\"{id}\"}}"));
    let header = Record {
        v: 1,
        seq: head.seq() + 1 + place,
        epoch: head.epoch,
        received_at: Timestamp::from_millis(7),
        person: Person::new("ana"),
        event_sha256: sha256_hex(event.as_str().as_bytes()),
        code: None,
        before: None,
    };
    Write::Record(NewRecord { id, incident: IncidentId(id.0), record: header.write().unwrap(), event })
}

fn append(store: &mut dyn LogStore, count: u64) -> Vec<EventId> {
    let ids: Vec<_> = (0..count).map(|_| EventId(Uuid::now_v7())).collect();
    let plan_ids = ids.clone();
    store
        .append(&Ask::default(), &mut |_, _| Ok(()), &mut |under| {
            Ok(plan_ids.iter().zip(0..).map(|(id, place)| record(under.head(), place, *id)).collect())
        })
        .unwrap();
    ids
}

#[test]
fn what_was_appended_is_there_after_opening_again() {
    let (_folder, path) = folder();
    let mut store = SqliteStore::open(&path).unwrap();
    let ids = [append(&mut store, 3), append(&mut store, 4)].concat();
    let (head, roots) = (store.head().clone(), [3, 7, 8].map(|seq| store.reader().root_at(seq).unwrap()));
    assert_eq!((head.seq(), roots[1], roots[2]), (7, Some(head.frontier.root()), None));
    drop(store);

    let mut store = SqliteStore::open(&path).unwrap();
    assert_eq!(*store.head(), head);
    assert_eq!(store.reader().root_at(3).unwrap(), roots[0]);
    let page = store.reader().page(2, 3, usize::MAX).unwrap();
    assert_eq!(page.iter().map(|stored| stored.seq).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(store.reader().page(0, 10, 1).unwrap().len(), 1, "the first record comes whatever its size");
    let mut known = None;
    store
        .append(&Ask::default(), &mut |_, _| Ok(()), &mut |under| {
            known = under.known(ids[4])?;
            Ok(Vec::new())
        })
        .unwrap();
    assert_eq!(known.unwrap().seq, 5);
    for file in ["log.db", "log.db-wal", "log.db.lock", "log.db.head"] {
        let mode = std::fs::metadata(path.with_file_name(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_plan_that_fails_leaves_nothing() {
    let (_folder, path) = folder();
    let mut store = SqliteStore::open(&path).unwrap();
    let id = append(&mut store, 1)[0];
    let failed = store.append(&Ask::default(), &mut |_, _| Ok(()), &mut |under| {
        Ok(vec![record(under.head(), 0, EventId(Uuid::now_v7())), record(under.head(), 1, id)])
    });
    assert!(failed.is_err(), "the second id is in the log already");
    drop(store);
    assert_eq!(SqliteStore::open(&path).unwrap().head().seq(), 1);
}

#[test]
fn one_server_a_file() {
    let (_folder, path) = folder();
    let _store = SqliteStore::open(&path).unwrap();
    let why = SqliteStore::open(&path).err().unwrap().to_string();
    assert!(why.contains("in use by another `warroom serve`"), "{why}");
}

#[test]
fn a_log_that_lost_its_end_is_refused_until_that_is_accepted() {
    let (_folder, path) = folder();
    let mut store = SqliteStore::open(&path).unwrap();
    append(&mut store, 2);
    drop(store);
    let old = std::fs::read(&path).unwrap();
    let mut store = SqliteStore::open(&path).unwrap();
    append(&mut store, 1);
    drop(store);
    std::fs::write(&path, old).unwrap();

    let why = SqliteStore::open(&path).err().unwrap();
    assert!(matches!(why, StoreError::Behind { found: 2, acknowledged: 3, .. }), "{why}");
    assert_eq!(accept_restored(&path).unwrap(), 2);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!((store.head().epoch, store.head().seq()), (2, 2));
}

#[test]
fn a_flipped_bit_at_the_end_is_noticed() {
    let change = |sql: &str| {
        let (_folder, path) = folder();
        append(&mut SqliteStore::open(&path).unwrap(), 5);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        SqliteStore::open(&path).err().map(|why| why.to_string()).unwrap_or_default()
    };
    assert!(change("UPDATE record SET event = replace(event, 'id', 'ix') WHERE seq = 5").contains("the event of record 5"));
    assert!(change("UPDATE record SET header = replace(header, 'ana', 'bob') WHERE seq = 4").contains("the header of record 4"));
    assert!(change("DELETE FROM record WHERE seq = 5").contains("ends at record 4 and its tree at 5"));
    assert!(change("UPDATE tree SET hash = zeroblob(32) WHERE position = 6").contains("do not lead to the root"));
}

#[test]
fn tokens_are_made_beside_a_running_server() {
    let (_folder, path) = folder();
    let token = |name: &str| Token {
        name: name.into(),
        hash: TokenHash::of(name),
        person: Person::new("ana"),
        scope: Scope::Commander,
        created_at: Timestamp::from_millis(1),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    create_token(&path, &token("first")).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    create_token(&path, &token("second")).unwrap();
    assert!(matches!(create_token(&path, &token("second")), Err(StoreError::TokenExists(_))));
    assert_eq!(store.reader().token(TokenHash::of("second")).unwrap(), Some(token("second")));
    store.reader().touch_tokens(&[(TokenHash::of("first"), Timestamp::from_millis(9))]).unwrap();
    revoke_token(&path, "first", Timestamp::from_millis(5)).unwrap();
    revoke_token(&path, "first", Timestamp::from_millis(6)).unwrap();
    assert!(matches!(revoke_token(&path, "third", Timestamp::from_millis(5)), Err(StoreError::NoSuchToken(_))));
    let first = &list_tokens(Path::new(&path)).unwrap()[0];
    assert_eq!((first.revoked_at, first.last_used_at), (Some(Timestamp::from_millis(5)), Some(Timestamp::from_millis(9))));
}

#[test]
fn a_full_disk_takes_nothing_and_passes() {
    let (_folder, path) = folder();
    let mut store = SqliteStore::open(&path).unwrap();
    append(&mut store, 1);
    let pages: u32 = store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    let many = |head: &Head| (0..500).map(|place| record(head, place, EventId(Uuid::now_v7()))).collect::<Vec<_>>();
    let why = store.append(&Ask::default(), &mut |_, _| Ok(()), &mut |under| Ok(many(under.head()))).unwrap_err();
    assert!(why.is_passing() && why.to_string().contains("the disk is full"), "{why}");
    store.connection.pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(())).unwrap();
    assert_eq!(store.append(&Ask::default(), &mut |_, _| Ok(()), &mut |under| Ok(many(under.head()))).unwrap().seq(), 501);
    drop(store);
    assert_eq!(SqliteStore::open(&path).unwrap().head().seq(), 501);
}
