//! Tokens in the database: made, listed and revoked beside the servers that run on it.

use crate::domain::Person;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::store::Token;
use crate::store::TokenHash;
use crate::store::postgres::link::Session;
use crate::store::postgres::read::hash;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use tokio_postgres::types::Type;

const COLUMNS: &str = "name, hash, person, scope, created_at, expires_at, revoked_at, last_used_at";

/// Keeps a token, also one that was used and revoked elsewhere.
pub(super) async fn create(session: &Session, token: &Token) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO token ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING");
    let [expires_at, revoked_at, last_used_at] =
        [token.expires_at, token.revoked_at, token.last_used_at].map(|at| at.map(Timestamp::millis));
    let (hash, person, scope, created_at) = (token.hash.0.as_slice(), token.person.as_str(), token.scope.word(), token.created_at.millis());
    let values: [&(dyn ToSql + Sync); 8] = [&token.name, &hash, &person, &scope, &created_at, &expires_at, &revoked_at, &last_used_at];
    if session.client.execute(&sql, &values).await? == 0 { Err(StoreError::TokenExists(token.name.clone())) } else { Ok(()) }
}

pub(super) async fn revoke(session: &Session, name: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE token SET revoked_at = coalesce(revoked_at, $2) WHERE name = $1";
    let revoked = session.client.execute(sql, &[&name, &now.millis()]).await?;
    if revoked == 0 { Err(StoreError::NoSuchToken(name.to_owned())) } else { Ok(()) }
}

pub(super) async fn all(session: &Session) -> Result<Vec<Token>, StoreError> {
    let rows = session.client.query_typed(&format!("SELECT {COLUMNS} FROM token ORDER BY name COLLATE \"C\""), &[]).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn find(session: &Session, hash: TokenHash) -> Result<Option<Token>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM token WHERE hash = $1");
    let rows = session.client.query_typed(&sql, &[(&hash.0.as_slice(), Type::BYTEA)]).await?;
    rows.first().map(read).transpose()
}

/// Several nodes note the same token; the latest use counts.
pub(super) async fn touch(session: &Session, used: &[(TokenHash, Timestamp)]) -> Result<(), StoreError> {
    let hashes: Vec<&[u8]> = used.iter().map(|(hash, _)| hash.0.as_slice()).collect();
    let times: Vec<i64> = used.iter().map(|(_, at)| at.millis()).collect();
    let sql = "UPDATE token SET last_used_at = greatest(last_used_at, used.at)
        FROM UNNEST($1, $2) AS used(hash, at) WHERE token.hash = used.hash";
    session.client.query_typed(sql, &[(&hashes, Type::BYTEA_ARRAY), (&times, Type::INT8_ARRAY)]).await?;
    Ok(())
}

fn read(row: &Row) -> Result<Token, StoreError> {
    let time = |column: usize| row.try_get::<_, Option<i64>>(column).map(|millis| millis.map(Timestamp::from_millis));
    let scope: String = row.try_get(3)?;
    Ok(Token {
        name: row.try_get(0)?,
        hash: TokenHash(hash(row.try_get(1)?)?.0),
        person: Person::new(row.try_get::<_, String>(2)?),
        // A word that this version does not know permits the least there is.
        scope: scope.parse().unwrap_or(Scope::Intake),
        created_at: Timestamp::from_millis(row.try_get(4)?),
        expires_at: time(5)?,
        revoked_at: time(6)?,
        last_used_at: time(7)?,
    })
}
