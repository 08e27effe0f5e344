//! Making, listing and revoking tokens on the server's database, with or without a server running on it.

use crate::domain::Person;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::server::clock;
use crate::store::Database;
use crate::store::TOKEN_PREFIX;
use crate::store::Token;
use crate::store::TokenHash;
use std::fmt::Write as _;

const RANDOM_BYTES: usize = 32;

/// What a new token is to be.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Its name, one word, unique.
    pub name: String,
    /// What it permits.
    pub scope: Scope,
    /// Whom it stands for; by default a person of the token's name.
    pub person: Option<Person>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Makes a token in the database (`sqlite:PATH` or `postgres://…`), and the database if there is none. Answers the token itself: it is never shown again.
///
/// # Errors
/// A sentence: the name is taken or unusable, or the database is.
pub fn create_token(database: &str, new: NewToken) -> Result<String, String> {
    let database: Database = database.parse()?;
    let person = new.person.unwrap_or_else(|| Person::new(&new.name));
    Person::new(&new.name).check().map_err(|_| format!("`{}` cannot name a token; use one word such as `ana-laptop`", new.name))?;
    person.check()?;
    let mut random = [0; RANDOM_BYTES];
    getrandom::fill(&mut random).map_err(|why| format!("this machine gave no random bytes ({why}); try again"))?;
    let mut shown = TOKEN_PREFIX.to_owned();
    for byte in random {
        // Writing to a string cannot fail.
        let _ = write!(shown, "{byte:02x}");
    }
    let token = Token {
        name: new.name,
        hash: TokenHash::of(&shown),
        person,
        scope: new.scope,
        created_at: clock::now(),
        expires_at: new.expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    database.create_token(&token).map_err(|why| why.to_string())?;
    Ok(shown)
}

/// Every token of the database, by name.
///
/// # Errors
/// A sentence, when the database cannot be used.
pub fn list_tokens(database: &str) -> Result<Vec<Token>, String> {
    database.parse::<Database>()?.list_tokens().map_err(|why| why.to_string())
}

/// Ends a token; a running server cuts it off within five seconds.
///
/// # Errors
/// A sentence, when there is no such token or the database cannot be used.
pub fn revoke_token(database: &str, name: &str) -> Result<(), String> {
    database.parse::<Database>()?.revoke_token(name, clock::now()).map_err(|why| why.to_string())
}
