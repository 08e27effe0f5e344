//! The assessment form: one digit a field, the words of every level beside it, the priority before it is recorded.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::Incident;
use crate::domain::Matrix;
use crate::domain::Person;
use crate::domain::Severity;
use crate::domain::Timestamp;
use crate::text::width;
use crate::tui::chord::Chord;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::overlays::panel;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::panes::matrix::model::Assess;
use crate::tui::panes::matrix::model::SEVERITY_WORDS;
use crate::tui::panes::matrix::view;
use crate::tui::theme::Tone;
use crate::tui::words;

/// What a key did to the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssessTold {
    Nothing,
    Leave,
    Help,
    /// Record this severity at once.
    Severity(Severity),
    /// Record the dimensions that changed.
    Record,
    /// Override the matrix, with a reason.
    Override,
}

/// Takes a key.
pub fn key(assess: &mut Assess, chord: Chord, incident: &Incident, matrix: &Matrix, look: &Look) -> AssessTold {
    let intent = look.keymap.intent(Place::Assess, chord);
    if assess.is_waiting {
        return if intent == Some(Intent::Back) { AssessTold::Leave } else { AssessTold::Nothing };
    }
    let digit = chord.typed().and_then(|c| c.to_digit(10)).and_then(|digit| u8::try_from(digit).ok());
    if let Some(digit) = digit {
        return digit_key(assess, digit, matrix);
    }
    let fields = matrix.dimensions.len() + 1;
    let level = assess.dimension(matrix).map(|dimension| assess.level(dimension, &incident.assessment));
    match (intent, level) {
        (Some(Intent::Back), _) => return AssessTold::Leave,
        (Some(Intent::Help), _) => return AssessTold::Help,
        (Some(Intent::Submit), _) => return AssessTold::Record,
        (Some(Intent::Edit), _) => return AssessTold::Override,
        (Some(Intent::NextField), _) => assess.field = (assess.field + 1) % fields,
        (Some(Intent::PreviousField), _) => assess.field = (assess.field + fields - 1) % fields,
        (Some(Intent::Left), Some(Some(level))) => assess.set(matrix, level.checked_sub(1)),
        (Some(Intent::Right), Some(level)) => assess.set(matrix, Some(level.map_or(0, |level| level.saturating_add(1)))),
        (Some(Intent::Strike), Some(_)) => assess.set(matrix, None),
        (Some(Intent::Undo), Some(_)) => {
            if let Some(dimension) = assess.dimension(matrix) {
                assess.changed.remove(&dimension.id);
            }
        }
        _ => {}
    }
    AssessTold::Nothing
}

fn digit_key(assess: &mut Assess, digit: u8, matrix: &Matrix) -> AssessTold {
    match assess.dimension(matrix) {
        None => match Severity::new(digit) {
            Some(severity) => AssessTold::Severity(severity),
            None => {
                assess.error = "severities go from 1, the worst, to 5".into();
                AssessTold::Nothing
            }
        },
        Some(dimension) if digit <= dimension.highest() => {
            assess.set(matrix, Some(digit));
            assess.field = (assess.field + 1).min(matrix.dimensions.len());
            AssessTold::Nothing
        }
        Some(dimension) => {
            assess.error = format!("{} has levels 0 to {}", dimension.name, dimension.highest());
            AssessTold::Nothing
        }
    }
}

/// What the form is drawn with.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub incident: &'a Incident,
    pub matrix: &'a Matrix,
    pub me: &'a Person,
    pub now: Timestamp,
    pub look: &'a Look,
}

/// Draws the form over `body`.
pub fn draw(assess: &Assess, scene: &Scene<'_>, buffer: &mut Buffer, body: Rect) {
    let (incident, matrix, look) = (scene.incident, scene.matrix, scene.look);
    let columns = usize::from(panel::place(body, 1).width.saturating_sub(4)).max(8);
    let rating = assess.preview(incident, matrix, scene.me, scene.now);
    let was = matrix.rate(&incident.assessment, scene.now);
    let mut above = view::why(&rating, columns.saturating_sub(10));
    above.truncate(usize::from(body.height / 5).max(1));
    let anchors = anchors(assess, scene);
    let errors = if assess.error.is_empty() { Vec::new() } else { paint::wrapped(&assess.error, columns) };
    let fields = matrix.dimensions.len() + 1;
    // The words of the levels have a place of fixed height, so that nothing jumps from field to field.
    let most_levels = matrix.dimensions.iter().map(|dimension| dimension.levels.len()).max().unwrap_or(0).max(SEVERITY_WORDS.len());
    let area = panel::place(body, above.len() + 1 + fields + 1 + most_levels + errors.len());
    let hints: Vec<(String, String)> = look
        .keymap
        .of_place(Place::Assess)
        .filter(|binding| !binding.short.is_empty())
        .map(|binding| (binding.key_text(), binding.short.clone()))
        .collect();
    let title = format!("Assess {} {}", incident.code_text(), incident.title.value);
    let title = width::clip(&title, columns.saturating_sub(14)).into_owned();
    let inside = panel::draw(buffer, look, area, &title, if assess.is_waiting { "recording" } else { "" }, &hints);
    let ground = look.style(Tone::Overlay);
    let mut row = 0;
    // The priority stands before its reason already.
    let label = format!("{}: ", rating.label());
    for (number, (words, tone)) in above.iter().enumerate() {
        let words = words.strip_prefix(&label).unwrap_or(words);
        let mut pen = Pen::new(buffer, inside, row);
        if number == 0 && was.priority != rating.priority {
            pen.put(words::priority(was.priority), ground.patch(look.style(Tone::Dim))).put(" → ", ground);
            pen.put(rating.label(), look.style(words::priority_tone(rating.priority))).put("   ", ground);
        } else if number == 0 {
            pen.put(rating.label(), look.style(words::priority_tone(rating.priority))).put("        ", ground);
        } else {
            pen.skip(10);
        }
        pen.put(words, ground.patch(look.style(*tone)));
        row += 1;
    }
    let is_roomy = usize::from(inside.height) >= usize::from(row) + 1 + fields + 1 + most_levels;
    row += u16::from(is_roomy);
    // Where not everything fits, the field in focus and its words stay in sight.
    let below = anchors.len() + errors.len() + usize::from(is_roomy);
    let room = usize::from(inside.height.saturating_sub(row)).saturating_sub(below).max(1);
    let top = (assess.field + 1).saturating_sub(room);
    for field in (top..fields).take(room) {
        field_row(assess, scene, &mut Pen::new(buffer, inside, row), field);
        row += 1;
    }
    row += u16::from(is_roomy);
    for (words, tone) in errors.into_iter().map(|line| (line, Tone::Loud)).chain(anchors) {
        Pen::new(buffer, inside, row).put(words, ground.patch(look.style(tone)));
        row += 1;
    }
}

fn field_row(assess: &Assess, scene: &Scene<'_>, pen: &mut Pen<'_>, field: usize) {
    let (matrix, look) = (scene.matrix, scene.look);
    let ground = look.style(Tone::Overlay);
    let is_focus = field == assess.field;
    let over = |tone: Tone| {
        if is_focus { ground.patch(look.style(Tone::Selection)) } else { ground.patch(look.style(tone)) }
    };
    let widest =
        matrix.dimensions.iter().map(|dimension| width::cells(&dimension.name)).max().unwrap_or(8).clamp(8, 26).min(pen.room() / 2);
    pen.put(if is_focus { "▌" } else { " " }, over(Tone::BorderFocus));
    let Some(dimension) = field.checked_sub(1).and_then(|at| matrix.dimensions.get(at)) else {
        pen.column("Severity", widest, over(Tone::Text)).put("  ", over(Tone::Text));
        let severity = scene.incident.assessment.severity.as_ref().map(|field| field.value.level());
        let said = severity.map_or("–  one digit sets it".into(), |level| format!("{level}  {}", SEVERITY_WORDS[usize::from(level) - 1]));
        pen.put(said, over(if severity.is_some() { Tone::Text } else { Tone::Faint })).fill(" ", over(Tone::Text));
        return;
    };
    let is_changed = assess.changed.contains_key(&dimension.id);
    pen.column(&dimension.name, widest, over(Tone::Text)).put("  ", over(Tone::Text));
    if is_changed {
        pen.right("new", over(Tone::Fresh));
    }
    let (words, tone) = match assess.level(dimension, &scene.incident.assessment) {
        Some(level) => (format!("{level}  {}", dimension.words_for(level)), Tone::Text),
        None => ("–  unknown".into(), Tone::Faint),
    };
    pen.put(words, over(if is_changed { Tone::Fresh } else { tone })).fill(" ", over(tone));
}

/// What each digit means for the field in focus.
fn anchors(assess: &Assess, scene: &Scene<'_>) -> Vec<(String, Tone)> {
    let assessment = &scene.incident.assessment;
    let line = |digit: usize, words: &str, is_set: bool| (format!(" {digit}  {words}"), if is_set { Tone::Strong } else { Tone::Dim });
    match assess.dimension(scene.matrix) {
        None => {
            let said = assessment.severity.as_ref().map(|field| usize::from(field.value.level()));
            SEVERITY_WORDS.iter().zip(1..).map(|(words, digit)| line(digit, words, said == Some(digit))).collect()
        }
        Some(dimension) => {
            let level = assess.level(dimension, assessment).map(usize::from);
            dimension.levels.iter().zip(0..).map(|(anchor, digit)| line(digit, &anchor.words, level == Some(digit))).collect()
        }
    }
}
