//! How often one address may ask, whoever asks from there: guessing at tokens from one place is slow, and slows nobody elsewhere.

use crate::server::rate::Bucket;
use std::collections::HashMap;
use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

/// Addresses remembered at once; beyond, those that asked least lately are forgotten.
const ADDRESSES_MAX: usize = 16_384;
/// Tokens nobody knows, from one address: each second in the long run, and at once.
const UNKNOWN_TOKENS: (u32, u32) = (5, 50);

/// What is counted of one address.
#[derive(Debug)]
pub(super) struct Caller {
    /// All its requests.
    pub(super) requests: Bucket,
    /// Those that showed a token nobody knows.
    pub(super) unknown_tokens: Bucket,
}

/// Every address that asked lately.
pub(super) struct Addresses {
    known: Mutex<HashMap<IpAddr, (Arc<Caller>, Instant)>>,
    per_second: u32,
    burst: u32,
}

impl Addresses {
    pub(super) fn new(per_second: u32, burst: u32) -> Self {
        Self { known: Mutex::default(), per_second, burst }
    }

    /// What is counted of an address.
    pub(super) fn of(&self, address: IpAddr, now: Instant) -> Arc<Caller> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let address = network(address);
        if known.len() >= ADDRESSES_MAX && !known.contains_key(&address) {
            let mut times: Vec<Instant> = known.values().map(|(_, asked_at)| *asked_at).collect();
            let (_, middle, _) = times.select_nth_unstable(ADDRESSES_MAX / 2);
            let middle = *middle;
            known.retain(|_, (_, asked_at)| *asked_at > middle);
        }
        let new = || {
            let (requests, unknown_tokens) = (Bucket::new(self.per_second, self.burst), Bucket::new(UNKNOWN_TOKENS.0, UNKNOWN_TOKENS.1));
            (Arc::new(Caller { requests, unknown_tokens }), now)
        };
        let (caller, asked_at) = known.entry(address).or_insert_with(new);
        *asked_at = now;
        caller.clone()
    }
}

/// An IPv4 address, or the network of an IPv6 one: whoever has one address of a /64 has them all.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_share_and_forgetting_is_bounded() {
        let (addresses, now) = (Addresses::new(1, 2), Instant::now());
        let at = |text: &str| text.parse::<IpAddr>().expect("an address");
        let takes = |text: &str| addresses.of(at(text), now).requests.take(now).is_ok();
        assert_eq!([takes("10.0.0.1"), takes("10.0.0.1"), takes("10.0.0.1"), takes("10.0.0.2")], [true, true, false, true]);
        assert_eq!([takes("2001:db8::1"), takes("2001:db8::2"), takes("2001:db8::3")], [true, true, false], "one /64");
        assert!(!takes("::ffff:10.0.0.1"), "the same address in another dress");
        for number in 0..ADDRESSES_MAX as u32 + 10 {
            addresses.of(IpAddr::from((number + 0x0b00_0000).to_be_bytes()), now);
        }
        assert!(addresses.known.lock().expect("no panic").len() <= ADDRESSES_MAX);
    }
}
