//! A new key of the server is vouched for by the old one: a signed note that stands in the log, and in `/v1/me` for those who have not read so far.
//!
//! Its text is `warroom key`, the log, the old key and the new one, a line each; its name is `warroom/LOG`.

use crate::domain::LogId;
use crate::ledger::PublicKey;
use crate::ledger::SecretKey;
use crate::ledger::note;

const WORDS: &str = "warroom key";
/// More than any server replaces its key.
const STEPS_MAX: usize = 1000;

/// One key follows another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Succession {
    /// In which log.
    pub log: LogId,
    /// The key that signed this.
    pub old: PublicKey,
    /// The key that signs from now on.
    pub new: PublicKey,
}

impl Succession {
    /// Signs that a key follows.
    pub fn sign(log: LogId, old: &SecretKey, new: &PublicKey) -> String {
        // The name is of our own making, so that signing under it does not fail; an empty note is refused by whoever reads it.
        note::sign_note(&format!("{WORDS}\n{log}\n{}\n{new}\n", old.public()), &name(log), old).unwrap_or_default()
    }

    /// Reads a note that the old key signed.
    ///
    /// # Errors
    /// When it is something else, or signed by another.
    pub fn open(text: &str) -> Result<Self, String> {
        let said = note::note_text(text)?;
        let mut lines = said.lines();
        let mut line = || lines.next().unwrap_or_default();
        if line() != WORDS {
            return Err("it says nothing of a key".into());
        }
        let log = line().parse().map_err(|_| "it names no log".to_owned())?;
        let (old, new) = (line().parse()?, line().parse()?);
        note::open_note(text, &name(log), &old)?;
        Ok(Self { log, old, new })
    }
}

fn name(log: LogId) -> String {
    format!("warroom/{log}")
}

/// The key that a log signs with once every succession from a known one is followed.
pub fn follow(known: PublicKey, log: LogId, notes: &[String]) -> PublicKey {
    steps(log, notes).into_iter().fold(known, |key, step| if step.old == key { step.new } else { key })
}

/// The keys that a known one followed, newest first.
pub fn before(known: PublicKey, log: LogId, notes: &[String]) -> Vec<PublicKey> {
    let mut keys = vec![known];
    for step in steps(log, notes).into_iter().rev() {
        if keys.last() == Some(&step.new) {
            keys.push(step.old);
        }
    }
    keys.split_off(1)
}

fn steps(log: LogId, notes: &[String]) -> Vec<Succession> {
    notes.iter().take(STEPS_MAX).filter_map(|note| Succession::open(note).ok()).filter(|step| step.log == log).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_followed_only_where_the_one_before_signed_it() {
        let log = LogId(uuid::Uuid::from_u128(7));
        let [first, second, third, thief] = [1, 2, 3, 4].map(|seed| SecretKey::from_seed([seed; 32]));
        let one = Succession::sign(log, &first, &second.public());
        let two = Succession::sign(log, &second, &third.public());
        let notes = [one.clone(), two.clone()];
        assert_eq!(follow(first.public(), log, &notes), third.public());
        assert_eq!(before(third.public(), log, &notes), [second.public(), first.public()]);
        assert_eq!(follow(thief.public(), log, &notes), thief.public());
        let forged = one.replace(&second.public().to_string(), &thief.public().to_string());
        assert!(Succession::open(&forged).is_err());
        assert_eq!(follow(first.public(), log, &[Succession::sign(log, &thief, &thief.public())]), first.public());
        assert_eq!(follow(first.public(), LogId(uuid::Uuid::nil()), &notes), first.public(), "of another log");
    }
}
