//! The picture of an incident as plain geometry: phases, priority, roles, entries and alerts over one time axis. Places are percent of the
//! width, so that a picture fits a desk, a page and a phone with letters of one size; heights are pixels.

use crate::domain::Alert;
use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::Priority;
use crate::domain::Timestamp;
use crate::report::Moved;
use crate::report::Subject;
use crate::report::axis::Axis;
use crate::report::axis::Tick;
use crate::report::document::one_line;
use crate::report::lines;
use crate::report::people::HeldRole;
use crate::report::stretch;
use crate::report::stretch::Stretch;
use crate::text::clock;
use crate::text::width;
use chrono_tz::Tz;
use serde::Serialize;
use std::collections::BTreeMap;

/// From so many written lines on they are drawn as counts.
const MARKS_MAX: usize = 300;
/// Into so many parts counts are laid.
const BINS: usize = 160;
/// So many alerts have a row of their own; the rest share one.
const ALERT_LANES_MAX: usize = 8;
/// Pixels: the words above a row, a row of bars, a row of marks, the gap below a row.
const HEAD: usize = 15;
const BAR: usize = 18;
const MARK: usize = 14;
const GAP: usize = 7;
const STEP: usize = 22;
/// Cells of what stands above a row, of all of it on a phone, and the least width of a bar in percent.
const NAME_CELLS: usize = 44;
const NARROW_CELLS: usize = 46;
const BAR_MIN: f64 = 0.4;
/// Width in pixels that a picture has at least, on a page and on a phone, and that a letter takes in it.
const WIDE: f64 = 680.0;
const NARROW: f64 = 320.0;
const LETTER: f64 = 6.6;

/// Everything that is drawn.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Chart {
    pub from: Timestamp,
    pub until: Timestamp,
    pub ticks: Vec<Tick>,
    pub lanes: Vec<Lane>,
    /// Pixels, without the axis.
    pub height: usize,
    /// How the priority moved, for a picture of steps, its rows, and its height in pixels.
    pub steps: Vec<Step>,
    pub step_rows: Vec<StepRow>,
    pub steps_height: usize,
    /// Lines that lie outside the picture.
    pub outside: usize,
}

/// A row of the picture.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Lane {
    /// Pixels from the top.
    pub y: usize,
    pub height: usize,
    pub name: String,
    /// What stands at the right: "3 of 4 resolved".
    pub note: String,
    /// Whether name and note fit beside each other on a phone.
    pub narrow: bool,
    pub bars: Vec<Bar>,
    pub marks: Vec<Mark>,
}

/// A stretch of time.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Bar {
    pub x: f64,
    pub width: f64,
    /// Pixels from the top of the picture.
    pub y: usize,
    pub height: usize,
    pub class: String,
    pub label: String,
    /// Whether the label fits on a page, and on a phone.
    pub wide: bool,
    pub narrow: bool,
    pub title: String,
}

/// A line of the timeline, or several of them.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Mark {
    pub x: f64,
    /// Pixels from the top of the picture, and how high.
    pub y: usize,
    pub height: usize,
    /// Pixels, or percent where it stands for several.
    pub width: &'static str,
    pub class: &'static str,
    /// The line it stands for.
    pub anchor: String,
    pub title: String,
}

/// A priority for as long as it stood.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Step {
    pub x: f64,
    pub until_x: f64,
    /// 1 to 5; 6 where it was not rated.
    pub row: u8,
    /// Pixels from the top; of the step before too, where there is one on another row.
    pub y: usize,
    pub from_y: usize,
    pub riser: bool,
    pub title: String,
}

/// A row of the picture of steps.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StepRow {
    pub name: String,
    /// Pixels from the top.
    pub y: usize,
}

impl Chart {
    /// The picture of an incident.
    pub fn of(subject: &Subject<'_>, moves: &[Moved]) -> Self {
        let incident = subject.incident;
        let over_at = incident.resolved_at.or(incident.assessment.settled_at);
        let first = incident.timeline.get(0).map_or(incident.opened_at, |entry| entry.at);
        let last = incident.timeline.last().map_or(incident.opened_at, |entry| entry.at);
        let end = over_at.unwrap_or(subject.now).max(incident.opened_at);
        let axis = Axis::around((incident.opened_at, end), (first, last));
        let mut lanes = vec![phases(subject, &axis)];
        lanes.extend(roles(subject, &axis));
        lanes.extend(marks(subject, &axis));
        lanes.extend(alerts(subject, &axis));
        let mut height = 0;
        for lane in &mut lanes {
            lane.y = height;
            let top = height + HEAD;
            lane.bars.iter_mut().for_each(|bar| bar.y += top);
            lane.marks.iter_mut().for_each(|mark| mark.y += top);
            lane.narrow = width::cells(&lane.name) + width::cells(&lane.note) <= NARROW_CELLS;
            height += HEAD + lane.height + GAP;
        }
        let steps = steps(moves, end, &axis);
        let rows = if steps.iter().any(|step| step.row == 6) { 6 } else { 5 };
        let name = |row: usize| if row == 6 { "not rated".to_owned() } else { format!("P{row}") };
        let step_rows: Vec<StepRow> = (1..=rows).map(|row| StepRow { name: name(row), y: row * STEP }).collect();
        let steps_height = rows * STEP + STEP / 2;
        let outside = incident.timeline.iter().filter(|entry| !axis.holds(entry.at)).count();
        Self { from: axis.from, until: axis.until, ticks: axis.ticks(), lanes, height, steps, step_rows, steps_height, outside }
    }
}

fn lane(name: impl Into<String>, note: String, height: usize) -> Lane {
    let (name, note) = (name.into(), width::clip(&note, NAME_CELLS).into_owned());
    Lane { y: 0, height, name: width::clip(&name, NAME_CELLS).into_owned(), note, narrow: true, bars: Vec::new(), marks: Vec::new() }
}

fn bar(axis: &Axis, stretch: Stretch, label: &str, class: &str, title: String) -> Option<Bar> {
    let (x, width) = axis.bar(stretch)?;
    let (x, width) = (x.min(100.0 - BAR_MIN), width.max(BAR_MIN));
    let needed = width::cells(label) as f64 * LETTER + 8.0;
    let fits = |pixels: f64| width * pixels / 100.0 >= needed;
    Some(Bar {
        x,
        width,
        y: 0,
        height: BAR - 1,
        class: class.to_owned(),
        label: label.to_owned(),
        wide: fits(WIDE),
        narrow: fits(NARROW),
        title,
    })
}

fn phases(subject: &Subject<'_>, axis: &Axis) -> Lane {
    let phases = subject.incident.phases();
    let note = subject.incident.status.value.word().to_owned();
    let bars = phases.iter().filter_map(|phase| {
        let until = phase.until.unwrap_or(axis.until);
        let words = phase.status.word();
        bar(axis, (phase.from, until.max(phase.from)), words, words, format!("{words}: {}", times(phase.from, phase.until)))
    });
    Lane { bars: bars.collect(), ..lane("Status", note, BAR) }
}

fn steps(moves: &[Moved], end: Timestamp, axis: &Axis) -> Vec<Step> {
    let mut before = None;
    let mut step = |(priority, (from, until)): (Option<Priority>, Stretch)| {
        let word = priority.map_or_else(|| "not rated".to_owned(), |priority| priority.to_string());
        let title = format!("{word}: {}", times(from, (until < end).then_some(until)));
        let row = priority.map_or(6, |priority| priority.level());
        let y = usize::from(row) * STEP;
        let from_y = before.replace(y).unwrap_or(y);
        Step { x: axis.x(from), until_x: axis.x(until), row, y, from_y, riser: from_y != y, title }
    };
    stretch::rated(moves, end).into_iter().map(&mut step).collect()
}

/// A row a role, its holders in as many rows of bars as held it at once.
fn roles(subject: &Subject<'_>, axis: &Axis) -> Vec<Lane> {
    let mut lanes: Vec<(String, Lane, Vec<Timestamp>)> = Vec::new();
    for held in HeldRole::all(subject) {
        if lanes.last().is_none_or(|(id, ..)| *id != held.id) {
            lanes.push((held.id.clone(), lane(held.role.clone(), String::new(), 0), Vec::new()));
        }
        let Some((_, lane, ends)) = lanes.last_mut() else { continue };
        let until = held.until.unwrap_or(axis.until).max(held.from);
        let row = ends.iter().position(|end| *end <= held.from).unwrap_or(ends.len());
        match ends.get_mut(row) {
            Some(end) => *end = until,
            None => ends.push(until),
        }
        lane.height = ends.len() * BAR;
        let title = format!("{}: {}", held.person, times(held.from, held.until));
        lane.bars.extend(bar(axis, (held.from, until), &held.person, "held", title).map(|bar| Bar { y: row * BAR, ..bar }));
        let separator = if lane.note.is_empty() { "" } else { ", " };
        lane.note.push_str(&format!("{separator}{}", held.person));
    }
    lanes.into_iter().map(|(_, lane, _)| lane).collect()
}

/// A row a kind of written line: each line a mark, or counts where there are too many.
fn marks(subject: &Subject<'_>, axis: &Axis) -> Vec<Lane> {
    let mut kinds: BTreeMap<EntryKind, Vec<&Entry>> = BTreeMap::new();
    let written = subject.incident.timeline.iter().filter(|entry| entry.kind.is_written() && entry.stands());
    written.for_each(|entry| kinds.entry(entry.kind).or_default().push(entry));
    let is_counted = kinds.values().map(Vec::len).sum::<usize>() > MARKS_MAX;
    let row = |(kind, entries): (EntryKind, Vec<&Entry>)| {
        let word = lines::kind_word(kind);
        let note = if entries.len() == 1 { "1 line".to_owned() } else { format!("{} lines", entries.len()) };
        let drawn = entries.iter().filter(|entry| axis.holds(entry.at));
        let marks = if is_counted {
            counted(word, drawn.map(|entry| (entry.at, lines::anchor(entry.id))), axis)
        } else {
            let one = |entry: &&Entry| {
                let title = format!("{} {word}, {}", clock::clock_s(entry.at.millis(), Tz::UTC), one_line(entry.by().as_str()));
                Mark { x: axis.x(entry.at), y: 0, height: MARK, width: "3", class: word, anchor: lines::anchor(entry.id), title }
            };
            drawn.map(one).collect()
        };
        Lane { marks, ..lane(name_of(word), note, MARK) }
    };
    kinds.into_iter().map(row).collect()
}

/// How many lines lie in each part of the axis: the higher the mark the more, by its logarithm. It leads to the first of them.
fn counted(class: &'static str, lines: impl Iterator<Item = (Timestamp, String)>, axis: &Axis) -> Vec<Mark> {
    let mut bins: BTreeMap<usize, (usize, String, Timestamp)> = BTreeMap::new();
    for (at, anchor) in lines {
        let bin = ((axis.x(at) * BINS as f64 / 100.0) as usize).min(BINS - 1);
        bins.entry(bin).or_insert((0, anchor, at)).0 += 1;
    }
    let most = bins.values().map(|(count, ..)| *count).max().unwrap_or(1) as f64;
    let mark = |(bin, (count, anchor, at)): (usize, (usize, String, Timestamp))| {
        let height = 3 + ((MARK - 3) as f64 * (count as f64).ln_1p() / most.ln_1p()).round() as usize;
        let x = (bin as f64 * 10_000.0 / BINS as f64).round() / 100.0;
        let title = format!("{count} from {} on", clock::clock_s(at.millis(), Tz::UTC));
        Mark { x, y: MARK - height, height, width: "0.55%", class, anchor, title }
    };
    bins.into_iter().map(mark).collect()
}

fn alerts(subject: &Subject<'_>, axis: &Axis) -> Vec<Lane> {
    let alerts = &subject.incident.alerts;
    let end = |alert: &Alert| alert.ends_at.filter(|_| !alert.firing).unwrap_or(axis.until).max(alert.starts_at);
    let fires = |alert: &Alert| -> Vec<Stretch> { alert.earlier.iter().copied().chain([(alert.starts_at, end(alert))]).collect() };
    let own = if alerts.len() > ALERT_LANES_MAX { ALERT_LANES_MAX - 1 } else { alerts.len() };
    let drawn = |stretches: Vec<Stretch>, class: &str| -> Vec<Bar> {
        let one = |(from, until): Stretch| bar(axis, (from, until.max(from)), "", class, times(from, Some(until)));
        stretches.into_iter().filter_map(one).map(|bar| Bar { height: BAR / 2, ..bar }).collect()
    };
    let class = |firing: bool| if firing { "firing" } else { "fired" };
    let mut lanes: Vec<Lane> = alerts[..own]
        .iter()
        .map(|alert| {
            let note = if alert.firing { "still firing".to_owned() } else { "resolved".to_owned() };
            Lane { bars: drawn(fires(alert), class(alert.firing)), ..lane(format!("Alert: {}", one_line(&alert.title)), note, BAR / 2) }
        })
        .collect();
    let rest = &alerts[own..];
    if !rest.is_empty() {
        let still = rest.iter().filter(|alert| alert.firing).count();
        let stretches = stretch::joined(rest.iter().flat_map(fires).collect());
        let bars = drawn(stretches, class(still > 0));
        lanes.push(Lane { bars, ..lane(format!("{} more alerts", rest.len()), format!("{still} still firing"), BAR / 2) });
    }
    lanes
}

/// "Decisions": how a row of lines of a kind is called.
fn name_of(kind: &str) -> String {
    match kind {
        "hypothesis" => "Hypotheses".to_owned(),
        "evidence" => "Evidence".to_owned(),
        _ => format!("{}{}s", kind[..1].to_uppercase(), &kind[1..]),
    }
}

/// "12:00:07 to 12:14:00", with the day of what lies on another day.
fn times(from: Timestamp, until: Option<Timestamp>) -> String {
    let moment = |at: Timestamp| format!("{} {}", clock::day(at.millis(), Tz::UTC), clock::clock_s(at.millis(), Tz::UTC));
    match until {
        Some(until) if clock::day_number(from.millis(), Tz::UTC) == clock::day_number(until.millis(), Tz::UTC) => {
            format!("{} to {}", moment(from), clock::clock_s(until.millis(), Tz::UTC))
        }
        Some(until) => format!("{} to {}", moment(from), moment(until)),
        None => format!("since {}", moment(from)),
    }
}
