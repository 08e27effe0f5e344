//! One transaction for many events, in two exchanges: lock and look, then write and commit. The head is locked by a statement of its
//! own, so that whatever follows it (READ COMMITTED) sees all that was committed before, and seq order is commit order.

use crate::ledger::Frontier;
use crate::store::Ask;
use crate::store::CHECKPOINT_EVERY;
use crate::store::Head;
use crate::store::StoreError;
use crate::store::Stored;
use crate::store::Write;
use crate::store::postgres::link::Session;
use crate::store::postgres::open::Meta;
use crate::store::postgres::read::stored;
use crate::store::postgres::statements::Statements;
use crate::store::postgres::under::Found;
use crate::store::postgres::under::find;
use uuid::Uuid;

/// How many records one exchange brings.
const PAGE_RECORDS: i64 = 1000;
const PAGE_BYTES: i64 = 8 * 1024 * 1024;

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
    use crate::ledger::RecordBytes;

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
