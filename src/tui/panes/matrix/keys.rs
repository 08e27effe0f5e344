//! What a key does in the assessment form.

use crate::domain::Incident;
use crate::domain::Matrix;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::Score;
use crate::domain::Severity;
use crate::text::Safe;
use crate::text::money;
use crate::tui::chord::Chord;
use crate::tui::edit::LineEdit;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::panes::matrix::model;
use crate::tui::panes::matrix::model::Assess;
use crate::tui::panes::matrix::model::Field;

/// What a key did to the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssessTold {
    Nothing,
    Leave,
    Help,
    /// Record this severity at once.
    Severity(Severity),
    /// Record what changed.
    Record,
    /// A key that means nothing in the form.
    Unbound,
}

/// What the form stands on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub incident: &'a Incident,
    pub matrix: &'a Matrix,
    pub me: &'a Person,
    pub look: &'a Look,
}

/// Takes a key.
pub fn key(assess: &mut Assess, chord: Chord, ground: &Ground<'_>) -> AssessTold {
    let intent = ground.look.keymap.intent(Place::Assess, chord);
    if assess.is_waiting {
        return if intent == Some(Intent::Back) { AssessTold::Leave } else { AssessTold::Nothing };
    }
    if assess.amount.is_some() {
        amount_key(assess, chord, ground.matrix, intent);
        return AssessTold::Nothing;
    }
    let digit_before = assess.digit.take();
    let focus = assess.focus(ground.matrix);
    if focus == Field::Reason && (chord.typed().is_some() || intent.is_none_or(|intent| intent == Intent::Undo)) {
        if assess.reason.key(chord) {
            assess.error.clear();
        }
        return AssessTold::Nothing;
    }
    if let Some(typed) = chord.typed() {
        if let Some(digit) = typed.to_digit(10).and_then(|digit| u8::try_from(digit).ok()) {
            return digit_key(assess, digit, ground);
        }
        if begins_amount(assess, typed, digit_before, ground.matrix) {
            return AssessTold::Nothing;
        }
    }
    let fields = Assess::fields(ground.matrix);
    match intent {
        Some(Intent::Back) => return AssessTold::Leave,
        Some(Intent::Help) => return AssessTold::Help,
        Some(Intent::Submit) => return AssessTold::Record,
        Some(Intent::Edit) => assess.field = fields - 2,
        Some(Intent::NextField) => assess.field = (assess.field + 1) % fields,
        Some(Intent::PreviousField) => assess.field = (assess.field + fields - 1) % fields,
        Some(intent @ (Intent::Left | Intent::Right)) => step(assess, intent == Intent::Right, ground),
        Some(Intent::Strike) => match focus {
            Field::Dimension(_) => assess.set(ground.matrix, Score::default()),
            Field::Override => assess.overridden = Some(None),
            _ => {}
        },
        Some(Intent::Undo) => match focus {
            Field::Dimension(dimension) => drop(assess.changed.remove(&dimension.id)),
            Field::Override => assess.overridden = None,
            _ => {}
        },
        _ => return AssessTold::Unbound,
    }
    AssessTold::Nothing
}

/// Text that was pasted: an amount or a reason, where one is typed.
pub fn paste(assess: &mut Assess, text: &str, matrix: &Matrix) -> bool {
    match (&mut assess.amount, Assess::field_at(matrix, assess.field)) {
        (Some(amount), _) => drop(amount.insert(text.trim())),
        (None, Field::Reason) => drop(assess.reason.insert(text.trim_end_matches('\n'))),
        (None, Field::Dimension(dimension)) if dimension.in_money() => assess.amount = Some(LineEdit::with(text.trim())),
        _ => return false,
    }
    true
}

fn digit_key(assess: &mut Assess, digit: u8, ground: &Ground<'_>) -> AssessTold {
    match assess.focus(ground.matrix) {
        Field::Severity => match Severity::new(digit) {
            Some(severity) => return severity_key(assess, severity, ground),
            None => assess.error = "severities go from 1, the worst, to 5".into(),
        },
        Field::Dimension(dimension) if digit <= dimension.highest() => {
            assess.set(ground.matrix, Score { level: Some(digit), amount_usd: None });
            assess.field += 1;
            assess.digit = dimension.in_money().then(|| char::from(b'0' + digit));
        }
        Field::Dimension(dimension) => assess.error = format!("{} has levels 0 to {}", dimension.name, dimension.highest()),
        Field::Override if (1..=5).contains(&digit) => {
            assess.overridden = Some(Some(Priority::clamped(digit)));
            assess.field += 1;
            assess.error.clear();
        }
        Field::Override => assess.error = "priorities go from 1, the most pressing, to 5; x takes the override off".into(),
        Field::Reason => {}
    }
    AssessTold::Nothing
}

/// One digit records a severity, unless another person set one since the form was opened: then it takes the digit twice.
fn severity_key(assess: &mut Assess, severity: Severity, ground: &Ground<'_>) -> AssessTold {
    match assess.news(Field::Severity, ground.incident, ground.me) {
        None => AssessTold::Severity(severity),
        Some(change) => {
            assess.error = format!("{} meanwhile: the digit again sets yours", model::said(Field::Severity, change));
            assess.seen.insert(change.event);
            AssessTold::Nothing
        }
    }
}

/// `$` begins an amount of money; so does what follows a digit that was taken for a level: `1.2M`, `3M`.
fn begins_amount(assess: &mut Assess, typed: char, digit_before: Option<char>, matrix: &Matrix) -> bool {
    if typed == '$' {
        match assess.focus(matrix) {
            Field::Dimension(dimension) if dimension.in_money() => assess.amount = Some(LineEdit::default()),
            _ => assess.error = "this line is scored by a digit, not by an amount of money".into(),
        }
        return true;
    }
    let Some(digit) = digit_before.filter(|_| matches!(typed, '.' | 'm' | 'M' | 'b' | 'B')) else {
        return false;
    };
    assess.field -= 1;
    if let Field::Dimension(dimension) = assess.focus(matrix) {
        assess.changed.remove(&dimension.id);
    }
    assess.amount = Some(LineEdit::with(format!("{digit}{typed}")));
    true
}

fn amount_key(assess: &mut Assess, chord: Chord, matrix: &Matrix, intent: Option<Intent>) {
    let Some(amount) = &mut assess.amount else { return };
    if chord.typed().is_none() {
        match intent {
            Some(Intent::Back) => {
                assess.amount = None;
                assess.error.clear();
                return;
            }
            Some(Intent::Submit | Intent::NextField | Intent::PreviousField) => {
                match (amount.is_empty(), money::read(amount.text())) {
                    (true, _) => assess.amount = None,
                    (false, Some(amount_usd)) => {
                        take_amount(assess, amount_usd, matrix);
                        assess.amount = None;
                        assess.field += 1;
                    }
                    (false, None) => {
                        let typed = Safe::clipped(amount.text(), 30);
                        assess.error = format!("`{typed}` is not an amount: write 250k, $1.2M or 5000");
                    }
                }
                return;
            }
            _ => {}
        }
    }
    if amount.key(chord) {
        assess.error.clear();
    }
}

fn take_amount(assess: &mut Assess, amount_usd: u64, matrix: &Matrix) {
    if let Field::Dimension(dimension) = assess.focus(matrix) {
        let level = Some(dimension.level_for(amount_usd));
        assess.set(matrix, Score { level, amount_usd: Some(amount_usd) });
    }
}

/// One level or priority more or less.
fn step(assess: &mut Assess, is_more: bool, ground: &Ground<'_>) {
    let assessment = &ground.incident.assessment;
    match assess.focus(ground.matrix) {
        Field::Dimension(dimension) => {
            let level = model::level_of(dimension, assess.score(dimension, assessment));
            let next = match (level, is_more) {
                (level, true) => Some(level.map_or(0, |level| level.saturating_add(1))),
                (Some(level), false) => level.checked_sub(1),
                (None, false) => return,
            };
            assess.set(ground.matrix, Score { level: next, amount_usd: None });
        }
        Field::Override => {
            let now = assess.priority_override(assessment).map_or(3, Priority::level);
            let next = if is_more { now.saturating_add(1) } else { now.saturating_sub(1) };
            assess.overridden = Some(Some(Priority::clamped(next)));
        }
        Field::Severity | Field::Reason => {}
    }
}

/// The score the form would have with the amount being typed, for the preview.
pub fn with_amount(assess: &Assess, matrix: &Matrix) -> Option<Assess> {
    let amount_usd = money::read(assess.amount.as_ref()?.text())?;
    let mut taken = assess.clone();
    take_amount(&mut taken, amount_usd, matrix);
    Some(taken)
}
