//! Signed notes (c2sp.org/signed-note): text, an empty line, and who signed it.

use crate::ledger::PublicKey;
use crate::ledger::SecretKey;
use signed_note::Note;
use signed_note::Signer;
use signed_note::Verifier;
use signed_note::VerifierList;

/// Signs a text under a name. The text ends with a newline and holds no other control characters.
///
/// # Errors
/// When it is not such a text, or the name holds a space or a plus.
pub fn sign_note(text: &str, name: &str, key: &SecretKey) -> Result<String, String> {
    if !signed_note::is_key_name_valid(name) {
        return Err(format!("`{name}` cannot be the name of a key"));
    }
    let signer = Named { name, key_id: signed_note::key_id(name, &key.public().tagged()), key };
    let mut note = Note::new(text.as_bytes(), &[]).map_err(|why| why.to_string())?;
    note.add_sigs(&[&signer]).map_err(|why| why.to_string())?;
    String::from_utf8(note.to_bytes()).map_err(|why| why.to_string())
}

/// The text of a note, whoever signed it.
///
/// # Errors
/// When it is not a signed note.
pub fn note_text(note: &str) -> Result<String, String> {
    let note = Note::from_bytes(note.as_bytes()).map_err(|why| why.to_string())?;
    String::from_utf8(note.text().to_vec()).map_err(|why| why.to_string())
}

/// The text of a note that this key signed under this name. Signatures of others are passed over.
///
/// # Errors
/// When it is not a signed note, or not signed by this key.
pub fn open_note(note: &str, name: &str, key: &PublicKey) -> Result<String, String> {
    let parsed = Note::from_bytes(note.as_bytes()).map_err(|why| why.to_string())?;
    let signer = Known { name: name.to_owned(), key_id: signed_note::key_id(name, &key.tagged()), key: *key };
    parsed.verify(&VerifierList::new(vec![Box::new(signer)])).map_err(|_| format!("it is not signed by the key {}", key.fingerprint()))?;
    String::from_utf8(parsed.text().to_vec()).map_err(|why| why.to_string())
}

struct Named<'a> {
    name: &'a str,
    key_id: u32,
    key: &'a SecretKey,
}

impl Signer for Named<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn key_id(&self) -> u32 {
        self.key_id
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ed25519_dalek::ed25519::signature::Error> {
        Ok(self.key.sign(message))
    }
}

struct Known {
    name: String,
    key_id: u32,
    key: PublicKey,
}

impl Verifier for Known {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.key_id
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.has_signed(message, signature)
    }
}
