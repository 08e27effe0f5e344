//! Lists that are not about one choice: help, palette, views, attention, log, search.

use crate::domain::EventId;
use crate::domain::Person;
use crate::query::About;
use crate::replica::request::Order;
use crate::replica::request::Request;
use crate::replica::snapshot::Found;
use crate::text::clock;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::attention::Item;
use crate::tui::effect::Effect;
use crate::tui::keymap::Place;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::presenting;
use crate::tui::theme::Tone;
use crate::tui::verbs::palette;
use crate::tui::verbs::rating;
use crate::tui::verbs::roles;
use crate::tui::verbs::tasks;
use crate::tui::words;

/// What sets kind and time where it is typed first, with a blank behind it.
const MARKS: [(&str, &str); 10] = [
    ("!", "typed first, then a blank: an action"),
    ("=", "a decision"),
    ("?", "a hypothesis"),
    (".", "an observation"),
    ("$", "a command that was run"),
    ("#", "evidence"),
    ("+ok +fail", "a validation and how it ended"),
    (">customers", "a communication, and to whom"),
    ("@14:02 @-5m", "when it happened, if not now"),
    ("@name ^service /command", "anywhere: speaks to someone, names a component, does something"),
];
const HITS_MAX: usize = 50;
const SEARCH: &str = "Search every entry held here";
const SEARCH_SAYS: &str = "words, \"a phrase\", -not, and kind: by: service: status: p: since: until: …";

/// The keys of a place, searchable; a choice in a pane does what the key does.
pub fn help(model: &mut Model, place: Place) -> Vec<Effect> {
    let own = model.look.keymap.of_place(place).chain(model.look.keymap.of_place(Place::Everywhere).filter(|_| place.is_pane()));
    let rows = own.filter(|binding| !binding.keys.is_empty()).map(|binding| {
        let row = Row::new(Pick::Intent(binding.intent), binding.says.clone()).lead(binding.keys_text());
        if binding.place == place && place.is_pane() { row.note(place.name()) } else { row }
    });
    let mut rows: Vec<Row> = rows.collect();
    if place == Place::Write {
        rows.extend(MARKS.map(|(mark, says)| Row::says(says).lead(mark)));
    }
    let list = List::typing(ListOf::Help(place), format!("Keys: {}", place.name()), rows);
    model.open(Overlay::List(list))
}

/// What needs a person now.
pub fn attention(model: &mut Model) -> Vec<Effect> {
    model.callouts.clear();
    let rows = attention_rows(model);
    let says = match model.snapshot.unsent_total {
        0 => "nothing: all sent, all held, nothing overdue".into(),
        unsent => format!("nothing: all held, nothing overdue; {unsent} kept here and not sent yet"),
    };
    let list = List::choices(ListOf::Attention, "Needs attention", rows).unnumbered().or_says(says);
    model.open(Overlay::List(list))
}

fn attention_rows(model: &Model) -> Vec<Row> {
    model.attention.iter().map(Item::row).collect()
}

/// What this program did and was told, newest first.
pub fn log(model: &mut Model) -> Vec<Effect> {
    let list = List::choices(ListOf::Log, "Log of this program", log_rows(model)).unnumbered().or_says("nothing happened yet");
    model.open(Overlay::List(list))
}

fn log_rows(model: &Model) -> Vec<Row> {
    model.log.iter().rev().enumerate().map(|(at, line)| Row::new(Pick::Line(at), presenting::told(model, line))).collect()
}

/// Full text over every entry held here, as one types, with the terms of a filter beside the words.
pub fn search(model: &mut Model) -> Vec<Effect> {
    let mut list = List::typing(ListOf::Search, SEARCH, Vec::new()).or_says(SEARCH_SAYS);
    list.is_answered = true;
    model.open(Overlay::List(list))
}

/// The query of a list changed: searches go to the replica, all others narrow by themselves.
pub fn typed(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::List(list)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if list.of.is_of_people() {
        as_typed(list);
    }
    if list.of == ListOf::Palette {
        palette::typed(model);
        return Vec::new();
    }
    if list.of != ListOf::Search {
        return Vec::new();
    }
    let typed = list.query.as_ref().map(|query| query.text().to_owned()).unwrap_or_default();
    let query = model.read_query(&typed, About::Everything);
    if let (true, Some(Overlay::List(list))) = (query.is_empty(), model.overlays.last_mut()) {
        list.title = SEARCH.into();
        list.empty = query.problems.last().map_or_else(|| SEARCH_SAYS.into(), |problem| problem.says.clone());
        list.refresh(Vec::new());
        return Vec::new();
    }
    vec![asked::ask(model, Request::Search { query, order: Order::Best, limit: HITS_MAX }, Asked::Search(typed))]
}

/// A name that is in no row yet can be chosen as it is typed.
fn as_typed(list: &mut List) {
    const NOTE: &str = "new name, as typed: nobody here is called so yet";
    let typed = Person::new(list.query.as_ref().map_or("", |query| query.text().trim()));
    list.rows.retain(|row| row.note != NOTE);
    if typed.check().is_ok() && list.rows.iter().all(|row| row.pick != Some(Pick::Person(typed.clone()))) {
        list.rows.push(Row::new(Pick::Person(typed.clone()), typed.to_string()).note(NOTE));
    }
}

/// Hits for a query; those of an older query than the one on screen are dropped.
pub fn found(model: &mut Model, typed: &str, found: Found) {
    let problem = model.read_query(typed, About::Everything).problems.pop();
    let (face, local) = (model.clockface, model.look.local);
    let (is_whole, behind, order) = (found.is_whole, found.behind, found.order);
    let rows = presenting::hits(model, found.hits).into_iter().map(|hit| {
        let time = clock::clock_min(hit.at.millis(), face.zone(local));
        let day = clock::day(hit.at.millis(), face.zone(local));
        Row::new(Pick::Entry(hit.incident, hit.entry), hit.excerpt).lead(hit.code).note(format!("{} {day} {time}", hit.by))
    });
    let rows: Vec<Row> = rows.collect();
    // What was closed before then is found once it was opened.
    let since =
        model.snapshot.held_since.map(|since| format!(" in what is open or since {}", clock::day(since.millis(), face.zone(local))));
    let since = since.unwrap_or_default();
    if let Some(Overlay::List(list)) = model.overlays.last_mut()
        && list.of == ListOf::Search
        && list.query.as_ref().is_some_and(|now| now.text() == typed)
    {
        let said = problem.map_or_else(String::new, |problem| format!(" ─ {}", problem.says));
        let first = if order == Order::Newest && rows.len() > 1 { ", the newest first" } else { "" };
        let cut = match (behind, is_whole) {
            (0, true) => String::new(),
            (0, false) => " ─ not everything was looked at: ask for less".into(),
            (behind, _) => format!(" ─ {behind} records just came and cannot be found yet: ask again in a moment"),
        };
        list.title = format!("Search: {}{first}{since}{said}{cut}", words::count(rows.len(), "hit", "hits"));
        list.empty = format!("nothing found{since}{cut}");
        list.refresh(rows);
    }
}

/// Brings the lists that show what is going on up to date.
pub fn refresh(model: &mut Model) {
    let Some(Overlay::List(list)) = model.overlays.last() else {
        return;
    };
    let rows = match &list.of {
        ListOf::Attention => attention_rows(model),
        ListOf::Log => log_rows(model),
        ListOf::Cell(id) => rating::cell_rows(model, *id),
        ListOf::Ratings(id) | ListOf::Handovers(id) => {
            let Some(incident) = model.incident(*id).map(std::sync::Arc::clone) else { return };
            if matches!(list.of, ListOf::Handovers(_)) {
                roles::handover_rows(model, &incident)
            } else {
                rating::history_rows(model, &incident)
            }
        }
        ListOf::Tasks(id) => match model.incident(*id) {
            Some(incident) => tasks::rows(model, incident),
            None => return,
        },
        _ => return,
    };
    let chart = match &list.of {
        ListOf::Ratings(id) => model.incident(*id).map(|incident| rating::chart(model, incident)),
        _ => None,
    };
    if let Some(Overlay::List(list)) = model.overlays.last_mut() {
        list.refresh(rows);
        list.chart = chart.or(list.chart.take());
    }
}

/// What can be done with something refused.
pub fn parked(model: &mut Model, event: EventId) -> Vec<Effect> {
    let Some(parked) = model.snapshot.parked.iter().find(|parked| parked.event == event).cloned() else {
        return Vec::new();
    };
    let rows = vec![
        Row::new(Pick::Retry, "send it again, and what waits behind it"),
        Row::new(Pick::MoveElsewhere, "write it into another incident instead"),
        Row::new(Pick::Discard, "write it to a file and let go of it"),
        Row::says(format!("{}: {}", model.code_of(parked.incident), parked.words)),
        Row::says(format!("{} ({})", parked.reason, parked.code)).tone(Tone::Refused),
    ];
    model.open(Overlay::List(List::choices(ListOf::Parked(event), "Refused by the server", rows)))
}
