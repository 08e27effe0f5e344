//! Words typed and not recorded yet: kept within a second, listed, and opened again. The write box and every form have a draft of their own.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::Command;
use crate::domain::IncidentId;
use crate::domain::NewEntry;
use crate::domain::Timestamp;
use crate::replica::request::Request;
use crate::replica::snapshot::Held;
use crate::text::Safe;
use crate::text::span;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::edit::LineEdit;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::FormOf;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::panes::matrix::left;
use crate::tui::panes::matrix::left::Left;
use crate::tui::presenting;
use crate::tui::reopen;
use crate::tui::theme::Tone;
use crate::tui::verbs::direct;
use crate::tui::verbs::go;
use crate::tui::verbs::opening;
use crate::tui::verbs::rating;
use crate::tui::verbs::views;
use crate::tui::verbs::writing;
use crate::tui::write::DraftState;
use crate::tui::write::Purpose;
use crate::tui::write::WriteBox;
use crate::tui::write::WriteInput;

/// A draft is kept this long after the first key that changed it: well within the second it may cost.
const AFTER_MS: u64 = 400;
/// A draft the disk did not take is tried again after this long.
const AGAIN_MS: u64 = 2_000;

/// A form as it was left, whole, so that it opens again from what is here.
#[derive(Debug, Serialize, Deserialize)]
struct FormDraft {
    of: FormOf,
    title: String,
    says: Vec<String>,
    /// Label, hint and words of each field.
    fields: Vec<(String, String, String)>,
    /// Those that are new, for the list.
    new: String,
}

/// Under which key the words for a purpose are kept.
pub fn key_of(incident: IncidentId, purpose: &Purpose) -> String {
    match purpose {
        Purpose::Entry => format!("write:{incident}"),
        Purpose::Reply { entry, .. } => format!("reply:{entry}"),
        Purpose::Amend { entry, .. } => format!("amend:{entry}"),
    }
}

/// Under which key the words of a form are kept.
pub fn key_of_form(form: &Form) -> String {
    match &form.of {
        FormOf::Declare => "declare".to_owned(),
        of => format!("form:{}", serde_json::to_string(of).unwrap_or_default()),
    }
}

/// The key of the draft in the open box.
pub fn key_of_box(model: &Model) -> Option<String> {
    let editor = model.write.as_ref()?;
    Some(key_of(editor.incident()?, editor.purpose()))
}

/// The words kept under a key, as they were written.
pub fn kept(model: &Model, key: &str) -> Option<String> {
    if let Some(newer) = model.drafts.get(key) {
        return newer.clone();
    }
    let draft = model.snapshot.drafts.iter().find(|draft| draft.key == key && draft.held == Held::Here)?;
    Some(draft.body.clone())
}

/// Since when words are on disk under a key, in milliseconds of the server-corrected time.
pub fn kept_at(model: &Model, key: &str) -> Option<i64> {
    let draft = model.snapshot.drafts.iter().find(|draft| draft.key == key && draft.held == Held::Here)?;
    Some(draft.kept_at.millis() + model.skew_ms)
}

/// The box kept under a key.
pub fn kept_box(model: &Model, key: &str) -> Option<DraftState> {
    serde_json::from_str(&kept(model, key)?).ok()
}

/// Whether words wait in the box of an incident.
pub fn waits(model: &Model, incident: IncidentId) -> bool {
    kept(model, &key_of(incident, &Purpose::Entry)).is_some()
}

/// Something was typed: it is to be kept soon.
pub fn due(model: &mut Model) {
    model.draft_due_ms.get_or_insert(model.moment.mono_ms + AFTER_MS);
}

/// Keeps what is typed and not kept yet, in the open box and in the form on top.
pub fn keep_now(model: &mut Model) -> Vec<Effect> {
    model.draft_due_ms = None;
    let mut effects = keep_box(model);
    effects.extend(keep_form(model));
    effects.extend(keep_assessment(model));
    effects.extend(keep_again(model));
    if !effects.is_empty() {
        effects.extend(reopen::keep(model));
    }
    effects
}

fn keep_box(model: &mut Model) -> Vec<Effect> {
    let (Some(key), Some(editor)) = (key_of_box(model), &mut model.write) else {
        return Vec::new();
    };
    // What is on its way into the log is answered for there.
    let is_on_its_way = editor.is_recording() && model.asked.values().any(|asked| *asked == Asked::Write);
    if !editor.is_unkept || is_on_its_way {
        return Vec::new();
    }
    editor.is_unkept = false;
    let (incident, draft) = (editor.incident(), (!editor.is_idle()).then(|| editor.draft()));
    keep(model, key, incident, draft.and_then(|draft| serde_json::to_string(&draft).ok()))
}

fn keep_again(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in std::mem::take(&mut model.unkept) {
        if let Some(body) = model.drafts.get(&key).cloned().flatten() {
            let incident = writing::incident_of(model, &key);
            effects.push(asked::ask(model, Request::KeepDraft { key: key.clone(), incident, body }, Asked::Draft(key)));
        }
    }
    effects
}

fn keep_form(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let texts = form.texts();
    if form.is_waiting || form.kept.as_ref().is_none_or(|kept| *kept == texts) {
        return Vec::new();
    }
    let has_words = form.opened_with.as_ref() != Some(&texts) && texts.iter().any(|text| !text.trim().is_empty());
    form.kept = Some(texts);
    let fields = form.fields.iter().map(|field| (field.label.to_string(), field.hint.clone(), field.line.text().to_owned()));
    let says = form.says.iter().map(|(words, _)| words.clone()).filter(|words| !words.starts_with(RESTORED));
    let was = form.opened_with.clone().unwrap_or_default();
    let new = form.texts().into_iter().enumerate().filter(|(at, words)| was.get(*at) != Some(words) && !words.is_empty());
    let new = new.map(|(_, words)| words).collect::<Vec<_>>().join(" · ");
    let draft = FormDraft { of: form.of.clone(), title: form.title.clone(), says: says.collect(), fields: fields.collect(), new };
    let key = key_of_form(form);
    keep(model, key, None, has_words.then(|| serde_json::to_string(&draft).ok()).flatten())
}

fn keep_assessment(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Assess(form)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let left = Left::of(form);
    if form.is_waiting || form.kept == left {
        return Vec::new();
    }
    form.kept.clone_from(&left);
    let incident = form.incident;
    keep(model, left::key(incident), Some(incident), left.and_then(|left| serde_json::to_string(&left).ok()))
}

fn keep(model: &mut Model, key: String, incident: Option<IncidentId>, body: Option<String>) -> Vec<Effect> {
    let was_kept = kept(model, &key).is_some();
    model.drafts.insert(key.clone(), body.clone());
    match body {
        Some(body) => vec![asked::ask(model, Request::KeepDraft { key: key.clone(), incident, body }, Asked::Draft(key))],
        None if was_kept => vec![asked::ask(model, Request::DropDraft { key }, Asked::Quiet)],
        None => Vec::new(),
    }
}

/// What was kept under a key is no longer needed.
pub fn forget(model: &mut Model, key: String) -> Vec<Effect> {
    keep(model, key, None, None)
}

/// What was kept under a key is recorded now.
pub fn recorded(model: &mut Model, key: String) {
    model.drafts.insert(key, None);
}

const RESTORED: &str = "Your words of an earlier time are here again";

/// Looks after the form on top: one that just opened gets back the words that were left in it, and new ones are due.
pub fn attend(model: &mut Model) {
    if matches!(model.overlays.last(), Some(Overlay::Assess(form)) if !form.is_waiting && form.kept != Left::of(form)) {
        due(model);
    }
    let Some(Overlay::Form(form)) = model.overlays.last() else {
        return;
    };
    if let Some(kept) = &form.kept {
        if *kept != form.texts() && !form.is_waiting {
            due(model);
        }
        return;
    }
    let draft = kept(model, &key_of_form(form)).and_then(|body| serde_json::from_str::<FormDraft>(&body).ok());
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else {
        return;
    };
    form.opened_with.get_or_insert(form.fields.iter().map(|field| field.line.text().to_owned()).collect());
    // A declaration asks for a name only the first time; what was typed as its title is a title either way.
    let is_declaration = matches!(form.of, FormOf::Declare);
    if let Some(draft) = draft.filter(|draft| is_declaration || draft.fields.len() == form.fields.len()) {
        for (field, (_, _, words)) in form.fields.iter_mut().zip(draft.fields) {
            field.line = LineEdit::with(words);
        }
        form.offer();
        if form.opened_with.as_ref() != Some(&form.texts()) {
            let how =
                if matches!(form.of, FormOf::Edit(_)) { "Ctrl-u empties a field" } else { "type over what is underlined, or End keeps it" };
            form.says.push((format!("{RESTORED}; {how}."), Tone::Info));
        }
    }
    form.kept = Some(form.texts());
}

/// Every draft there is, newest first.
pub fn list(model: &mut Model) -> Vec<Effect> {
    let list = List::choices(ListOf::Drafts, "Words not recorded yet", rows(model))
        .unnumbered()
        .or_says("nothing: all that was typed is recorded");
    model.open(Overlay::List(list))
}

/// Whether a person's words are kept under a key: the screen keeps where it was and its views beside them.
pub fn is_words(key: &str) -> bool {
    ![reopen::KEY, views::KEY].contains(&key)
}

/// How many drafts were left: those in the open box and form are being written, those open in another warroom are seen to there.
pub fn left(model: &Model) -> usize {
    let form = model.overlays.last().and_then(|top| if let Overlay::Form(form) = top { Some(key_of_form(form)) } else { None });
    let open = [key_of_box(model), form];
    let is_left = |key: &String| is_words(key) && !open.contains(&Some(key.clone()));
    let held = model.snapshot.drafts.iter().filter(|draft| draft.held != Held::Elsewhere && is_left(&draft.key));
    let held = held.filter(|draft| draft.held == Held::Behind || kept(model, &draft.key).is_some()).count();
    let is_newer = |key: &String| model.snapshot.drafts.iter().all(|draft| draft.key != *key);
    held + model.drafts.iter().filter(|(key, body)| body.is_some() && is_left(key) && is_newer(key)).count()
}

/// A line for each draft: for what, where, its first words, and when it was kept.
pub fn rows(model: &Model) -> Vec<Row> {
    let mut rows = Vec::new();
    let now_ms = model.now().millis();
    let held = model.snapshot.drafts.iter().filter(|draft| is_words(&draft.key));
    for draft in held.clone() {
        let body = if draft.held == Held::Here { kept(model, &draft.key) } else { Some(draft.body.clone()) };
        let Some(body) = body else { continue };
        let when = span::moments_ago(draft.kept_at.millis() + model.skew_ms, now_ms);
        let note = match draft.held {
            Held::Here => format!("kept {when}"),
            Held::Elsewhere => "open in another warroom".to_owned(),
            Held::Behind => format!("kept {when}, waits for newer words to be done"),
        };
        let mut row = row(model, &draft.key, &body, draft.incident, note);
        if draft.held != Held::Here {
            // Its key would open or let go of this process's own words.
            row.pick = Some(Pick::Line(rows.len()));
        }
        rows.push(shown(model, row, &body));
    }
    // What was asked to be kept and is in no snapshot yet.
    let newer = model.drafts.iter().filter(|(key, _)| held.clone().all(|draft| draft.key != **key));
    let mut newer: Vec<_> = newer.filter_map(|(key, body)| Some((key, body.as_ref()?))).collect();
    newer.sort();
    rows.extend(newer.into_iter().map(|(key, body)| shown(model, row(model, key, body, None, "kept just now".into()), body)));
    rows
}

/// While presenting, a draft that will be hidden as an entry is hidden here, too.
fn shown(model: &Model, mut row: Row, body: &str) -> Row {
    if serde_json::from_str(body).is_ok_and(|draft| opening::is_hidden(model, &draft)) {
        row.label = presenting::HIDDEN.into();
    }
    row
}

fn row(model: &Model, key: &str, body: &str, incident: Option<IncidentId>, note: String) -> Row {
    let left = serde_json::from_str::<Left>(body);
    let (what, words) = match (serde_json::from_str::<DraftState>(body), serde_json::from_str::<FormDraft>(body)) {
        _ if let Ok(left) = &left => ("assessment".to_owned(), left.words(&model.org().matrix)),
        (Ok(draft), _) => {
            let what = match &draft.purpose {
                Purpose::Entry => draft.stamp.words(),
                Purpose::Reply { to, .. } => format!("reply to {to}"),
                Purpose::Amend { what, .. } => format!("amend {what}"),
            };
            (what, draft.text)
        }
        (_, Ok(form)) => (form.title, form.new),
        _ => ("draft of another version".to_owned(), body.to_owned()),
    };
    let code = incident.map(|id| format!("{} ", model.code_of(id))).unwrap_or_default();
    let first = words.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Row::new(Pick::Draft(key.to_owned()), Safe::clipped(first, 200).into_owned()).lead(format!("{code}{what}")).note(note)
}

/// Opens a draft where it belongs.
pub fn open(model: &mut Model, key: &str) -> Vec<Effect> {
    let Some(body) = kept(model, key) else {
        model.say_no("these words are open in another warroom of this home; they are safe there");
        return Vec::new();
    };
    if let Ok(draft) = serde_json::from_str::<DraftState>(&body) {
        if let Some(id) = of_command(model, key) {
            return record_command(model, key, id, draft);
        }
        let known = model.snapshot.drafts.iter().find(|held| held.key == key).and_then(|held| held.incident);
        let Some(id) = known.or_else(|| writing::incident_of(model, key)).filter(|id| model.header(*id).is_some()) else {
            model.say_no("the incident of these words is not held here; y copies them, d lets go of them");
            return Vec::new();
        };
        model.overlays.clear();
        let mut effects = go::switch(model, Some(id));
        effects.extend(opening::resume(model, id, draft));
        return effects;
    }
    if let Ok(left) = serde_json::from_str::<Left>(&body) {
        model.overlays.clear();
        let mut effects = go::switch(model, Some(left.incident));
        effects.extend(rating::open(model));
        return effects;
    }
    if let Ok(draft) = serde_json::from_str::<FormDraft>(&body) {
        let fields = draft.fields.into_iter().map(|(label, hint, words)| Field::owned(label, hint).with(words)).collect();
        let mut form = Form::new(draft.of, draft.title, fields);
        form.says = draft.says.into_iter().map(|words| (words, Tone::Dim)).collect();
        // Everything in it is worth keeping.
        form.opened_with = Some(Vec::new());
        model.open(Overlay::Form(form));
    }
    Vec::new()
}

/// The incident of a command that was running when its program was killed.
fn of_command(model: &Model, key: &str) -> Option<IncidentId> {
    let draft = model.snapshot.drafts.iter().find(|draft| draft.key == key && key.starts_with("run:"))?;
    draft.incident
}

/// What was seen of a command is recorded as it is: nobody's words are to be finished there.
fn record_command(model: &mut Model, key: &str, incident: IncidentId, draft: DraftState) -> Vec<Effect> {
    let entry = NewEntry { at: draft.stamp.at, outcome: draft.stamp.outcome, ..NewEntry::new(draft.stamp.kind, draft.text) };
    let says = format!("{}: recorded what was seen of it", model.code_of(incident));
    recorded(model, key.to_owned());
    model.overlays.clear();
    let command = Command::AddEntry(entry);
    vec![asked::ask(model, Request::Command { incident, command, draft: Some(key.to_owned()) }, Asked::Says(says))]
}

/// Lets go of a draft; its words stay in the log of this program for a while.
pub fn let_go(model: &mut Model, key: &str) -> Vec<Effect> {
    let Some(body) = kept(model, key) else {
        model.say_no("these words are open in another warroom of this home");
        return Vec::new();
    };
    let words = row(model, key, &body, None, String::new());
    model.note(format!("draft let go: {}: {}", words.lead, words.label));
    let is_open = key_of_box(model).as_deref() == Some(key);
    if is_open {
        model.write = None;
    }
    model.drafts.insert(key.to_owned(), None);
    let log = model.look.keymap.key(Place::Everywhere, Intent::Log);
    model.say(format!("let go; its first words are in the log ({log})"), Tone::Info);
    let effects = vec![asked::ask(model, Request::DropDraft { key: key.to_owned() }, Asked::Quiet)];
    let rows = rows(model);
    if let Some(Overlay::List(list)) =
        model.overlays.last_mut().filter(|top| matches!(top, Overlay::List(list) if list.of == ListOf::Drafts))
    {
        list.refresh(rows);
    }
    effects
}

/// The draft is on disk since then, by this machine's clock; or it is not.
pub fn told(model: &mut Model, key: &str, at: Option<Timestamp>) {
    let at_ms = at.map(|at| at.millis() + model.skew_ms);
    if at.is_some() {
        model.unkept.remove(key);
        // Kept by now: what was said of it is no longer true.
        let said = direct::before_recording(model);
        model.notice = model.notice.take().filter(|notice| !notice.words.contains(&said));
    } else if model.drafts.get(key).is_some_and(Option::is_some) {
        model.unkept.insert(key.to_owned());
        model.draft_due_ms.get_or_insert(model.moment.mono_ms + AGAIN_MS);
    }
    if key_of_box(model).as_deref() == Some(key) {
        writing::feed(model, WriteInput::DraftKept(at_ms));
    }
}

/// Whether a box is open whose words another process of this home has open, too.
pub fn is_elsewhere(model: &Model, editor: &WriteBox) -> bool {
    let key = editor.incident().map(|id| key_of(id, editor.purpose()));
    model.snapshot.drafts.iter().any(|draft| draft.held == Held::Elsewhere && Some(&draft.key) == key.as_ref())
}
