//! Places for connections: so many in all, and so many for one address, so that nobody takes them all.

use crate::server::addresses::network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// All places of a server.
#[derive(Clone)]
pub(super) struct Places {
    taken: Arc<Mutex<Taken>>,
    max: usize,
    max_of_address: usize,
}

#[derive(Default)]
struct Taken {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// One place; given back when it is dropped.
pub(super) struct Place {
    taken: Arc<Mutex<Taken>>,
    address: IpAddr,
}

impl Places {
    pub(super) fn new(max: usize, max_of_address: usize) -> Self {
        Self { taken: Arc::default(), max, max_of_address }
    }

    /// A place for a connection from an address, if there is one.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let address = network(address);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of = taken.of.get(&address).copied().unwrap_or(0);
        if taken.all >= self.max || of >= self.max_of_address {
            return None;
        }
        taken.all += 1;
        taken.of.insert(address, of + 1);
        Some(Place { taken: self.taken.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        match taken.of.get_mut(&self.address) {
            Some(of) if *of > 1 => *of -= 1,
            _ => drop(taken.of.remove(&self.address)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_shared_out_and_come_back() {
        let places = Places::new(3, 2);
        let take = |text: &str| places.take(text.parse().expect("an address"));
        let held = [take("10.0.0.1"), take("10.0.0.1"), take("2001:db8::1")];
        assert!(held.iter().all(Option::is_some));
        assert!(take("10.0.0.2").is_none(), "three in all");
        let [first, second, third] = held;
        drop(first);
        let other = take("10.0.0.2");
        assert!(other.is_some());
        drop(other);
        let again = take("10.0.0.1");
        assert!(again.is_some());
        drop((second, third, again));
        assert!(places.taken.lock().expect("no panic").of.is_empty(), "nobody is remembered who is gone");
        let _held = (take("2001:db8::1"), take("2001:db8::2"));
        assert!(take("2001:db8::3").is_none(), "one network, two places");
    }
}
