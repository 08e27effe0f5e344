//! Tokens in the database: made, listed and revoked also while a server runs on it.

use crate::domain::Person;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::store::Token;
use crate::store::TokenHash;
use crate::store::sqlite::open::open_beside_server;
use rusqlite::Connection;
use rusqlite::Row;
use rusqlite::params;
use std::path::Path;

pub(super) const COLUMNS: &str = "name, hash, person, scope, created_at, expires_at, revoked_at, last_used_at";

/// Keeps a new token. Makes the database if there is none, so that the first token needs no server.
///
/// # Errors
/// When the name is taken, or the database cannot be used.
pub fn create_token(path: &Path, token: &Token) -> Result<(), StoreError> {
    let connection = open_beside_server(path)?;
    let sql =
        "INSERT INTO token (name, hash, person, scope, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    let expires_at = token.expires_at.map(Timestamp::millis);
    let values = params![token.name, token.hash.0, token.person.as_str(), token.scope.word(), token.created_at.millis(), expires_at];
    if connection.execute(sql, values)? == 0 {
        return Err(StoreError::TokenExists(token.name.clone()));
    }
    Ok(())
}

/// Every token, by name.
///
/// # Errors
/// When the database cannot be used.
pub fn list_tokens(path: &Path) -> Result<Vec<Token>, StoreError> {
    all(&open_beside_server(path)?)
}

/// Ends a token. A running server notices within seconds. Revoking it again keeps the first time.
///
/// # Errors
/// When there is no such token, or the database cannot be used.
pub fn revoke_token(path: &Path, name: &str, now: Timestamp) -> Result<(), StoreError> {
    let connection = open_beside_server(path)?;
    let sql = "UPDATE token SET revoked_at = coalesce(revoked_at, ?2) WHERE name = ?1";
    if connection.execute(sql, (name, now.millis()))? == 0 {
        return Err(StoreError::NoSuchToken(name.to_owned()));
    }
    Ok(())
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Token>, StoreError> {
    let mut rows = connection.prepare(&format!("SELECT {COLUMNS} FROM token ORDER BY name"))?;
    let tokens = rows.query_map([], read)?.collect::<Result<_, _>>()?;
    Ok(tokens)
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Token> {
    let time = |column| row.get::<_, Option<i64>>(column).map(|millis| millis.map(Timestamp::from_millis));
    let scope: String = row.get(3)?;
    // A word that this version does not know permits the least there is.
    let scope = scope.parse().unwrap_or(Scope::Intake);
    Ok(Token {
        name: row.get(0)?,
        hash: TokenHash(row.get(1)?),
        person: Person::new(row.get::<_, String>(2)?),
        scope,
        created_at: Timestamp::from_millis(row.get(4)?),
        expires_at: time(5)?,
        revoked_at: time(6)?,
        last_used_at: time(7)?,
    })
}
