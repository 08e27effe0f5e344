//! One transaction for many events, in two exchanges: lock and look, then write and commit. The head is locked by a statement of its
//! own, so that whatever follows it (READ COMMITTED) sees all that was committed before, and seq order is commit order.

use crate::domain::EventId;
use crate::domain::Person;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::RecordBytes;
use crate::store::Answer;
use crate::store::AnswerKey;
use crate::store::Ask;
use crate::store::CHECKPOINT_EVERY;
use crate::store::Head;
use crate::store::Known;
use crate::store::Locked;
use crate::store::StoreError;
use crate::store::Stored;
use crate::store::Write;
use crate::store::postgres::link::Session;
use crate::store::postgres::open::META;
use crate::store::postgres::open::Meta;
use crate::store::postgres::read::PAGE;
use crate::store::postgres::read::stored;
use std::collections::HashMap;
use tokio_postgres::Statement;
use uuid::Uuid;

/// How many records one exchange brings.
const PAGE_RECORDS: i64 = 1000;
const PAGE_BYTES: i64 = 8 * 1024 * 1024;

/// What the writer says again and again, prepared.
pub(super) struct Statements {
    look: Statement,
    lock: Statement,
    rest: Statement,
    known: Statement,
    stored: Statement,
    redact: Statement,
    answered: Statement,
    held: Statement,
    pub(super) put_records: Statement,
    pub(super) put_nodes: Statement,
    pub(super) put_checkpoint: Statement,
    put_answers: Statement,
    put_body: Statement,
    put_heads: Statement,
    advance: Statement,
}

impl Statements {
    pub(super) async fn prepare(session: &Session) -> Result<Self, StoreError> {
        let prepare = |sql: &str| {
            let sql = sql.to_owned();
            async move { session.client.prepare(&sql).await }
        };
        let look = format!("SELECT {META} FROM meta");
        let lock = format!("{look} FOR UPDATE");
        Ok(Self {
            look: prepare(&look).await?,
            lock: prepare(&lock).await?,
            rest: prepare(PAGE).await?,
            known: prepare("SELECT event_id, seq, header FROM record WHERE event_id = ANY($1)").await?,
            stored: prepare("SELECT seq, header, event, stub, event_id FROM record WHERE event_id = ANY($1)").await?,
            // All that is to go, in one statement: nothing may wait for an answer while the commit is on its way.
            redact: prepare(
                "WITH words AS (UPDATE record SET event = NULL, stub = $2 WHERE seq = $1),
                      answers AS (DELETE FROM answer WHERE position($3::text IN body) > 0 OR position($4::text IN body) > 0),
                      heads AS (UPDATE head SET json = NULL WHERE incident = $4::text::uuid)
                 DELETE FROM raw_body WHERE sha256 = $5",
            )
            .await?,
            answered: prepare(
                "SELECT person, route, key, request, status, body FROM answer
                 JOIN UNNEST($1::text[], $2::text[], $3::text[]) AS asked(person, route, key) USING (person, route, key)",
            )
            .await?,
            held: prepare("SELECT sha256 FROM raw_body WHERE sha256 = ANY($1)").await?,
            put_records: prepare(
                "INSERT INTO record (seq, event_id, incident, header, event)
                 SELECT * FROM UNNEST($1::bigint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])",
            )
            .await?,
            put_nodes: prepare("INSERT INTO tree (position, hash) SELECT * FROM UNNEST($1::bigint[], $2::bytea[])").await?,
            put_checkpoint: prepare(
                "INSERT INTO checkpoint (epoch, bucket, seq, note) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (epoch, bucket) DO UPDATE SET seq = excluded.seq, note = excluded.note",
            )
            .await?,
            put_answers: prepare(
                "INSERT INTO answer (person, route, key, request, status, body, made_at)
                 SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], $4::bytea[], $5::int[], $6::text[], $7::bigint[])
                 ON CONFLICT DO NOTHING",
            )
            .await?,
            put_body: prepare("INSERT INTO raw_body (sha256, source, received_at, bytes) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
                .await?,
            put_heads: prepare(
                "WITH at AS (UPDATE meta SET heads_at = greatest(heads_at, $1))
                 INSERT INTO head (incident, fold, json) SELECT * FROM UNNEST($2::uuid[], $3::int[], $4::text[])
                 ON CONFLICT (incident) DO UPDATE SET fold = excluded.fold, json = excluded.json",
            )
            .await?,
            advance: prepare("UPDATE meta SET size = $1, frontier = $2").await?,
        })
    }
}

/// What a plan may look at: everything it named, fetched when the head was locked.
pub(super) struct Under<'a> {
    pub(super) head: &'a Head,
    pub(super) found: Found,
}

/// What was asked for and is there; what was asked for and is not, is `None`.
#[derive(Default)]
pub(super) struct Found {
    events: HashMap<EventId, Option<Known>>,
    answers: HashMap<AnswerKey, Option<Answer>>,
    bodies: HashMap<Hash, bool>,
    records: HashMap<EventId, Option<Stored>>,
}

impl Locked for Under<'_> {
    fn head(&self) -> &Head {
        self.head
    }

    fn known(&self, id: EventId) -> Result<Option<Known>, StoreError> {
        self.found.events.get(&id).cloned().ok_or_else(|| unasked("an event"))
    }

    fn stored(&self, id: EventId) -> Result<Option<Stored>, StoreError> {
        self.found.records.get(&id).cloned().ok_or_else(|| unasked("a record"))
    }

    fn answered(&self, key: &AnswerKey) -> Result<Option<Answer>, StoreError> {
        self.found.answers.get(key).cloned().ok_or_else(|| unasked("an answer"))
    }

    fn holds_body(&self, sha256: Hash) -> Result<bool, StoreError> {
        self.found.bodies.get(&sha256).copied().ok_or_else(|| unasked("a body"))
    }
}

fn unasked(what: &str) -> StoreError {
    StoreError::Unavailable(format!("{what} was looked up that nobody had named"))
}

/// Where the log stands and what follows a place in it. `is_whole` says that nothing further was there.
pub(super) struct News {
    pub(super) head: Head,
    pub(super) records: Vec<Stored>,
    pub(super) is_whole: bool,
}

/// What others wrote after a head, without a lock. The log only grows, so what is read second holds at least what was read first.
pub(super) async fn look(session: &Session, statements: &Statements, from: &Head, database: &str) -> Result<News, StoreError> {
    let after = from.seq().cast_signed();
    let (meta, rest) = tokio::try_join!(
        biased;
        async { session.client.query_one(&statements.look, &[]).await },
        async { session.client.query(&statements.rest, &[&after, &PAGE_RECORDS, &PAGE_BYTES]).await }
    )?;
    let rest = rest.iter().map(stored).collect::<Result<_, _>>()?;
    advance(from, &Meta::read(&meta, database)?.head, rest)
}

/// Opens a transaction and locks the head in it; answers what others wrote and what was asked for.
pub(super) async fn lock(
    session: &Session,
    statements: &Statements,
    from: &Head,
    ask: &Ask,
    database: &str,
) -> Result<(News, Found), StoreError> {
    let (client, after) = (&session.client, from.seq().cast_signed());
    let (meta, rest, found) = tokio::try_join!(
        biased;
        async {
            // Both are on their way before the first is answered.
            let (_, meta) = tokio::try_join!(biased; client.batch_execute("BEGIN"), client.query_one(&statements.lock, &[]))?;
            Ok(meta)
        },
        async { Ok(client.query(&statements.rest, &[&after, &PAGE_RECORDS, &PAGE_BYTES]).await?) },
        find(session, statements, ask)
    )?;
    let rest = rest.iter().map(stored).collect::<Result<_, _>>()?;
    Ok((advance(from, &Meta::read(&meta, database)?.head, rest)?, found))
}

async fn find(session: &Session, statements: &Statements, ask: &Ask) -> Result<Found, StoreError> {
    let client = &session.client;
    let (events, answers, bodies, records) = tokio::try_join!(
        biased;
        async {
            if ask.events.is_empty() {
                return Ok(Vec::new());
            }
            let ids: Vec<Uuid> = ask.events.iter().map(|id| id.0).collect();
            client.query(&statements.known, &[&ids]).await
        },
        async {
            if ask.answers.is_empty() {
                return Ok(Vec::new());
            }
            let people: Vec<&str> = ask.answers.iter().map(|key| key.person.as_str()).collect();
            let routes: Vec<&str> = ask.answers.iter().map(|key| key.route.as_str()).collect();
            let keys: Vec<&str> = ask.answers.iter().map(|key| key.key.as_str()).collect();
            client.query(&statements.answered, &[&people, &routes, &keys]).await
        },
        async {
            if ask.bodies.is_empty() {
                return Ok(Vec::new());
            }
            let hashes: Vec<&[u8]> = ask.bodies.iter().map(|hash| hash.0.as_slice()).collect();
            client.query(&statements.held, &[&hashes]).await
        },
        async {
            if ask.records.is_empty() {
                return Ok(Vec::new());
            }
            let ids: Vec<Uuid> = ask.records.iter().map(|id| id.0).collect();
            client.query(&statements.stored, &[&ids]).await
        }
    )?;
    let mut found = Found {
        events: ask.events.iter().map(|id| (*id, None)).collect(),
        answers: ask.answers.iter().map(|key| (key.clone(), None)).collect(),
        bodies: ask.bodies.iter().map(|hash| (*hash, false)).collect(),
        records: ask.records.iter().map(|id| (*id, None)).collect(),
    };
    for row in &events {
        let (id, seq): (Uuid, i64) = (row.try_get(0)?, row.try_get(1)?);
        let record = RecordBytes::stored(row.try_get(2)?).read();
        // A redacted event, too, is known by the hash its header keeps.
        let event_sha256 = record.map_err(|why| StoreError::Malformed(format!("record {seq} cannot be read: {why}")))?.event_sha256;
        found.events.insert(EventId(id), Some(Known { seq: seq.cast_unsigned(), event_sha256 }));
    }
    for row in &answers {
        let key = AnswerKey { person: Person::new(row.try_get::<_, String>(0)?), route: row.try_get(1)?, key: row.try_get(2)? };
        let status = u16::try_from(row.try_get::<_, i32>(4)?).unwrap_or_default();
        found.answers.insert(key, Some(Answer { request: hash(row.try_get(3)?)?, status, body: row.try_get(5)? }));
    }
    for row in &records {
        found.records.insert(EventId(row.try_get::<_, Uuid>(4)?), Some(stored(row)?));
    }
    for row in &bodies {
        found.bodies.insert(hash(row.try_get(0)?)?, true);
    }
    Ok(found)
}

pub(super) fn hash(bytes: &[u8]) -> Result<Hash, StoreError> {
    bytes.try_into().map(Hash).map_err(|_| StoreError::Malformed(format!("{} bytes are not a SHA-256 hash", bytes.len())))
}

/// Checks that what is there goes on from what was read, and how far.
fn advance(from: &Head, there: &Head, mut records: Vec<Stored>) -> Result<News, StoreError> {
    if there.log != from.log {
        return Err(StoreError::Broken(format!("the database holds log {} now, and held {}", there.log, from.log)));
    }
    if there.seq() < from.seq() || there.epoch < from.epoch {
        let what = format!("it ends at record {} of epoch {}, and had {} of {}", there.seq(), there.epoch, from.seq(), from.epoch);
        return Err(StoreError::Rewound(what));
    }
    records.retain(|stored| stored.seq <= there.seq());
    let mut frontier = from.frontier.clone();
    for stored in &records {
        if stored.seq != frontier.size() + 1 {
            return Err(StoreError::Malformed(format!("record {} follows record {}", stored.seq, frontier.size())));
        }
        frontier.push(stored.record.leaf());
    }
    let is_whole = frontier.size() == there.seq();
    if !is_whole && records.is_empty() {
        return Err(StoreError::Malformed(format!("it ends at record {} and says {}", frontier.size(), there.seq())));
    }
    if is_whole && frontier != there.frontier {
        return Err(StoreError::Rewound(format!("its first {} records have another root", there.seq())));
    }
    // Half way there, the epoch is still the one that was known: its change is news only with the last of its records.
    let epoch = if is_whole { there.epoch } else { from.epoch };
    Ok(News { head: Head { log: from.log, epoch, frontier }, records, is_whole })
}

/// Writes and commits. Answers the head after it.
///
/// # Errors
/// `Unknown`, since all of it is sent at once: only an answer says that it was kept.
pub(super) async fn commit(session: &Session, statements: &Statements, head: &Head, writes: &[Write]) -> Result<Head, StoreError> {
    let client = &session.client;
    let mut head = head.clone();
    let (mut seqs, mut ids, mut incidents, mut headers, mut events) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut positions, mut hashes) = (vec![], vec![]);
    for write in writes {
        let Write::Record(new) = write else { continue };
        let position = Frontier::stored_position(head.frontier.size());
        for (node, position) in head.frontier.push(new.record.leaf()).into_iter().zip(position..) {
            positions.push(position.cast_signed());
            hashes.push(node.0);
        }
        seqs.push(head.seq().cast_signed());
        ids.push(new.id.0);
        incidents.push(new.incident.0);
        headers.push(new.record.as_str());
        events.push(new.event.as_str());
    }
    let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.as_slice()).collect();
    let records = async {
        if seqs.is_empty() {
            return Ok(());
        }
        let (size, frontier) = (head.seq().cast_signed(), head.frontier.to_bytes());
        tokio::try_join!(
            biased;
            async { client.execute(&statements.put_records, &[&seqs, &ids, &incidents, &headers, &events]).await },
            async { client.execute(&statements.put_nodes, &[&positions, &hashes]).await },
            async { client.execute(&statements.advance, &[&size, &frontier]).await }
        )
        .map(|_| ())
        .map_err(StoreError::from)
    };
    session.warning();
    let kept =
        tokio::try_join!(biased; records, put_beside(session, statements, writes), async { Ok(client.batch_execute("COMMIT").await?) });
    kept.map_err(|why| match why {
        StoreError::Unavailable(words) => StoreError::Unknown(words),
        other => StoreError::Unknown(other.to_string()),
    })?;
    // "Committed locally, but might not have been replicated": the wait for the standby was cut short.
    match session.warning() {
        Some(words) => Err(StoreError::Unknown(words)),
        None => Ok(head),
    }
}

/// Writes what stands beside the records: checkpoints, answers to plain requests, and bodies that could not be read. Everything is sent
/// when this is first polled, so that a commit that is polled after it comes after it.
pub(super) async fn put_beside(session: &Session, statements: &Statements, writes: &[Write]) -> Result<(), StoreError> {
    let client = &session.client;
    let (mut people, mut routes, mut keys, mut requests, mut statuses, mut texts, mut times) =
        (vec![], vec![], vec![], vec![], vec![], vec![], vec![]);
    let (mut bodies, mut signed, mut redacted, mut heads) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for write in writes {
        match write {
            Write::Record(_) => {}
            Write::Checkpoint(checkpoint) => signed.push(checkpoint),
            Write::Answer(key, answer, at) => {
                people.push(key.person.as_str());
                routes.push(key.route.as_str());
                keys.push(key.key.as_str());
                requests.push(answer.request.0.as_slice());
                statuses.push(i32::from(answer.status));
                texts.push(answer.body.as_str());
                times.push(at.millis());
            }
            Write::Body(body) => bodies.push(body),
            Write::Redact(redaction) => redacted.push(redaction),
            Write::Heads(kept) => heads.push(kept),
        }
    }
    let remembered = async {
        if people.is_empty() {
            return Ok(0);
        }
        client.execute(&statements.put_answers, &[&people, &routes, &keys, &requests, &statuses, &texts, &times]).await
    };
    let kept = futures_util::future::try_join_all(bodies.iter().map(|body| async move {
        let (sha256, received_at) = (body.sha256.0.as_slice(), body.received_at.millis());
        client.execute(&statements.put_body, &[&sha256, &body.source, &received_at, &body.bytes]).await
    }));
    let signed = futures_util::future::try_join_all(signed.iter().map(|checkpoint| async move {
        let at = checkpoint.position;
        let (epoch, bucket, seq) = (at.epoch.cast_signed(), (at.seq / CHECKPOINT_EVERY).cast_signed(), at.seq.cast_signed());
        client.execute(&statements.put_checkpoint, &[&epoch, &bucket, &seq, &checkpoint.note()]).await
    }));
    let gone = futures_util::future::try_join_all(redacted.iter().map(|redaction| async move {
        let (seq, stub) = (redaction.seq.cast_signed(), redaction.stub.as_str());
        let about = (redaction.event.to_string(), redaction.incident.to_string());
        let raw = redaction.raw.as_ref().map(|raw| raw.0.as_slice());
        client.execute(&statements.redact, &[&seq, &stub, &about.0, &about.1, &raw]).await
    }));
    let heads = futures_util::future::try_join_all(heads.iter().map(|kept| async move {
        let at = kept.at.cast_signed();
        let ids: Vec<Uuid> = kept.heads.iter().map(|head| head.incident.0).collect();
        let folds: Vec<i32> = kept.heads.iter().map(|head| head.fold.cast_signed()).collect();
        let texts: Vec<Option<&str>> = kept.heads.iter().map(|head| head.json.as_deref()).collect();
        client.execute(&statements.put_heads, &[&at, &ids, &folds, &texts]).await
    }));
    tokio::try_join!(biased; remembered, kept, signed, gone, heads)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LogId;

    fn at(epoch: u64, leaves: &[&str]) -> Head {
        let mut frontier = Frontier::default();
        for leaf in leaves {
            frontier.push(RecordBytes::stored(leaf).leaf());
        }
        Head { log: LogId(Uuid::nil()), epoch, frontier }
    }

    fn records(from: u64, leaves: &[&str]) -> Vec<Stored> {
        let all = leaves.iter().zip(from..);
        all.map(|(leaf, seq)| Stored { seq, record: RecordBytes::stored(leaf), event: None, stub: None }).collect()
    }

    #[test]
    fn what_goes_on_from_what_was_read_is_news() {
        let from = at(1, &["a"]);
        let news = advance(&from, &at(2, &["a", "b", "c"]), records(2, &["b", "c", "d"])).unwrap();
        assert_eq!((news.head, news.records.len(), news.is_whole), (at(2, &["a", "b", "c"]), 2, true), "what came after the look waits");
        let part = advance(&from, &at(2, &["a", "b", "c"]), records(2, &["b"])).unwrap();
        assert_eq!((part.head, part.is_whole), (at(1, &["a", "b"]), false));
    }

    #[test]
    fn another_history_is_noticed() {
        let from = at(2, &["a", "b"]);
        let told = |there: &Head, rest| advance(&from, there, rest).err().map(|why| why.to_string()).unwrap_or_default();
        assert!(told(&at(3, &["a"]), vec![]).contains("ends at record 1 of epoch 3"), "shorter");
        assert!(told(&at(1, &["a", "b"]), vec![]).contains("of epoch 1"), "an older epoch");
        assert!(told(&at(2, &["a", "x"]), vec![]).contains("another root"), "as long, and another");
        assert!(told(&at(2, &["a", "x", "c"]), records(3, &["c"])).contains("another root"), "longer, and another");
        assert!(told(&at(2, &["a", "b", "c", "d"]), records(4, &["d"])).contains("record 4 follows record 2"), "a gap");
        assert!(told(&Head { log: LogId(Uuid::max()), ..at(2, &["a", "b"]) }, vec![]).contains("holds log"), "another log");
    }
}
