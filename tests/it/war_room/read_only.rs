//! A session that only looks: no key opens what would write, nothing is asked for that writes, and the screen says why.

use crate::war_room::room::Room;
use crate::war_room::withdrawals;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Parked;
use warroom::tui::input::Input;
use warroom::tui::keymap::Keymap;
use warroom::tui::keymap::Place;
use warroom::tui::msg::Msg;
use warroom::tui::overlays::Overlay;
use warroom::tui::overlays::pick::FormOf;

fn writes(request: &Request) -> bool {
    matches!(
        request,
        Request::Command { .. }
            | Request::RetryParked(_)
            | Request::MoveParked { .. }
            | Request::DiscardParked(_)
            | Request::Dismiss(_)
            | Request::DismissAlarm
    )
}

/// Whether something is open that would write; a form that only asks where to go does not.
fn is_about_to_write(room: &Room) -> bool {
    let asks = match room.model.overlays.last() {
        Some(Overlay::Form(form)) => !matches!(form.of, FormOf::Time(_)),
        Some(Overlay::Confirm(_) | Overlay::Assess(_)) => true,
        _ => false,
    };
    asks || room.model.write.is_some()
}

#[test]
fn no_key_opens_a_form_or_asks_for_what_writes() {
    let map = Keymap::standard().expect("a key map");
    let panes = [(Place::Incidents, "1"), (Place::Timeline, "2"), (Place::Matrix, "3"), (Place::Roles, "4")];
    for (place, pane) in panes {
        let (story, _) = withdrawals();
        let mut room = Room::with(story, "ana", (120, 36), |setup| setup.is_read_only = true);
        let bindings = map.bindings().iter().filter(|binding| binding.place == place || binding.place == Place::Everywhere);
        for chord in bindings.flat_map(|binding| &binding.keys) {
            room.press(&[pane, "k"]);
            room.tell(Msg::Input(Input::Key(*chord)));
            assert!(!is_about_to_write(&room), "{chord} in {}:\n{}", place.name(), room.screen());
            // Whatever list or page it opened, its first choice writes nothing either.
            room.press(&["Enter"]);
            assert!(!is_about_to_write(&room), "{chord}, Enter in {}:\n{}", place.name(), room.screen());
            room.press(&["Esc", "Esc", "Esc", "Esc"]);
        }
        assert!(!room.asked.iter().any(writes), "{:?}", room.asked);
    }
}

#[test]
fn what_was_refused_stays_as_it_is_and_the_sentence_says_why() {
    let (story, id) = withdrawals();
    let at = story.now;
    let mut room = Room::with(story, "ana", (120, 36), |setup| setup.is_read_only = true);
    room.parked.push(Parked {
        event: warroom::domain::EventId(uuid::Uuid::now_v7()),
        incident: id,
        kind: "entry.added".into(),
        words: "note: never sent".into(),
        text: None,
        code: "scope".into(),
        reason: "not permitted".into(),
        retry: warroom::domain::Retry::Later,
        behind: None,
        at,
    });
    room.publish();
    for key in ["a", "d"] {
        room.press(&["!", key]);
        room.shows(&["this is a read-only session"]);
        room.press(&["Esc", "Esc"]);
    }
    assert!(!room.asked.iter().any(writes), "{:?}", room.asked);
    room.press(&["2", "i"]);
    room.shows(&["READ-ONLY", "this is a read-only session: nothing is recorded or kept; start without --read-only to write"]);
}

#[test]
fn leaving_with_what_is_on_no_disk_is_said_first() {
    let (story, _) = withdrawals();
    let mut room = Room::with(story, "ana", (120, 36), |setup| setup.is_in_memory = true);
    room.shows(&["NOT ON DISK"]);
    room.is_online = false;
    room.press(&["2", "i", "only here", "Enter", "Esc"]);
    room.press(&["q"]);
    room.shows(&["1 written here are in memory only and not sent: leaving loses them. q leaves all the same"]);
    let quits = |room: &Room| room.done.iter().any(|effect| matches!(effect, warroom::tui::effect::Effect::Quit(_)));
    assert!(!quits(&room));
    room.press(&["q"]);
    assert!(quits(&room));
}

#[test]
fn the_footer_offers_no_key_that_is_refused() {
    for (size, pane) in [((120, 36), "2"), ((120, 36), "1"), ((80, 24), "4"), ((40, 12), "2")] {
        let (story, _) = withdrawals();
        let mut room = Room::with(story, "ana", size, |setup| setup.is_read_only = true);
        room.press(&[pane]);
        let screen = room.screen();
        let footer = screen.lines().last().expect("a footer");
        for word in ["write", "amend", "strike", "assess", "status", "assign", "command", "understood", "release"] {
            assert!(!footer.contains(word), "`{word}` in {footer}");
        }
        assert!(footer.contains("help"), "{footer}");
    }
}
