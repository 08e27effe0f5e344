//! Tokens as they are kept: by the hash of what the holder shows, never as shown.

use crate::domain::Person;
use crate::domain::Scope;
use crate::domain::Timestamp;
use sha2::Digest;
use sha2::Sha256;

/// How every token begins, so that scanners for leaked secrets find it.
pub const TOKEN_PREFIX: &str = "wr_";

/// SHA-256 of a token as shown. Looking a token up by it takes the same time for every wrong guess.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// The hash of a token as shown.
    pub fn of(shown: &str) -> Self {
        Self(Sha256::digest(shown.as_bytes()).into())
    }
}

/// What is known of a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Its name, unique, for people.
    pub name: String,
    /// What it is found by.
    pub hash: TokenHash,
    /// Whom it stands for.
    pub person: Person,
    /// What it permits.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

impl Token {
    /// Why it may not be used now, in words.
    ///
    /// # Errors
    /// A stable code and a sentence.
    pub fn check(&self, now: Timestamp) -> Result<(), (&'static str, String)> {
        if let Some(at) = self.revoked_at {
            return Err(("token_revoked", format!("the token `{}` was revoked at {at}; ask an administrator for a new one", self.name)));
        }
        match self.expires_at {
            Some(at) if at <= now => {
                Err(("token_expired", format!("the token `{}` expired at {at}; ask an administrator for a new one", self.name)))
            }
            _ => Ok(()),
        }
    }
}
