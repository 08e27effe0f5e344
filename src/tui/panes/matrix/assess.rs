//! Draws the assessment form: one digit a field, the words of every level beside it, the priority before it is recorded.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;

use crate::domain::Axis;
use crate::domain::Incident;
use crate::domain::Matrix;
use crate::domain::Person;
use crate::domain::Score;
use crate::domain::Timestamp;
use crate::text::money;
use crate::text::width;
use crate::tui::clockface::Clockface;
use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::overlays::panel;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::panes::matrix::keys;
use crate::tui::panes::matrix::model;
use crate::tui::panes::matrix::model::Assess;
use crate::tui::panes::matrix::model::Field;
use crate::tui::panes::matrix::model::SEVERITY_WORDS;
use crate::tui::panes::matrix::view;
use crate::tui::theme::Tone;
use crate::tui::words;

/// From so many cells on a row says how much its dimension counts, and from so many for which side.
const WEIGHT_CELLS: usize = 64;
const SIDE_CELLS: usize = 84;
/// With more rows than these for fields, and not enough for all, the reason keeps one.
const PINNED_FROM: usize = 3;
/// Cells before the reason: `P2 → P1`.
const LABEL: usize = 10;

/// What the form is drawn with.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub incident: &'a Incident,
    pub matrix: &'a Matrix,
    pub me: &'a Person,
    pub now: Timestamp,
    pub clockface: Clockface,
    pub look: &'a Look,
}

/// Where the parts of the form stand: its box, what is said above the fields, the rows of fields, and what is said below.
struct Lay {
    area: Rect,
    /// Whether there is room for everything, with blank lines between.
    is_roomy: bool,
    above: Vec<Line>,
    errors: Vec<String>,
    /// The fields on screen, each with its row inside of the box.
    fields: Vec<(usize, u16)>,
    /// The row below the fields.
    below: u16,
}

/// Where everything of the form stands over `body`. Where not everything fits, the field in focus and its words stay in sight, and the last
/// field, the reason, below the others.
fn lay(assess: &Assess, scene: &Scene<'_>, body: Rect) -> Lay {
    let matrix = scene.matrix;
    let columns = columns(body);
    let mut above = preview(assess, scene, columns);
    let fitting = usize::from(body.height / 5).max(1);
    if above.len() > fitting {
        above.truncate(fitting);
        above.iter_mut().skip(fitting - 1).for_each(|line| line.words.push('…'));
    }
    let errors = if assess.error.is_empty() { Vec::new() } else { paint::wrapped(&assess.error, columns) };
    let fields = Assess::fields(matrix);
    // The words of the levels have a place of fixed height, so that nothing jumps from field to field.
    let most_levels = matrix.dimensions.iter().map(|dimension| dimension.levels.len()).max().unwrap_or(0).max(SEVERITY_WORDS.len() + 1);
    let area = panel::place(body, above.len() + 1 + fields + 1 + most_levels + errors.len());
    let height = usize::from(area.height.saturating_sub(2));
    let is_roomy = height >= above.len() + 1 + fields + 1 + most_levels;
    let top = above.len() + usize::from(is_roomy);
    let taken = anchors(assess, scene).len() + errors.len() + usize::from(is_roomy);
    let room = height.saturating_sub(top + taken).max(1);
    let keeps_last = room < fields && room > PINNED_FROM;
    let (scrolled, room) = if keeps_last { (fields - 1, room - 1) } else { (fields, room) };
    let first = (assess.field.min(scrolled - 1) + 1).saturating_sub(room);
    let shown = (first..scrolled).take(room).chain(keeps_last.then_some(fields - 1));
    let row_of = |at: usize| u16::try_from(top + at).unwrap_or(u16::MAX);
    let fields: Vec<(usize, u16)> = shown.enumerate().map(|(at, field)| (field, row_of(at))).collect();
    let below = row_of(fields.len() + usize::from(is_roomy));
    Lay { area, is_roomy, above, errors, fields, below }
}

fn columns(body: Rect) -> usize {
    usize::from(panel::place(body, 1).width.saturating_sub(4)).max(8)
}

/// The field a click is on.
pub fn field_under(assess: &Assess, scene: &Scene<'_>, body: Rect, at: Position) -> Option<usize> {
    let lay = lay(assess, scene, body);
    let row = at.y.checked_sub(lay.area.y + 1)?;
    lay.fields.iter().find(|(_, at)| *at == row).map(|(field, _)| *field).filter(|_| lay.area.contains(at))
}

/// Draws the form over `body`; answers where the cursor stands, if one types in it.
pub fn draw(assess: &Assess, scene: &Scene<'_>, buffer: &mut Buffer, body: Rect) -> Option<(u16, u16)> {
    let (incident, look) = (scene.incident, scene.look);
    let lay = lay(assess, scene, body);
    let hints: Vec<(String, String)> = look
        .keymap
        .of_place(Place::Assess)
        .filter(|binding| !binding.short.is_empty())
        .map(|binding| (binding.key_text(), binding.short.clone()))
        .collect();
    let title = format!("Assess {} {}", incident.code_text(), incident.title.value);
    let title = width::clip(&title, columns(body).saturating_sub(14)).into_owned();
    let right = match assess.is_waiting {
        true => "recording".to_owned(),
        false if lay.is_roomy => String::new(),
        false => format!("{} of {}", assess.field + 1, Assess::fields(scene.matrix)),
    };
    let inside = panel::draw(buffer, look, lay.area, &title, &right, &hints);
    let ground = look.style(Tone::Overlay);
    for (line, row) in lay.above.iter().zip(0..) {
        let mut pen = Pen::new(buffer, inside, row);
        let mut used = 0;
        for (words, tone) in &line.label {
            pen.put(words, ground.patch(look.style(*tone)));
            used += width::cells(words);
        }
        pen.skip(LABEL.saturating_sub(used)).put(&line.words, ground.patch(look.style(line.tone)));
    }
    let mut cursor = None;
    for (field, row) in lay.fields {
        let at = field_row(assess, scene, &mut Pen::new(buffer, inside, row), field);
        cursor = cursor.or(at.map(|x| (x, inside.y + row)));
    }
    let below = lay.errors.into_iter().map(|line| (line, Tone::Loud)).chain(anchors(assess, scene));
    for ((words, tone), row) in below.zip(lay.below..) {
        Pen::new(buffer, inside, row).put(words, ground.patch(look.style(tone)));
    }
    cursor
}

struct Line {
    label: Vec<(String, Tone)>,
    words: String,
    tone: Tone,
}

/// What the priority is, what it would be, and why.
fn preview(assess: &Assess, scene: &Scene<'_>, columns: usize) -> Vec<Line> {
    let (incident, matrix) = (scene.incident, scene.matrix);
    let with_amount = keys::with_amount(assess, matrix);
    let assess = with_amount.as_ref().unwrap_or(assess);
    let was = matrix.rate(&incident.assessment, scene.now).priority;
    let rating = assess.preview(incident, matrix, scene.me, scene.now);
    let is_touched = !assess.changed.is_empty() || assess.overridden.is_some();
    let of = |priority| (words::priority(priority), words::priority_tone(priority));
    let label = match (is_touched, was == rating.priority) {
        (true, false) => vec![(words::priority(was), Tone::Dim), (" → ".into(), Tone::Text), of(rating.priority)],
        (true, true) => vec![of(rating.priority), (" stays".into(), Tone::Dim)],
        (false, _) => vec![of(rating.priority)],
    };
    let clock = |at| scene.clockface.write(at, incident.opened_at, scene.look.local, 5);
    // The priority stands before its reason already.
    let said = format!("{}: ", rating.label());
    let mut lines: Vec<Line> = view::why(&rating, columns.saturating_sub(LABEL), scene.now, clock)
        .into_iter()
        .map(|(words, tone)| Line { label: Vec::new(), words: words.strip_prefix(&said).unwrap_or(&words).to_owned(), tone })
        .collect();
    if let Some(first) = lines.first_mut() {
        first.label = label;
    }
    lines
}

/// Draws a field; answers the column of the cursor, if one types in it.
fn field_row(assess: &Assess, scene: &Scene<'_>, pen: &mut Pen<'_>, number: usize) -> Option<u16> {
    let (matrix, look) = (scene.matrix, scene.look);
    let ground = look.style(Tone::Overlay);
    let is_focus = number == assess.field;
    let over = |tone: Tone| {
        if is_focus { ground.patch(look.style(Tone::Selection)) } else { ground.patch(look.style(tone)) }
    };
    let widest =
        matrix.dimensions.iter().map(|dimension| width::cells(&dimension.name)).max().unwrap_or(8).clamp(8, 26).min(pen.room() / 2);
    let room = pen.room();
    let field = Assess::field_at(matrix, number);
    pen.ground(over(Tone::Text));
    pen.put(if is_focus { "▌" } else { " " }, over(Tone::BorderFocus));
    let name = match field {
        Field::Severity => "Severity",
        Field::Dimension(dimension) => &dimension.name,
        Field::Override => "Override",
        Field::Reason => "Reason",
    };
    pen.column(name, widest, over(Tone::Text)).put("  ", over(Tone::Text));
    if room >= WEIGHT_CELLS {
        let has_side = room >= SIDE_CELLS;
        pen.column(weight(field, has_side), if has_side { 15 } else { 7 }, over(Tone::Dim));
    }
    let typed = match field {
        Field::Reason => Some(&assess.reason),
        Field::Dimension(_) if is_focus => assess.amount.as_ref(),
        _ => None,
    };
    if let Some(line) = typed.filter(|line| is_focus || !line.is_empty()) {
        let style = if is_focus { ground.patch(look.style(Tone::FieldFocus)) } else { over(Tone::Fresh) };
        if field != Field::Reason {
            pen.put("$", style);
        }
        let column = pen.typed(line, style);
        return is_focus.then_some(column);
    }
    let (value, tone, is_changed) = value(assess, scene, field);
    match assess.news(field, scene.incident, scene.me) {
        Some(change) => drop(pen.right(format!("{} just now", change.by), over(Tone::Warn))),
        None if is_changed => drop(pen.right("new", over(Tone::Fresh))),
        None => {
            if let Field::Dimension(dimension) = field
                && dimension.in_money()
                && is_focus
                && pen.room() > width::cells(&value) + 20
            {
                pen.right("$ types an amount", over(Tone::Dim));
            }
        }
    }
    pen.put(value, over(if is_changed { Tone::Fresh } else { tone })).fill(" ", over(tone));
    None
}

/// What a field would hold, how that looks, and whether it was changed here.
fn value(assess: &Assess, scene: &Scene<'_>, field: Field<'_>) -> (String, Tone, bool) {
    let assessment = &scene.incident.assessment;
    match field {
        Field::Severity => match assessment.severity() {
            Some(severity) => (format!("{severity}  {}", SEVERITY_WORDS[usize::from(severity.level()) - 1]), Tone::Text, false),
            None => ("–  one digit sets it".into(), Tone::Faint, false),
        },
        Field::Dimension(dimension) => {
            let score = assess.score(dimension, assessment);
            let is_changed = assess.changed.contains_key(&dimension.id);
            match (model::level_of(dimension, score), score) {
                (Some(level), Score { amount_usd: Some(amount), .. }) => {
                    let each = if dimension.is_rate() { "/min" } else { "" };
                    (format!("{level}  {}{each} ({})", money::words(amount), dimension.words_for(level)), Tone::Text, is_changed)
                }
                (Some(level), _) => (format!("{level}  {}", dimension.words_for(level)), Tone::Text, is_changed),
                (None, _) => ("–  unknown".into(), Tone::Faint, is_changed),
            }
        }
        Field::Override => {
            let words = match (assess.overridden, &assessment.priority_override) {
                (Some(Some(priority)), _) => format!("{priority}, against the matrix"),
                (Some(None), _) => "–  back to the matrix".into(),
                (None, Some(known)) => format!("{} by {}: {}", known.priority, known.by, known.reason),
                (None, None) => "–  the matrix decides".into(),
            };
            let tone = if assess.priority_override(assessment).is_some() { Tone::Warn } else { Tone::Faint };
            (words, tone, assess.overridden.is_some())
        }
        Field::Reason => ("–  why, for the record".into(), Tone::Faint, false),
    }
}

/// `impact   90 %`, or the number alone.
fn weight(field: Field<'_>, has_side: bool) -> String {
    let Field::Dimension(dimension) = field else { return String::new() };
    let side = if dimension.axis == Axis::Impact { "impact" } else { "urgency" };
    let percent = format!("{:>3} %", dimension.weight_percent);
    if has_side { format!("{side:<7} {percent}") } else { percent }
}

/// What each digit means for the field in focus.
fn anchors(assess: &Assess, scene: &Scene<'_>) -> Vec<(String, Tone)> {
    let assessment = &scene.incident.assessment;
    let line = |digit: usize, words: &str, is_set: bool| (format!(" {digit}  {words}"), if is_set { Tone::Strong } else { Tone::Dim });
    match assess.focus(scene.matrix) {
        Field::Severity => {
            let said = assessment.severity().map(|severity| usize::from(severity.level()));
            SEVERITY_WORDS.iter().zip(1..).map(|(words, digit)| line(digit, words, said == Some(digit))).collect()
        }
        Field::Dimension(dimension) => {
            let level = model::level_of(dimension, assess.score(dimension, assessment)).map(usize::from);
            dimension.levels.iter().zip(0..).map(|(anchor, digit)| line(digit, &anchor.words, level == Some(digit))).collect()
        }
        Field::Override => {
            let chosen = assess.priority_override(assessment).map(|priority| usize::from(priority.level()));
            let levels =
                (1..=5).map(|digit| line(digit, &format!("P{digit} whatever the matrix says; a reason is needed"), chosen == Some(digit)));
            levels.chain([(" x  back to the matrix".to_owned(), Tone::Dim)]).collect()
        }
        Field::Reason => vec![(" goes on record; an override needs one".into(), Tone::Dim)],
    }
}
