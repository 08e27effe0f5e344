//! Reading from any thread, over one connection that is made again when it broke.

use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::RecordBytes;
use crate::store::Head;
use crate::store::KeptHead;
use crate::store::KeptHeads;
use crate::store::LogReader;
use crate::store::Room;
use crate::store::StoreError;
use crate::store::Stored;
use crate::store::Token;
use crate::store::TokenHash;
use crate::store::postgres::link::Link;
use crate::store::postgres::link::Session;
use crate::store::postgres::tokens;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;
use tlog_tiles::HashReader;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Records after a place: at most so many and, from the second on, at most so many bytes. Counted by the database, so that what is
/// too much never leaves it.
pub(super) const PAGE: &str = "SELECT seq, header, event, stub FROM (
        SELECT seq, header, event, stub, sum(octet_length(header) + coalesce(octet_length(event), 0)) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS bytes
        FROM record WHERE seq > $1 ORDER BY seq LIMIT $2) AS page
    WHERE bytes <= $3 OR seq = $1 + 1 ORDER BY seq";

/// How long nobody tries again after the database could not be reached: everyone who waits would try in turn.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) struct PostgresReader {
    link: Arc<Link>,
    session: Mutex<Connected>,
    pub(super) warnings: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Connected {
    session: Option<Arc<Session>>,
    failed: Option<(Instant, String)>,
}

impl PostgresReader {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link, session: Mutex::default(), warnings: Mutex::default() }
    }

    /// Reads over a new connection from now on: the old one may lead to a host that was left.
    pub(super) fn forget(&self) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Connected::default();
    }

    fn with<T>(&self, ask: impl AsyncFn(&Session) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let session = self.connected()?;
        match self.link.run(ask(&session)) {
            // It broke while it lay idle, or under the question, which asks nothing that could not be asked twice.
            Err(StoreError::Unavailable(_)) if session.client.is_closed() => {
                self.forget();
                let session = self.connected()?;
                self.link.run(ask(&session))
            }
            Err(why @ StoreError::Unavailable(_)) => {
                // It hangs; the next question goes another way.
                self.forget();
                Err(why)
            }
            answer => answer,
        }
    }

    fn connected(&self) -> Result<Arc<Session>, StoreError> {
        let mut connected = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = connected.session.as_ref().filter(|session| !session.client.is_closed()) {
            return Ok(session.clone());
        }
        if let Some((at, what)) = &connected.failed
            && at.elapsed() < PAUSE
        {
            return Err(StoreError::Unreachable { database: self.link.address.name.clone(), what: what.clone() });
        }
        match self.link.run(Session::open(&self.link.address, None)) {
            Ok(session) => {
                let session = Arc::new(session);
                *connected = Connected { session: Some(session.clone()), failed: None };
                Ok(session)
            }
            Err(why) => {
                let what = if let StoreError::Unreachable { what, .. } = &why { what.clone() } else { why.to_string() };
                *connected = Connected { session: None, failed: Some((Instant::now(), what)) };
                Err(why)
            }
        }
    }
}

impl LogReader for PostgresReader {
    fn page(&self, after: u64, limit: usize, bytes_max: usize) -> Result<Vec<Stored>, StoreError> {
        let (limit, bytes_max) = (i64::try_from(limit).unwrap_or(i64::MAX), i64::try_from(bytes_max).unwrap_or(i64::MAX));
        self.with(async |session| {
            let asked: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 3] =
                [(&after.cast_signed(), Type::INT8), (&limit, Type::INT8), (&bytes_max, Type::INT8)];
            session.client.query_typed(PAGE, &asked).await?.iter().map(stored).collect()
        })
    }

    fn head(&self) -> Result<Head, StoreError> {
        self.with(async |session| {
            let row = &session.client.query_typed("SELECT log, epoch, size, frontier FROM meta", &[]).await?[0];
            let size: i64 = row.try_get(2)?;
            let frontier = Frontier::from_bytes(size.cast_unsigned(), row.try_get(3)?).map_err(StoreError::Malformed)?;
            Ok(Head { log: LogId(row.try_get(0)?), epoch: row.try_get::<_, i64>(1)?.cast_unsigned(), frontier })
        })
    }

    fn incident(&self, id: IncidentId) -> Result<Vec<Stored>, StoreError> {
        self.with(async |session| {
            let sql = "SELECT seq, header, event, stub FROM record WHERE incident = $1 ORDER BY seq";
            session.client.query_typed(sql, &[(&id.0, Type::UUID)]).await?.iter().map(stored).collect()
        })
    }

    fn incident_before(&self, id: IncidentId, before: u64, limit: usize, bytes_max: usize) -> Result<Vec<Stored>, StoreError> {
        let (before, most) = (i64::try_from(before).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
        let mut found: Vec<Stored> = self.with(async |session| {
            let sql = "SELECT seq, header, event, stub FROM record WHERE incident = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
            let asked: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 3] =
                [(&id.0, Type::UUID), (&before, Type::INT8), (&most, Type::INT8)];
            session.client.query_typed(sql, &asked).await?.iter().map(stored).collect()
        })?;
        let mut bytes = 0;
        let fit = found.iter().take_while(|stored| {
            bytes += stored.bytes();
            bytes <= bytes_max
        });
        found.truncate(fit.count().max(1));
        found.reverse();
        Ok(found)
    }

    fn heads(&self) -> Result<KeptHeads, StoreError> {
        self.with(async |session| {
            // One statement sees one moment. Where no head is kept, one row says how far all that are not there reach.
            let sql = "SELECT meta.heads_at, head.incident, head.fold, head.json FROM meta LEFT JOIN head ON true ORDER BY head.incident";
            let mut kept = KeptHeads::default();
            for row in &session.client.query_typed(sql, &[]).await? {
                kept.at = row.try_get::<_, i64>(0)?.cast_unsigned();
                let Some(incident) = row.try_get::<_, Option<Uuid>>(1)?.map(IncidentId) else { continue };
                kept.heads.push(KeptHead { incident, fold: row.try_get::<_, i32>(2)?.cast_unsigned(), json: row.try_get(3)? });
            }
            Ok(kept)
        })
    }

    fn incidents_after(&self, seq: u64) -> Result<Vec<IncidentId>, StoreError> {
        self.with(async |session| {
            let sql = "SELECT DISTINCT incident FROM record WHERE seq > $1";
            let rows = session.client.query_typed(sql, &[(&seq.cast_signed(), Type::INT8)]).await?;
            rows.iter().map(|row| Ok(IncidentId(row.try_get(0)?))).collect()
        })
    }

    fn root_at(&self, seq: u64) -> Result<Option<Hash>, StoreError> {
        let size =
            self.with(async |session| Ok(session.client.query_typed("SELECT size FROM meta", &[]).await?[0].try_get::<_, i64>(0)?))?;
        Ok(if seq > size.cast_unsigned() { None } else { self.stored_root(seq) })
    }

    fn nodes(&self, positions: &[u64]) -> Result<Option<Vec<Hash>>, StoreError> {
        let positions: Vec<i64> = positions.iter().map(|position| position.cast_signed()).collect();
        let found = self.with(async |session| {
            let sql = "SELECT position, hash FROM tree WHERE position = ANY($1)";
            let rows = session.client.query_typed(sql, &[(&positions, Type::INT8_ARRAY)]).await?;
            rows.iter().map(|row| Ok((row.try_get(0)?, hash(row.try_get(1)?)?))).collect::<Result<HashMap<i64, Hash>, StoreError>>()
        })?;
        Ok(positions.iter().map(|position| found.get(position).copied()).collect())
    }

    fn checkpoints(&self) -> Result<Vec<String>, StoreError> {
        self.with(async |session| {
            let rows = session.client.query_typed("SELECT note FROM checkpoint ORDER BY epoch, seq", &[]).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
        })
    }

    fn token(&self, hash: TokenHash) -> Result<Option<Token>, StoreError> {
        self.with(async |session| tokens::find(session, hash).await)
    }

    fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.with(async |session| tokens::all(session).await)
    }

    fn touch_tokens(&self, used: &[(TokenHash, Timestamp)]) -> Result<(), StoreError> {
        self.with(async |session| tokens::touch(session, used).await)
    }

    fn room(&self) -> Room {
        let sql = "SELECT pg_database_size(current_database())";
        let size = self.with(async |session| Ok(session.client.query_typed(sql, &[]).await?[0].try_get::<_, i64>(0)?));
        Room { database_bytes: size.ok().map(i64::cast_unsigned), ..Room::default() }
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl PostgresReader {
    /// The root of the first `seq` records from the stored hashes; `None` when one of them is missing.
    pub(super) fn stored_root(&self, seq: u64) -> Option<Hash> {
        tlog_tiles::tree_hash(seq, self).ok().map(|root| Hash(root.0))
    }
}

impl HashReader for PostgresReader {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let failed = |what: String| tlog_tiles::Error::InvalidInput(what);
        let nodes = self.nodes(indexes).map_err(|why| failed(why.to_string()))?.ok_or_else(|| failed("a hash is missing".into()))?;
        Ok(nodes.into_iter().map(|node| tlog_tiles::Hash(node.0)).collect())
    }
}

/// A row of `PAGE`.
pub(super) fn stored(row: &Row) -> Result<Stored, StoreError> {
    let (seq, header): (i64, &str) = (row.try_get(0)?, row.try_get(1)?);
    let (event, stub): (Option<&str>, Option<&str>) = (row.try_get(2)?, row.try_get(3)?);
    let record = RecordBytes::stored(header);
    Ok(Stored { seq: seq.cast_unsigned(), record, event: event.map(EventBytes::stored), stub: stub.map(EventBytes::stored) })
}

pub(super) fn hash(bytes: &[u8]) -> Result<Hash, StoreError> {
    bytes.try_into().map(Hash).map_err(|_| StoreError::Malformed(format!("{} bytes are not a SHA-256 hash", bytes.len())))
}
