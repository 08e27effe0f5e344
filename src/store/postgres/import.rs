//! A log that was kept in SQLite, moved here whole: the same seqs, bytes, hashes and tree, in one transaction.

use crate::ledger::Frontier;
use crate::ledger::RecordBytes;
use crate::ledger::sha256_hex;
use crate::store::Head;
use crate::store::LogStore;
use crate::store::SqliteStore;
use crate::store::StoreError;
use crate::store::Write;
use crate::store::postgres::append::put_beside;
use crate::store::postgres::link::Link;
use crate::store::postgres::link::Session;
use crate::store::postgres::open;
use crate::store::postgres::statements::Statements;
use crate::store::postgres::tokens;
use crate::store::sqlite::Exported;

const CHUNK_RECORDS: u32 = 500;

/// Copies a log into an empty database. Answers where it stands.
///
/// # Errors
/// When there is a log in the target, either cannot be used, or what is read does not fit its hashes. Then the target is as it was.
pub(in crate::store) fn import(url: &str, from: &SqliteStore) -> Result<Head, StoreError> {
    let link = Link::new(url)?;
    let database = &link.address.name;
    let (session, statements) = link.run(async {
        let session = Session::open(&link.address, None).await?;
        open::prepare(&session, database).await?;
        session.client.batch_execute("BEGIN; LOCK TABLE meta, token IN EXCLUSIVE MODE").await?;
        let sql = "SELECT (SELECT size FROM meta) > 0 OR EXISTS (SELECT FROM token) OR EXISTS (SELECT FROM answer) OR EXISTS (SELECT FROM raw_body)";
        if session.client.query_typed(sql, &[]).await?[0].try_get(0)? {
            return Err(StoreError::NotEmpty(database.clone()));
        }
        // A server that once started on it signed that it was empty.
        session.client.batch_execute("DELETE FROM checkpoint").await?;
        let statements = Statements::prepare(&session).await?;
        Ok((session, statements))
    })?;
    let mut frontier = Frontier::default();
    loop {
        let chunk = from.exported_records(frontier.size(), CHUNK_RECORDS)?;
        if chunk.is_empty() {
            break;
        }
        let nodes = check(&mut frontier, &chunk)?;
        link.run(put(&session, &statements, &chunk, &nodes))?;
    }
    if frontier != from.head().frontier {
        return Err(StoreError::Malformed("its records do not lead to the root that was noted".into()));
    }
    for (epoch, bucket, seq, note) in from.exported_checkpoints()? {
        link.run(async { Ok(session.client.execute(&statements.put_checkpoint, &[&epoch, &bucket, &seq, &note]).await?) })?;
    }
    for token in from.exported_tokens()? {
        link.run(tokens::create(&session, &token))?;
    }
    from.export_answers(&mut |key, answer, at| link.run(put_beside(&session, &statements, &[Write::Answer(key, answer, at)])))?;
    from.export_bodies(&mut |body| link.run(put_beside(&session, &statements, &[Write::Body(body)])))?;
    let head = from.head().clone();
    link.run(async {
        let (epoch, size, edge) = (head.epoch.cast_signed(), head.seq().cast_signed(), frontier.to_bytes());
        let sql = "UPDATE meta SET log = $1, device = $2, epoch = $3, size = $4, frontier = $5";
        session.client.execute(sql, &[&head.log.0, &from.device().0, &epoch, &size, &edge]).await?;
        Ok(session.client.batch_execute("COMMIT").await?)
    })?;
    Ok(head)
}

/// Checks that records follow each other and hold what their headers say. Answers the tree nodes that come with them, by position.
fn check(frontier: &mut Frontier, chunk: &[Exported]) -> Result<Vec<(i64, [u8; 32])>, StoreError> {
    let mut nodes = Vec::new();
    for row in chunk {
        let damaged = |what: &str| StoreError::Malformed(format!("record {} {what}", row.seq));
        let bytes = RecordBytes::stored(&row.header);
        let record = bytes.read().map_err(|why| damaged(&format!("cannot be read: {why}")))?;
        if row.seq != frontier.size() + 1 || record.seq != row.seq {
            return Err(damaged(&format!("stands where record {} belongs", frontier.size() + 1)));
        }
        if row.event.as_ref().is_some_and(|event| sha256_hex(event.as_bytes()) != record.event_sha256) {
            return Err(damaged("does not hold the event its header says"));
        }
        let position = Frontier::stored_position(frontier.size());
        nodes.extend(frontier.push(bytes.leaf()).into_iter().zip(position..).map(|(node, position)| (position.cast_signed(), node.0)));
    }
    Ok(nodes)
}

async fn put(session: &Session, statements: &Statements, chunk: &[Exported], nodes: &[(i64, [u8; 32])]) -> Result<(), StoreError> {
    let seqs: Vec<i64> = chunk.iter().map(|row| row.seq.cast_signed()).collect();
    let ids: Vec<_> = chunk.iter().map(|row| row.id.0).collect();
    let incidents: Vec<_> = chunk.iter().map(|row| row.incident.0).collect();
    let headers: Vec<&str> = chunk.iter().map(|row| row.header.as_str()).collect();
    let events: Vec<Option<&str>> = chunk.iter().map(|row| row.event.as_deref()).collect();
    let positions: Vec<i64> = nodes.iter().map(|(position, _)| *position).collect();
    let hashes: Vec<&[u8]> = nodes.iter().map(|(_, hash)| hash.as_slice()).collect();
    session.client.execute(&statements.put_records, &[&seqs, &ids, &incidents, &headers, &events]).await?;
    for row in chunk.iter().filter(|row| row.stub.is_some()) {
        session.client.execute("UPDATE record SET stub = $2 WHERE seq = $1", &[&row.seq.cast_signed(), &row.stub]).await?;
    }
    session.client.execute(&statements.put_nodes, &[&positions, &hashes]).await?;
    Ok(())
}
