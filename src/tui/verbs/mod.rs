//! What a person can do, one file per subject. Each verb looks at the model, opens what it needs and answers effects.

pub mod bulk;
pub mod chosen;
pub mod command;
pub mod copying;
pub mod direct;
pub mod drafts;
pub mod entries;
pub mod filtering;
pub mod go;
pub mod incident;
pub mod lists;
pub mod marks;
pub mod merging;
pub mod narrow;
pub mod opening;
pub mod palette;
pub mod people;
pub mod rating;
pub mod readers;
pub mod record;
pub mod redaction;
pub mod roles;
pub mod slash;
pub mod submitted;
pub mod tasks;
pub mod themes;
pub mod versions;
pub mod views;
pub mod vocabulary;
pub mod writing;

use std::sync::Arc;

use crate::domain::Command;
use crate::domain::Incident;
use crate::tui::ahead;
use crate::tui::asked;
use crate::tui::calls;
use crate::tui::effect::Effect;
use crate::tui::effect::Ending;
use crate::tui::guard;
use crate::tui::keymap::Intent;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::mouse;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::pick::TaskAnswer;
use crate::tui::presenting;
use crate::tui::theme::Tone;
use crate::tui::update;

/// Does what a key means in a pane.
pub fn perform(model: &mut Model, intent: Intent) -> Vec<Effect> {
    use Intent::*;
    if let Some(refusal) = guard::bar(model).filter(|_| is_writing(intent)) {
        model.say_no(refusal.reason);
        return Vec::new();
    }
    if let Some(effects) = bulk::perform(model, intent) {
        return effects;
    }
    match intent {
        Down | Up | Top | Bottom | PageDown | PageUp | HalfDown | HalfUp | Left | Right => go::moved(model, intent),
        PaneIncidents => go::to_pane(model, Pane::Incidents),
        PaneTimeline => go::to_pane(model, Pane::Timeline),
        PaneMatrix => go::to_pane(model, Pane::Matrix),
        PaneRoles => go::to_pane(model, Pane::Roles),
        NextPane => go::to_pane(model, model.focus.next()),
        PreviousPane => go::to_pane(model, model.focus.previous()),
        NextIncident => go::beside(model, true),
        PreviousIncident => go::beside(model, false),
        LastView => go::last_view(model),
        Zoom => go::zoom(model),
        Open => go::open(model),
        Back => go::back(model),
        Mark => marks::one(model),
        MarkRange => marks::range(model),
        MarkAll => marks::all(model),
        ClearMarks => marks::clear(model),
        Sort => go::sort(model),
        Filter => filtering::begin(model),
        NextMatch => filtering::next_match(model, true),
        PreviousMatch => filtering::next_match(model, false),
        Times => go::times(model),
        Present => presenting::toggle(model),
        Write => opening::open(model),
        Declare => incident::declare(model),
        Edit => incident::edit(model),
        Merge => merging::one(model),
        Split => incident::split(model),
        Reopen => incident::reopen(model),
        Restrict => readers::restrict(model),
        Unrestrict => readers::unrestrict(model),
        Undo => incident::undo(model),
        Status => incident::status(model),
        Assess => rating::open(model),
        Ratings => rating::history(model),
        Handovers => roles::handovers(model),
        Understood => tasks::answer_selected(model, TaskAnswer::Understood),
        Done => tasks::answer_selected(model, TaskAnswer::Done),
        Assign => roles::assign(model),
        Release => roles::release(model),
        TakeCommand => command::take(model),
        Offer => command::offer(model),
        Accept => command::accept(model),
        Decline => command::decline(model),
        Brief => command::brief(model),
        GiveTask => tasks::give(model),
        AnswerTask => tasks::answer(model),
        Amend | Strike | Redact | Reply | Retime | History | MergeVersions | KeepVersion | TakeVersion => {
            entries::perform_selected(model, intent)
        }
        NextEntry => go::moved(model, Down),
        PreviousEntry => go::moved(model, Up),
        Follow => entries::follow_selected(model),
        GoToTime => narrow::ask_time(model),
        Narrow => narrow::open(model),
        OnlyKind | OnlyPerson | OnlyRole | OnlyComponent => narrow::only(model, intent),
        ClearFilter => narrow::clear(model),
        Copy => copying::open(model),
        Theme => themes::open(model),
        Sound => calls::toggle_sound(model),
        Mouse => mouse::toggle(model),
        Export => copying::export(model),
        Search => lists::search(model),
        Views => views::open(model),
        SaveView => views::save_form(model),
        Attention => lists::attention(model),
        Palette => palette::open(model),
        Help => lists::help(model, model.place()),
        Drafts => drafts::list(model),
        Log => lists::log(model),
        Redraw => vec![Effect::Redraw],
        SendDirect => direct::nothing(model),
        Suspend => vec![Effect::Suspend],
        Quit => leave(model),
        Yes | No | Choose | NextField | PreviousField | Submit | NewLine | Redo | Editor | Earlier | Later => Vec::new(),
    }
}

/// Ends. What is on no disk and on no server is lost then, so that is said once before.
fn leave(model: &mut Model) -> Vec<Effect> {
    let unsaved = model.snapshot.unsaved;
    let key = model.look.keymap.key(model.place(), Intent::Quit);
    if !model.unkept.is_empty() && !std::mem::replace(&mut model.leaves_anyway, true) {
        model.say_no(format!(
            "words you wrote are not kept on disk: leaving loses them. {} lists them; {key} leaves all the same",
            model.look.keymap.hint(Intent::Drafts, "").trim_end()
        ));
        return Vec::new();
    }
    if unsaved > 0 && !std::mem::replace(&mut model.leaves_anyway, true) {
        model.say_no(format!("{unsaved} written here are in memory only and not sent: leaving loses them. {key} leaves all the same"));
        return Vec::new();
    }
    update::quit(model, Ending::Wanted)
}

/// Whether it changes what is recorded.
pub fn is_writing(intent: Intent) -> bool {
    use Intent::*;
    matches!(
        intent,
        Write
            | Declare
            | Edit
            | Merge
            | Split
            | Reopen
            | Restrict
            | Unrestrict
            | Undo
            | Status
            | Assess
            | Assign
            | Release
            | TakeCommand
            | Offer
            | Accept
            | Decline
            | GiveTask
            | AnswerTask
            | Understood
            | Done
            | Amend
            | Strike
            | Redact
            | Reply
            | Retime
            | MergeVersions
            | KeepVersion
            | TakeVersion
    )
}

/// The incident in hand; says so when there is none.
pub fn in_hand(model: &mut Model) -> Option<Arc<Incident>> {
    let current = model.current().map(Arc::clone);
    if current.is_none() {
        ahead::missed(model);
        let words = match model.in_hand {
            Some(_) => "this incident is not loaded yet".into(),
            None => format!("no incident is in hand; {}", model.look.keymap.hint(Intent::Declare, "declares one")),
        };
        model.say(words, Tone::Warn);
    }
    current
}

/// Asks before a command is given. The question names code and title.
pub fn confirm(model: &mut Model, question: String, means: impl Into<String>, incident: &Incident, command: Command) -> Vec<Effect> {
    let says = format!("recorded in {}", incident.code_text());
    ask(model, Confirm::new(question, vec![(means.into(), Tone::Text)], vec![(incident.id, command)], says))
}

/// Asks a question.
pub fn ask(model: &mut Model, confirm: Confirm) -> Vec<Effect> {
    let asked_ms = model.moment.mono_ms;
    model.open(Overlay::Confirm(Confirm { asked_ms, ..confirm }))
}

/// Gives a command about the incident in hand.
pub fn give(model: &mut Model, incident: &Incident, command: Command, says: impl Into<String>) -> Vec<Effect> {
    asked::command(model, incident.id, command, says)
}
