//! The key a log is signed with: Ed25519, one for the server, the same in every epoch.

use crate::domain::json_as_shown;
use crate::ledger::Hash;
use ed25519_dalek::Signer as _;
use ed25519_dalek::SigningKey;
use ed25519_dalek::VerifyingKey;
use sha2::Digest;
use sha2::Sha256;
use std::fmt;
use std::str::FromStr;

/// How a secret key begins in its file.
const SECRET_PREFIX: &str = "warroom-secret-key-1 ";

/// The public half: what clients keep and check signatures with. Prints as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

/// The secret half. Prints as nothing that could be used.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl PublicKey {
    /// What people compare: `SHA256:` and the base64 of the key's hash, as ssh shows it.
    pub fn fingerprint(&self) -> String {
        let hash = tlog_tiles::Hash(Sha256::digest(self.0).into()).to_string();
        format!("SHA256:{}", hash.trim_end_matches('='))
    }

    /// The key as signed notes write it: `NAME+ID+BASE64` (c2sp.org/signed-note).
    pub fn verifier(&self, name: &str) -> String {
        match VerifyingKey::from_bytes(&self.0) {
            Ok(key) => signed_note::new_ed25519_verifier_key(name, &key),
            Err(_) => String::new(),
        }
    }

    /// Whether a signature over a message is of this key. The strict check of RFC 8032: one message has one key.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(bytes) = signature.try_into() else { return false };
        let signature = ed25519_dalek::Signature::from_bytes(bytes);
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }

    /// What stands for the key in the id of a signature: the kind of key, then the key.
    pub(super) fn tagged(&self) -> Vec<u8> {
        [&[1], self.0.as_slice()].concat()
    }
}

impl SecretKey {
    /// A key from 32 random bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// As its file holds it: one line.
    pub fn to_line(&self) -> String {
        format!("{SECRET_PREFIX}{}\n", Hash(self.0.to_bytes()))
    }

    /// From the line of its file.
    ///
    /// # Errors
    /// What is expected.
    pub fn from_line(line: &str) -> Result<Self, String> {
        let digits = line.trim_end().strip_prefix(SECRET_PREFIX).and_then(|digits| digits.parse::<Hash>().ok());
        let seed = digits.ok_or_else(|| format!("expected one line, `{SECRET_PREFIX}` and 64 hexadecimal digits"))?;
        Ok(Self::from_seed(seed.0))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_vec()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hash(self.0).fmt(out)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({})", self.fingerprint())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretKey(of {})", self.public().fingerprint())
    }
}

impl FromStr for PublicKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes: Hash = text.parse().map_err(|_| format!("`{text}` is not a public key of 64 hexadecimal digits"))?;
        VerifyingKey::from_bytes(&bytes.0).map_err(|_| format!("`{text}` is not an Ed25519 public key"))?;
        Ok(Self(bytes.0))
    }
}

json_as_shown!(PublicKey);
