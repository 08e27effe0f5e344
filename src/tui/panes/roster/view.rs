//! Draws who holds what, what is vacant, and what is asked of whom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::EntryState;
use crate::domain::Holding;
use crate::domain::Incident;
use crate::domain::Org;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::Task;
use crate::domain::Timestamp;
use crate::replica::snapshot::Link;
use crate::replica::snapshot::Snapshot;
use crate::text::span;
use crate::text::width;
use crate::tui::clockface::Clockface;
use crate::tui::glyphs::MARK;
use crate::tui::glyphs::PENDING;
use crate::tui::glyphs::SELECTED;
use crate::tui::look::Look;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::panes::roster::card;
use crate::tui::panes::roster::model;
use crate::tui::panes::roster::model::Line;
use crate::tui::panes::roster::model::Model;
use crate::tui::presence;
use crate::tui::theme::Tone;

/// What the roster is drawn with.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub look: &'a Look,
    pub incident: &'a Incident,
    pub org: &'a Org,
    pub priority: Option<Priority>,
    pub me: &'a Person,
    pub now: Timestamp,
    pub clockface: Clockface,
    pub has_focus: bool,
    /// Who is there, as far as it is known.
    pub snapshot: &'a Snapshot,
}

impl<'a> Scene<'a> {
    /// What the model has of an incident.
    pub fn of(model: &'a crate::tui::model::Model, incident: &'a Incident, has_focus: bool) -> Self {
        Self {
            look: &model.look,
            incident,
            org: model.org(),
            priority: model.rating(incident.id).and_then(|rating| rating.priority),
            me: model.me(),
            now: model.now(),
            clockface: model.clockface,
            has_focus,
            snapshot: &model.snapshot,
        }
    }
}

/// Rows that must be free under the list for the card of the selected line.
const CARD_ROWS: usize = 5;

/// Draws the pane's inside.
pub fn view(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, area: Rect) {
    let lines = model::lines(scene.incident, scene.org, scene.priority);
    let mut scroll = model.scroll;
    scroll.keep(lines.len(), usize::from(area.height));
    let widest = scene.org.roles.iter().map(|role| width::cells(&role.short)).max().unwrap_or(0).clamp(6, 10);
    for (number, (at, line)) in (0..area.height).zip(lines.iter().enumerate().skip(scroll.top)) {
        let is_selected = scene.has_focus && at == scroll.selected;
        let ground = if is_selected { scene.look.style(Tone::Selection) } else { Style::new() };
        let mut pen = Pen::new(buffer, area, number);
        pen.ground(ground);
        pen.put(if is_selected { SELECTED } else { " " }, scene.look.style(Tone::BorderFocus).patch(ground));
        row(scene, &mut pen, line, widest, ground);
        pen.fill(" ", ground);
    }
    // What is left of a tall pane holds the card of the selected line.
    let free = usize::from(area.height).saturating_sub(lines.len() + 1);
    let selected = lines.get(scroll.selected).filter(|_| scene.has_focus && free >= CARD_ROWS);
    let Some(line) = selected else { return };
    let columns = usize::from(area.width).saturating_sub(2).max(1);
    let card = card::of_line(scene, line);
    let wrapped = card.iter().flat_map(|(words, tone)| paint::wrapped(words, columns).into_iter().map(|line| (line, *tone)));
    for ((words, tone), number) in wrapped.zip(lines.len() as u16 + 1..area.height) {
        Pen::new(buffer, area, number).put(" ", Style::new()).put(words, scene.look.style(tone));
    }
}

fn row(scene: &Scene<'_>, pen: &mut Pen<'_>, line: &Line<'_>, widest: usize, ground: Style) {
    let look = scene.look;
    let over = |tone: Tone| ground.patch(look.style(tone));
    match line {
        Line::Held { role, holding, is_offered, is_first, is_outside } => {
            let name = if *is_first { scene.org.role_short(role) } else { "" };
            pen.column(name, widest, over(Tone::Dim)).put(" ", ground);
            let (seen, (since, tone)) = (seen(scene, &holding.person), standing(scene, holding, *is_outside));
            // Where there is no room for both, whether somebody is there matters more than since when they are in charge; that they may
            // not know of it is then a question mark.
            let (mut is_short, is_unknown) = (false, tone == Tone::Warn);
            let cells = |words: &str| width::cells(words) + 1;
            let both = seen.as_ref().map_or(0, |(words, _)| cells(words)) + cells(holding.person.as_str()) + cells(&since) + 2;
            match (scene.incident.offer.as_ref().filter(|_| *is_offered), seen) {
                (Some(offer), _) => pen.right(format!("offers to {}", offer.to), over(Tone::Warn)),
                (None, Some((words, tone))) if both > pen.room() => {
                    is_short = true;
                    pen.right(words, over(tone))
                }
                (None, Some((words, seen_tone))) => pen.right(since, over(tone)).right(words, over(seen_tone)),
                (None, None) => pen.right(since, over(tone)),
            };
            let tone = if holding.person == *scene.me { Tone::Mine } else { Tone::Strong };
            pen.put(holding.person.as_str(), over(tone));
            if is_short && is_unknown {
                pen.put("?", over(Tone::Warn));
            }
            if holding.state == EntryState::Local && scene.snapshot.link != Link::Alone {
                pen.put(format!(" {PENDING}"), over(Tone::Local));
            }
        }
        Line::Vacant { role, is_needed: true } => {
            let is_command = role.id.is_commander();
            pen.column(&role.short, widest, over(Tone::Dim)).put(" ", ground);
            pen.right(if is_command { "C takes it" } else { "a assigns" }, over(Tone::Dim));
            pen.put("VACANT", over(if is_command { Tone::Alarm } else { Tone::Loud }));
        }
        Line::Vacant { role, is_needed: false } => {
            pen.column(&role.short, widest, over(Tone::Faint)).put(" nobody", over(Tone::Faint));
        }
        Line::Task(task) => {
            let (left, tone) = left(task, scene.now);
            // A tick says that the person has understood.
            let left = if task.understood_at.is_some() { format!("{MARK} {left}") } else { left };
            pen.right(left, over(tone));
            let tone = if task.person == *scene.me { Tone::Mine } else { Tone::Text };
            pen.put(task.person.as_str(), over(tone)).put(" ", ground).put(&task.text, over(Tone::Text));
        }
    }
}

fn seen(scene: &Scene<'_>, person: &Person) -> Option<(String, Tone)> {
    let clock = |at| scene.clockface.write(at, scene.incident.opened_at, scene.look.local, 5);
    presence::words(scene.snapshot, person, scene.incident.id, scene.now, clock)
}

/// Since when it is held, or since when its holder knows; loud where they may not know yet.
fn standing(scene: &Scene<'_>, holding: &Holding, is_outside: bool) -> (String, Tone) {
    let clock = |at| scene.clockface.write(at, scene.incident.opened_at, scene.look.local, 5);
    match holding.acknowledged_at {
        Some(at) if at != holding.since => (format!("ack {}", clock(at)), Tone::Dim),
        None if is_outside => (format!("outside, {}", clock(holding.since)), Tone::Dim),
        None => (format!("no ack {}", clock(holding.since)), Tone::Warn),
        Some(_) => (format!("since {}", clock(holding.since)), Tone::Dim),
    }
}

/// What is left of a task's time, and how loud that is.
pub fn left(task: &Task, now: Timestamp) -> (String, Tone) {
    let Some(due) = task.due_at else {
        return ("no time-box".into(), Tone::Dim);
    };
    let tone = match due.since_ms(now) {
        ..=0 => Tone::Loud,
        1..=120_000 => Tone::Warn,
        _ => Tone::Dim,
    };
    (span::left(due.millis(), now.millis()), tone)
}
