//! A selection in a list and the part of the list on screen.

use crate::tui::keymap::Intent;

/// Which row is selected and which one is at the top.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scroll {
    pub selected: usize,
    pub top: usize,
}

impl Scroll {
    /// Moves the selection in a list of `len` rows of which `height` are on screen. Answers whether the intent was a movement.
    pub fn take(&mut self, intent: Intent, len: usize, height: usize) -> bool {
        let page = height.saturating_sub(1).max(1);
        let half = (height / 2).max(1);
        let last = len.saturating_sub(1);
        self.selected = match intent {
            Intent::Down => self.selected.saturating_add(1),
            Intent::Up => self.selected.saturating_sub(1),
            Intent::Top => 0,
            Intent::Bottom => last,
            Intent::PageDown => self.selected.saturating_add(page),
            Intent::PageUp => self.selected.saturating_sub(page),
            Intent::HalfDown => self.selected.saturating_add(half),
            Intent::HalfUp => self.selected.saturating_sub(half),
            _ => return false,
        };
        self.keep(len, height);
        true
    }

    /// Brings selection and top back into the list and the selection onto the screen.
    pub fn keep(&mut self, len: usize, height: usize) {
        self.selected = self.selected.min(len.saturating_sub(1));
        self.top = self.top.min(len.saturating_sub(height));
        self.top = self.top.min(self.selected);
        if height > 0 && self.selected >= self.top + height {
            self.top = self.selected + 1 - height;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_selection_stays_in_the_list_and_on_the_screen(moves in prop::collection::vec((0usize..8, 0usize..40, 0usize..12), 1..40)) {
            let intents = [Intent::Down, Intent::Up, Intent::Top, Intent::Bottom, Intent::PageDown, Intent::PageUp, Intent::HalfDown, Intent::HalfUp];
            let mut scroll = Scroll::default();
            for (which, len, height) in moves {
                prop_assert!(scroll.take(intents[which], len, height));
                prop_assert!(scroll.selected < len.max(1));
                prop_assert!(height == 0 || (scroll.top..scroll.top + height).contains(&scroll.selected));
            }
        }
    }
}
