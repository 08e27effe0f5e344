//! Ten thousand keys in a row, with news, pastes, resizes and cuts of the link between them: no panic, no lost draft, and at the end the board
//! is what a fresh fold of the same events makes. `WARROOM_SEED=N` plays one seed again.

use super::room::Room;
use super::withdrawals;
use crate::story::person;
use std::sync::Arc;
use warroom::domain::*;
use warroom::tui::chord::Chord;
use warroom::tui::input::Input;
use warroom::tui::keymap::Keymap;
use warroom::tui::msg::Msg;
use warroom::tui::write::Purpose;
use warroom::tui::write::WriteBox;
use warroom::wire::builtin_org;

const KEYS: usize = 10_000;
const WORDS: [&str; 8] = ["signer-3", "資金", "e\u{301}a", "👩‍👩‍👧", "\u{202e}back", "block 21 934 877", "@bo ^wallet", "-----"];

/// SplitMix64: the same numbers for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ (word >> 31)) % sides as u64) as usize
    }
}

/// The words in the open box, where they are a person's prose and not the answer to a question.
fn prose(room: &Room) -> Option<String> {
    let editor = room.model.write.as_ref()?;
    Some(editor.text().to_owned()).filter(|text| !text.trim().is_empty())
}

/// What a box is bound to.
fn place(editor: &WriteBox) -> (Option<IncidentId>, Purpose) {
    (editor.incident(), editor.purpose().clone())
}

/// Whether the words are recorded, kept as a draft, or still in the box.
fn is_safe(room: &Room, words: &str) -> bool {
    let in_box = prose(room).is_some_and(|now| now == words);
    let quoted = serde_json::to_string(words).expect("text");
    let newer = room.model.drafts.values().flatten().any(|draft| draft.contains(quoted.trim_matches('"')));
    let kept = room.drafts.values().any(|draft| draft.body.contains(quoted.trim_matches('"')));
    let trimmed = words.trim();
    let recorded = || {
        room.story.board.iter().any(|incident| {
            incident.title.value.trim() == trimmed
                || incident.timeline.iter().any(|entry| entry.text.contains(trimmed) || trimmed.contains(&*entry.text))
        })
    };
    in_box || newer || kept || recorded()
}

fn play(seed: u64) {
    let (story, first) = withdrawals();
    let mut room = Room::new(story, "ana", (100, 30));
    let bo = person("bo", Scope::Commander);
    let map = Keymap::standard().expect("the built-in keys");
    let quits = [Chord::char('q')];
    let known: Vec<Chord> = map.bindings().iter().flat_map(|binding| binding.keys.clone()).filter(|chord| !quits.contains(chord)).collect();
    let mut dice = Dice(seed);
    for step in 0..KEYS {
        let (before, before_place) = (prose(&room), room.model.write.as_ref().map(place));
        let mut said = String::new();
        match dice.roll(100) {
            0..60 => {
                let chord = known[dice.roll(known.len())];
                said = chord.to_string();
                room.tell(Msg::Input(Input::Key(chord)));
            }
            60..72 => {
                let digit = char::from(b'0' + dice.roll(10) as u8);
                said.push(digit);
                room.tell(Msg::Input(Input::Key(Chord::char(digit))));
            }
            72..90 => {
                let letters: Vec<char> = "abc def ?!=.$#>@^/\\+-_ ijk".chars().collect();
                let letter = letters[dice.roll(letters.len())];
                said.push(letter);
                room.tell(Msg::Input(Input::Key(Chord::char(letter))));
            }
            90..93 => room.tell(Msg::Input(Input::Paste(WORDS[dice.roll(WORDS.len())].into()))),
            93..95 => room.resize(dice.roll(301) as u16, dice.roll(101) as u16),
            95..97 => {
                // The incident may be merged or closed by now; then there is no news.
                let _ = room.story.does(&bo, first, Command::AddEntry(NewEntry::new(EntryKind::Note, format!("news {step}"))));
                room.publish();
            }
            97 => room.wait(1),
            _ if room.is_online => room.is_online = false,
            _ => room.reconnect(),
        }
        if let Some(words) = before {
            // Keys may change the words of a box that stays open; only a box that goes must have left them somewhere.
            let stays = room.model.write.as_ref().map(place) == before_place;
            assert!(stays || is_safe(&room, &words), "seed {seed}, step {step}, key {said}: lost `{words}`\n{}", room.screen());
        }
        if step % 7 == 0 {
            let _ = room.frame();
        }
    }
    room.reconnect();
    room.publish();
    let mut fresh = Board::new(Arc::new(builtin_org()));
    for (event, accepted) in &room.story.log {
        fresh.apply(event, Some(accepted));
    }
    assert_eq!(room.model.snapshot.board, fresh, "seed {seed}: the board on screen is not what the events fold into");
}

#[test]
fn ten_thousand_keys_lose_nothing_and_leave_the_board_a_fold_of_its_events() {
    match std::env::var("WARROOM_SEED") {
        Ok(seed) => play(seed.parse().expect("a number")),
        // A machine that checks has time for more than a person who waits.
        Err(_) => (1..=if std::env::var_os("CI").is_some() { 4 } else { 1 }).for_each(play),
    }
}
