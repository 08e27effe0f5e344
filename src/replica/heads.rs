//! The heads of all incidents, cached so that opening does not fold the log.

use crate::domain::Code;
use crate::domain::Header;
use crate::domain::IncidentId;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use rusqlite::OptionalExtension;
use rusqlite::params;
use std::sync::Arc;

/// Below so many heads, starting threads costs more than it saves.
const WORTH_THREADS: usize = 500;
const CORES_MAX: usize = 4;

/// Some of the heads that were kept.
pub(super) struct Kept<T> {
    /// The head of each that this program reads, or what was asked of it.
    pub read: Vec<(IncidentId, T)>,
    /// Incidents whose head was made by another version of the fold.
    pub stale: Vec<IncidentId>,
    /// The last incident that was looked at.
    pub last: Option<IncidentId>,
}

impl Database {
    /// The heads of open incidents.
    pub fn open_heads(&self) -> Result<Kept<Arc<Header>>, Fault> {
        self.heads("SELECT incident, fold, json FROM head WHERE open = 1", [])
    }

    /// Up to `most` heads of incidents that are not open, from one on, the newest first.
    pub fn closed_heads(&self, before: IncidentId, most: usize) -> Result<Kept<Arc<Header>>, Fault> {
        let sql = "SELECT incident, fold, json FROM head WHERE incident < ?1 AND open = 0 ORDER BY incident DESC LIMIT ?2";
        self.heads(sql, params![Key(before.0), most as i64])
    }

    /// The same with nothing of each head but the code.
    pub fn closed_codes(&self, before: IncidentId, most: usize) -> Result<Kept<Option<Code>>, Fault> {
        let mut query = self.sql().prepare_cached(
            "SELECT incident, fold, CASE WHEN json_valid(json) THEN json ->> 'code' END FROM head
             WHERE incident < ?1 AND open = 0 ORDER BY incident DESC LIMIT ?2",
        )?;
        let mut rows = query.query(params![Key(before.0), most as i64])?;
        let (mut read, mut stale) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            let id = IncidentId(row.get::<_, Key>(0)?.0);
            if row.get::<_, u32>(1)? != Header::FOLD_VERSION {
                stale.push(id);
            }
            let code = row.get_ref(2)?.as_str_or_null().ok().flatten();
            read.push((id, code.and_then(|code| code.parse().ok())));
        }
        let last = read.last().map(|(id, _)| *id);
        Ok(Kept { read, stale, last })
    }

    fn heads(&self, sql: &str, values: impl rusqlite::Params) -> Result<Kept<Arc<Header>>, Fault> {
        let mut query = self.sql().prepare_cached(sql)?;
        let mut rows = query.query(values)?;
        let (mut texts, mut stale, mut last) = (Vec::new(), Vec::new(), None);
        while let Some(row) = rows.next()? {
            let id = IncidentId(row.get::<_, Key>(0)?.0);
            if row.get::<_, u32>(1)? != Header::FOLD_VERSION {
                stale.push(id);
            }
            let json = row.get_ref(2)?.as_str().map_err(|why| Fault::Damaged(format!("head: {why}")))?;
            texts.push((id, json.to_owned()));
            last = Some(id);
        }
        Ok(Kept { read: decode(&texts), stale, last })
    }

    /// One head.
    pub fn head(&self, id: IncidentId) -> Result<Option<Header>, Fault> {
        let mut query = self.sql().prepare_cached("SELECT json FROM head WHERE incident = ?1")?;
        let json: Option<String> = query.query_row([Key(id.0)], |row| row.get(0)).optional()?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Whether a head is kept of an incident, readable or not.
    pub fn has_head(&self, id: IncidentId) -> Result<bool, Fault> {
        let mut query = self.sql().prepare_cached("SELECT count(*) FROM head WHERE incident = ?1")?;
        Ok(query.query_row([Key(id.0)], |row| row.get::<_, i64>(0))? > 0)
    }

    /// Whether the head that is kept of an incident was made by this version of the fold.
    pub fn is_of_this_fold(&self, id: IncidentId) -> Result<bool, Fault> {
        let mut query = self.sql().prepare_cached("SELECT count(*) FROM head WHERE incident = ?1 AND fold = ?2")?;
        Ok(query.query_row(params![Key(id.0), Header::FOLD_VERSION], |row| row.get::<_, i64>(0))? > 0)
    }

    /// Keeps a head; inside a transaction.
    pub fn keep_head(&self, header: &Header) -> Result<(), Fault> {
        self.keep_head_of(header, Header::FOLD_VERSION)
    }

    /// The same for one that a version of the fold made that may be another.
    pub fn keep_head_of(&self, header: &Header, fold: u32) -> Result<(), Fault> {
        let json = serde_json::to_string(header).map_err(|why| Fault::Database(why.to_string()))?;
        let mut keep = self.sql().prepare_cached(
            "INSERT INTO head (incident, fold, open, json) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (incident) DO UPDATE SET fold = ?2, open = ?3, json = ?4",
        )?;
        keep.execute(params![Key(header.id.0), fold, header.status.is_open(), json])?;
        Ok(())
    }

    /// Whoever opens this copy folds the incident again, until its head is kept anew; inside a transaction.
    pub fn outdate_head(&self, id: IncidentId) -> Result<(), Fault> {
        self.sql().prepare_cached("UPDATE head SET fold = 0 WHERE incident = ?1")?.execute([Key(id.0)])?;
        Ok(())
    }

    /// Forgets a head whose incident is no more; inside a transaction.
    pub fn drop_head(&self, id: IncidentId) -> Result<(), Fault> {
        self.sql().prepare_cached("DELETE FROM head WHERE incident = ?1")?.execute([Key(id.0)])?;
        Ok(())
    }
}

/// One head as it was kept, without the room its lists were given to grow.
fn read_one(json: &str) -> Option<Header> {
    let mut header: Header = serde_json::from_str(json).ok()?;
    header.services.shrink_to_fit();
    header.people.shrink_to_fit();
    Some(header)
}

/// Decodes on all cores: this is most of what opening costs. A head of another version that no longer reads is shown once it is folded again.
fn decode(texts: &[(IncidentId, String)]) -> Vec<(IncidentId, Arc<Header>)> {
    let read = |texts: &[(IncidentId, String)]| -> Vec<(IncidentId, Arc<Header>)> {
        texts.iter().filter_map(|(id, json)| Some((*id, Arc::new(read_one(json)?)))).collect()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(CORES_MAX);
    if cores == 1 || texts.len() < WORTH_THREADS {
        return read(texts);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = texts.chunks(texts.len().div_ceil(cores)).map(|part| (part, scope.spawn(move || read(part)))).collect();
        // A thread that panicked has said so; its part is read here.
        parts.into_iter().flat_map(|(part, thread)| thread.join().unwrap_or_else(|_| read(part))).collect()
    })
}
