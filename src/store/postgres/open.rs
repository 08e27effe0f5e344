//! The first look at the database: schema, migration, which log it is, and whether it is still the same cluster on the same timeline.

use crate::domain::DeviceId;
use crate::domain::LogId;
use crate::ledger::Frontier;
use crate::store::Head;
use crate::store::StoreError;
use crate::store::postgres::address::words;
use crate::store::postgres::link::Session;
use std::path::Path;
use tokio_postgres::Row;
use uuid::Uuid;

/// Every step there ever was; `meta.version` says how many the database has taken.
const STEPS: &[&str] = &[include_str!("migrations/1_log.sql"), include_str!("migrations/2_heads.sql")];
/// The version this program writes.
pub(super) const VERSION: i32 = STEPS.len() as i32;
/// Held while the schema is made or changed: "warroom" as a number.
const SCHEMA_LOCK: i64 = 0x0077_6172_726f_6f6d;
const ANSWERS_KEPT_DAYS: i64 = 30;

/// The columns that `Meta::read` expects.
pub(super) const META: &str = "version, log, epoch, size, frontier, device";

/// The row that says where the log stands.
pub(super) struct Meta {
    pub(super) head: Head,
    pub(super) device: DeviceId,
}

impl Meta {
    /// # Errors
    /// When a newer version wrote it, or it does not fit itself.
    pub(super) fn read(row: &Row, database: &str) -> Result<Self, StoreError> {
        let version: i32 = row.try_get(0)?;
        if version > VERSION {
            return Err(StoreError::Newer { path: database.into(), found: version.cast_unsigned(), known: VERSION.cast_unsigned() });
        }
        let (epoch, size, frontier): (i64, i64, &[u8]) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
        let frontier = Frontier::from_bytes(size.cast_unsigned(), frontier);
        let frontier = frontier.map_err(|what| StoreError::Damaged { path: database.into(), what })?;
        let head = Head { log: LogId(row.try_get(1)?), epoch: epoch.cast_unsigned(), frontier };
        Ok(Self { head, device: DeviceId(row.try_get(5)?) })
    }
}

/// Makes the schema or brings it up to date, and gives a new database its log.
pub(super) async fn prepare(session: &Session, database: &str) -> Result<(), StoreError> {
    let client = &session.client;
    let encoding: String = client.query_typed("SHOW server_encoding", &[]).await?[0].try_get(0)?;
    if encoding != "UTF8" {
        let what = format!("it is encoded in {encoding}, and events are UTF-8; make one with ENCODING 'UTF8'");
        return Err(StoreError::Unreachable { database: database.to_owned(), what });
    }
    if version(session).await? == VERSION {
        return mint(session).await;
    }
    // Waited for before the transaction begins: only its beginning clears what this connection remembers of the catalogue.
    client.batch_execute(&format!("SELECT pg_advisory_lock({SCHEMA_LOCK})")).await?;
    client.batch_execute("BEGIN").await?;
    // Another node may have taken the steps while this one waited.
    let from = version(session).await?;
    if from > VERSION {
        return Err(StoreError::Newer { path: Path::new(database).into(), found: from.cast_unsigned(), known: VERSION.cast_unsigned() });
    }
    // A schema that was made for this login is taken as it is; making one asks for more rights.
    let rows = client.query_typed("SELECT to_regnamespace('warroom') IS NULL", &[]).await?;
    if rows[0].try_get(0)? {
        client.batch_execute("CREATE SCHEMA warroom").await?;
    }
    if (1..VERSION).contains(&from) {
        keep_aside(session, &format!("warroom_before_{}", from + 1)).await?;
    }
    for (step, number) in STEPS.iter().zip(1..).skip(from.cast_unsigned() as usize) {
        client.batch_execute(&format!("{step}; UPDATE meta SET version = {number}")).await?;
    }
    client.batch_execute(&format!("COMMIT; SELECT pg_advisory_unlock({SCHEMA_LOCK})")).await?;
    mint(session).await
}

/// Copies the tables as they are before a step changes them. A login that may make no schema goes without: all steps are taken, or none.
async fn keep_aside(session: &Session, aside: &str) -> Result<(), StoreError> {
    let rows = session.client.query_typed("SELECT has_database_privilege(current_database(), 'CREATE')", &[]).await?;
    if !rows[0].try_get::<_, bool>(0)? {
        tracing::warn!("this login may make no schema, so the tables are not kept as they were before this version");
        return Ok(());
    }
    let copy = format!(
        "CREATE SCHEMA {aside}; DO $$ DECLARE name text; BEGIN FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'warroom' LOOP
            EXECUTE format('CREATE TABLE {aside}.%I AS TABLE warroom.%I', name, name); END LOOP; END $$"
    );
    session.client.batch_execute(&copy).await?;
    tracing::warn!(schema = aside, "the tables are kept there as they were before this version; drop it once all is well");
    Ok(())
}

/// Looks whether there is a log of this version to read; makes and changes nothing.
pub(super) async fn inspect(session: &Session, database: &str) -> Result<(), StoreError> {
    match version(session).await? {
        VERSION => Ok(()),
        0 => Err(StoreError::Foreign(database.into())),
        found if found > VERSION => {
            Err(StoreError::Newer { path: database.into(), found: found.cast_unsigned(), known: VERSION.cast_unsigned() })
        }
        _ => Err(StoreError::NotMigrated(database.into())),
    }
}

/// How many steps the database has taken; 0 when there is no log in it.
async fn version(session: &Session) -> Result<i32, StoreError> {
    let rows = session.client.query_typed("SELECT to_regclass('warroom.meta') IS NOT NULL", &[]).await?;
    if !rows[0].try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let rows = session.client.query_typed("SELECT version FROM meta", &[]).await?;
    // The table is made with the first step; the row a moment later.
    rows.first().map_or(Ok(VERSION), |row| Ok(row.try_get(0)?))
}

async fn mint(session: &Session) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (one, version, log, device, epoch, size, frontier) VALUES (1, $1, $2, $3, 1, 0, '') ON CONFLICT DO NOTHING";
    session.client.execute(sql, &[&VERSION, &Uuid::now_v7(), &Uuid::now_v7()]).await?;
    Ok(())
}

/// Begins a new epoch when the database is in another cluster or on another timeline than when it was last served: it was restored, or
/// a standby was promoted, and what was acknowledged may be missing. Of several nodes, the first does it.
pub(super) async fn settle_epoch(session: &Session) -> Result<(), StoreError> {
    let sql = "WITH here AS (SELECT (SELECT system_identifier FROM pg_control_system())::text AS cluster,
            left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline)
        UPDATE meta SET epoch = epoch + (meta.cluster IS NOT NULL)::int, cluster = here.cluster, timeline = here.timeline FROM here
        WHERE (meta.cluster, meta.timeline) IS DISTINCT FROM (here.cluster, here.timeline) RETURNING epoch, here.timeline";
    if let Some(row) = session.client.query_typed(sql, &[]).await?.first() {
        let (epoch, timeline): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        tracing::warn!(epoch, timeline, "the log is in another life of its database now");
    }
    Ok(())
}

/// Begins a new epoch because whoever runs the server says so, or because records are missing.
pub(super) async fn raise_epoch(session: &Session, above: u64) -> Result<(), StoreError> {
    session.client.execute("UPDATE meta SET epoch = $1::bigint + 1 WHERE epoch <= $1::bigint", &[&above.cast_signed()]).await?;
    Ok(())
}

/// Where the log stands now.
pub(super) async fn meta(session: &Session, database: &str) -> Result<Meta, StoreError> {
    let rows = session.client.query_typed(&format!("SELECT {META} FROM meta"), &[]).await?;
    let row = rows.first().ok_or_else(|| StoreError::Malformed("the row that says where the log stands is missing".into()))?;
    Meta::read(row, database)
}

pub(super) async fn drop_old_answers(session: &Session) -> Result<(), StoreError> {
    let oldest = chrono::Utc::now().timestamp_millis() - ANSWERS_KEPT_DAYS * 86_400_000;
    session.client.execute("DELETE FROM answer WHERE made_at < $1", &[&oldest]).await?;
    Ok(())
}

/// What of the database's settings endangers what is acknowledged.
pub(super) async fn warnings(session: &Session) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT current_setting('synchronous_standby_names'), current_setting('fsync'), current_setting('full_page_writes')";
    let rows = session.client.query_typed(sql, &[]).await?;
    let [standbys, fsync, full_pages] = [0, 1, 2].map(|column| rows[0].try_get::<_, String>(column));
    let mut warnings = Vec::new();
    if standbys?.trim().is_empty() {
        warnings.push(
            "the database has no synchronous standby: if its machine is lost, so are the newest events. Set synchronous_standby_names"
                .into(),
        );
    }
    if fsync? != "on" || full_pages? != "on" {
        warnings.push(
            "the database does not flush (fsync or full_page_writes is off): a power cut loses or damages the log. Set both to on".into(),
        );
    }
    Ok(warnings)
}

impl From<tokio_postgres::Error> for StoreError {
    /// Before the commit, where nothing is on disk yet.
    fn from(why: tokio_postgres::Error) -> Self {
        let state = why.as_db_error().map(|said| said.code().code().to_owned()).unwrap_or_default();
        match state.as_str() {
            // data_corrupted, index_corrupted
            "XX001" | "XX002" => Self::Malformed(words(&why)),
            "53100" => Self::Unavailable("the disk of the database is full".into()),
            _ => Self::Unavailable(words(&why)),
        }
    }
}
