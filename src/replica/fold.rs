//! Folding what waits on top of what the log holds.

use crate::domain::Board;
use crate::domain::Body;
use crate::domain::EntryState;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::replica::outbox::Outbox;
use crate::replica::outbox::Waiting;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Folds one event of the outbox in. Of what the server refused, entries and declarations stay visible, marked; the rest did not happen.
pub(super) fn fold_waiting(board: &mut Board, row: &Waiting) {
    let event = &row.event;
    if !row.state.is_parked() {
        board.apply(event, None);
        return;
    }
    let declares = matches!(event.body, Body::IncidentDeclared(_));
    if !declares && !matches!(event.body, Body::EntryAdded(_)) {
        return;
    }
    board.apply(event, None);
    let Some(shared) = board.get(event.incident).cloned() else { return };
    board.forget(event.incident);
    let mut incident = Arc::unwrap_or_clone(shared);
    if declares {
        incident.state = EntryState::Refused;
    }
    incident.timeline.update(event.id, |entry| entry.state = EntryState::Refused);
    board.put(Arc::new(incident));
}

/// Sets the touched incidents of `view` to those of `base` with the outbox on top; events in `gone` no longer wait.
pub(super) fn rebase(base: &Board, outbox: &Outbox, gone: &BTreeSet<EventId>, touched: &BTreeSet<IncidentId>, view: &mut Board) {
    for id in touched {
        match base.get(*id) {
            Some(incident) => view.put(incident.clone()),
            None => view.forget(*id),
        }
    }
    if touched.contains(&IncidentId::ORG) {
        view.org = base.org.clone();
    }
    for row in touched.iter().flat_map(|id| outbox.of(*id)).filter(|row| !gone.contains(&row.event.id)) {
        fold_waiting(view, row);
    }
}
