//! Folding tasks, entries and alerts.

use crate::domain::Alert;
use crate::domain::Body;
use crate::domain::Conflict;
use crate::domain::EntryAdded;
use crate::domain::EntryAmended;
use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::More;
use crate::domain::Revision;
use crate::domain::Strike;
use crate::domain::Task;
use crate::domain::apply::Step;
use crate::domain::apply::because;
use crate::domain::incident::ENTRY;
use std::sync::Arc;

impl Incident {
    pub(super) fn apply_work(&mut self, step: &Step<'_>, body: &Body) {
        let event = step.event;
        match body {
            Body::TaskGiven(given) => {
                self.tasks.push(Task {
                    id: event.id,
                    person: given.person.clone(),
                    given_by: event.by.clone(),
                    text: given.text.clone(),
                    given_at: event.at,
                    due_at: given.due_at,
                    understood_at: None,
                    done_at: None,
                    result: String::new(),
                    withdrawn_at: None,
                    state: step.state,
                });
                self.line(step, EntryKind::Task, format!("for {}: {}", given.person, given.text));
            }
            Body::TaskUnderstood(answer) => {
                self.answer_task(step, answer.task, "understood", "", |task| task.understood_at = task.understood_at.or(Some(event.at)));
            }
            Body::TaskDone(answer) => {
                self.answer_task(step, answer.task, "done", &answer.result, |task| {
                    task.done_at = task.done_at.or(Some(event.at));
                    task.result = answer.result.clone();
                });
            }
            Body::TaskWithdrawn(answer) => {
                self.answer_task(step, answer.task, "withdrawn", &answer.reason, |task| task.withdrawn_at = Some(event.at));
            }
            Body::EntryAdded(added) => self.add_entry(step, added),
            Body::EntryAmended(amended) => self.amend_entry(step, amended),
            Body::EntryRetracted(retracted) => {
                let strike = Strike {
                    event: event.id,
                    by: event.by.clone(),
                    at: event.at,
                    reason: retracted.reason.clone(),
                    moved_to: retracted.moved_to,
                    state: step.state,
                };
                self.timeline.update(retracted.entry, |entry| entry.struck = entry.struck.take().or(Some(Box::new(strike))));
            }
            Body::AlertFired(fired) => {
                let changed = Alert {
                    key: fired.key.clone(),
                    source: fired.source.clone(),
                    title: fired.title.clone(),
                    summary: fired.summary.clone(),
                    labels: fired.labels.clone(),
                    severity: fired.severity,
                    firing: true,
                    starts_at: fired.starts_at.unwrap_or(event.at),
                    ends_at: None,
                    url: fired.url.clone(),
                    times: 1,
                    earlier: Vec::new(),
                };
                let known = self.alerts.iter_mut().find(|alert| alert.key == fired.key && alert.source == fired.source);
                let word = match known {
                    Some(alert) => {
                        let again = !alert.firing;
                        let mut earlier = std::mem::take(&mut alert.earlier);
                        earlier.extend(alert.ends_at.filter(|_| again).map(|ended| (alert.starts_at, ended)));
                        *alert = Alert { times: alert.times + u32::from(again), earlier, ..changed };
                        if again { "firing again" } else { "still firing, changed" }
                    }
                    None => {
                        self.alerts.push(changed);
                        "firing"
                    }
                };
                let summary = if fired.summary.is_empty() { String::new() } else { format!(" · {}", fired.summary) };
                self.line(step, EntryKind::Alert, format!("{} {word}{summary}", fired.title));
            }
            Body::AlertResolved(resolved) => {
                let known = self.alerts.iter_mut().find(|alert| alert.key == resolved.key && alert.source == resolved.source);
                if let Some(alert) = known {
                    alert.firing = false;
                    alert.ends_at = resolved.ends_at.or(Some(event.at));
                    let said = format!("{} resolved", alert.title);
                    self.line(step, EntryKind::Alert, said);
                }
            }
            Body::AlertUnreadable(unreadable) => {
                let said = format!(
                    "alert from {} could not be read ({}); {} bytes kept, SHA-256 {}: {}",
                    unreadable.source, unreadable.why, unreadable.size_bytes, unreadable.sha256, unreadable.beginning
                );
                self.line(step, EntryKind::Alert, said);
            }
            Body::EventRedacted(redacted) => self.line(step, EntryKind::Incident, redacted.words()),
            Body::Unknown { kind } => self.line(step, EntryKind::Unknown, format!("{kind}: written by a newer warroom; update to read it")),
            _ => {}
        }
    }

    fn answer_task(&mut self, step: &Step<'_>, id: EventId, word: &str, words: &str, change: impl FnOnce(&mut Task)) {
        let Some(task) = self.tasks.iter_mut().find(|task| task.id == id) else { return };
        change(task);
        task.state = step.state;
        let said = because(format!("{} {word}: {}", task.person, task.text), words);
        self.line(step, EntryKind::Task, said);
    }

    fn add_entry(&mut self, step: &Step<'_>, added: &EntryAdded) {
        let entry = self.entry(step, added.kind.kind(), &added.text);
        let more = More {
            outcome: added.outcome,
            audience: added.audience.as_deref().map(Arc::from),
            components: if added.components.is_empty() { Arc::default() } else { added.components.as_slice().into() },
            reply_to: added.reply_to,
            moved_from: added.moved_from,
            ..More::clone(&entry)
        };
        self.put_line(entry.with(more));
    }

    fn amend_entry(&mut self, step: &Step<'_>, amended: &EntryAmended) {
        let event = step.event;
        let mut crossed = None;
        self.timeline.update(amended.entry, |entry| {
            let author_of_version = entry.history.last().map_or_else(|| entry.by().clone(), |revision| revision.by.clone());
            let version = entry.version();
            let conflict = event.replaces.is_some_and(|seen| seen != version) && author_of_version != event.by;
            if conflict {
                crossed = Some((version, author_of_version, entry.text.to_string()));
            }
            let revision = Revision {
                text: entry.text.clone(),
                kind: entry.kind,
                at: entry.at,
                amendment: event.id,
                amended_at: event.at,
                by: event.by.clone(),
                reason: Arc::from(amended.reason.as_str()),
                state: step.state,
                conflict,
                merges: amended.merges.is_some(),
            };
            entry.history.push(revision);
            entry.conflict |= conflict;
            if let Some(text) = &amended.text {
                entry.text = text.as_str().into();
            }
            entry.kind = amended.kind.map_or(entry.kind, |kind| kind.kind());
            entry.outcome = amended.outcome.or(entry.outcome);
            entry.audience = amended.audience.as_deref().map(Arc::from).or_else(|| entry.audience.clone());
            entry.at = amended.happened_at.unwrap_or(entry.at);
        });
        if let Some((loser, loser_by, lost)) = crossed {
            self.conflicts.push(Conflict {
                field: ENTRY.into(),
                winner: event.id,
                winner_by: event.by.clone(),
                stands: amended.text.clone().unwrap_or_default(),
                loser,
                loser_by,
                lost,
                at: event.at,
            });
        }
        if let Some(merged) = amended.merges {
            self.conflicts.retain(|conflict| conflict.field != ENTRY || conflict.loser != merged);
            let is_crossed = self.timeline.find(amended.entry).is_some_and(|entry| self.crossing(entry).is_some());
            self.timeline.update(amended.entry, |entry| entry.conflict = is_crossed);
        }
    }
}
