//! What makes an event unlike every other: ids that rise on this device, indexes, salt.

use crate::domain::EventId;
use crate::domain::Stamp;
use crate::domain::Timestamp;
use crate::ledger;
use std::fmt::Write;
use uuid::Uuid;

/// Mints stamps. The clock may jump back; ids go on rising.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mint {
    last: Uuid,
    next_index: u64,
}

/// Random bytes from the system.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[cfg(test)]
    if crate::replica::simulation::dice::fill(&mut bytes) {
        return bytes;
    }
    if getrandom::fill(&mut bytes).is_err() {
        // Without the system's randomness, a hash of the clock and of an address still tells events of this machine apart.
        let mixed = format!("{:?} {:p}", std::time::SystemTime::now(), &bytes);
        let hash = ledger::sha256_hex(mixed.as_bytes());
        bytes.iter_mut().zip(hash.bytes()).for_each(|(to, from)| *to = from);
    }
    bytes
}

impl Mint {
    /// Goes on after the last id and index that were kept.
    pub fn after(last: Option<Uuid>, next_index: u64) -> Self {
        Self { last: last.unwrap_or(Uuid::nil()), next_index }
    }

    /// The last id minted.
    pub fn last(&self) -> Uuid {
        self.last
    }

    /// The index the next stamp will have.
    pub fn next_index(&self) -> u64 {
        self.next_index
    }

    /// The next stamp: a UUIDv7 (RFC 9562) whose twelve bits after the milliseconds count up within one millisecond.
    pub fn stamp(&mut self, now: Timestamp) -> Stamp {
        let now_ms = now.millis().max(0) as u128;
        let (last_ms, last_count) = (self.last.as_u128() >> 80, (self.last.as_u128() >> 64) & 0xfff);
        let (millis, count) = match (now_ms > last_ms, last_count == 0xfff) {
            (true, _) => (now_ms, 0),
            (false, false) => (last_ms, last_count + 1),
            (false, true) => (last_ms + 1, 0),
        };
        let tail = u128::from(u64::from_be_bytes(random::<8>()) >> 2);
        let id = Uuid::from_u128((millis & 0xffff_ffff_ffff) << 80 | 7 << 76 | count << 64 | 0b10 << 62 | tail);
        self.last = id;
        let index = self.next_index;
        self.next_index += 1;
        let salt = random::<16>().iter().fold(String::with_capacity(32), |mut salt, byte| {
            // Writing into a string does not fail.
            let _ = write!(salt, "{byte:02x}");
            salt
        });
        Stamp { id: EventId(id), index, salt }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_even_when_the_clock_does_not() {
        let mut mint = Mint::after(None, 0);
        let mut last = Uuid::nil();
        for step in 0..10_000_i64 {
            let id = mint.stamp(Timestamp::from_millis(1_700_000_000_000 - step % 7)).id.0;
            assert!(id > last && id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122, "{id} after {last}");
            last = id;
        }
        assert_eq!(mint.next_index(), 10_000);
    }
}
