//! Chance that a seed reproduces: for the simulation, and under it for whatever asks the system for random bytes.

use std::cell::Cell;

/// Splitmix64 (Steele, Lea, Flood 2014): enough to make choices that a seed reproduces.
#[derive(Clone, Copy, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit.max(1)
    }

    pub fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    /// One of several; `None` of nothing.
    pub fn pick<'a, T>(&mut self, several: &'a [T]) -> Option<&'a T> {
        several.get(self.below(several.len() as u64) as usize)
    }
}

thread_local! {
    /// What stands for the system's randomness on this thread, while a seed is played on it.
    static SYSTEM: Cell<Option<Dice>> = const { Cell::new(None) };
}

/// From now on this thread's random bytes follow from a seed.
pub fn seed_system(seed: u64) {
    SYSTEM.set(Some(Dice::new(!seed)));
}

/// Random bytes as the seed has them; `false` where none is played.
pub fn fill(bytes: &mut [u8]) -> bool {
    let Some(mut dice) = SYSTEM.get() else { return false };
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&dice.roll().to_le_bytes()[..chunk.len()]);
    }
    SYSTEM.set(Some(dice));
    true
}
