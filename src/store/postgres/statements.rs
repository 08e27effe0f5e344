//! The statements of the writer, prepared once for each session.

use crate::store::StoreError;
use crate::store::postgres::link::Session;
use crate::store::postgres::open::META;
use crate::store::postgres::read::PAGE;
use tokio_postgres::Statement;

/// What the writer says again and again, prepared.
pub(super) struct Statements {
    pub(super) look: Statement,
    pub(super) lock: Statement,
    pub(super) rest: Statement,
    pub(super) known: Statement,
    pub(super) stored: Statement,
    pub(super) redact: Statement,
    pub(super) answered: Statement,
    pub(super) held: Statement,
    pub(super) put_records: Statement,
    pub(super) put_nodes: Statement,
    pub(super) put_checkpoint: Statement,
    pub(super) put_answers: Statement,
    pub(super) put_body: Statement,
    pub(super) put_heads: Statement,
    pub(super) advance: Statement,
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
