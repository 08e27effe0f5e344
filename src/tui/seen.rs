//! What a person saw of each incident, and what is new when they come back: after the link was gone, the program closed or
//! suspended, or nobody was there.

use std::sync::Arc;

use crate::domain::Entry;
use crate::domain::Header;
use crate::replica::snapshot::Link;
use crate::replica::snapshot::Snapshot;
use crate::tui::callouts;
use crate::tui::model::Model;
use crate::tui::panes::timeline::news::News;
use crate::tui::panes::timeline::news::Seen;
use crate::tui::panes::timeline::news::Stage;

/// Nobody looks at a screen for so long without a key.
const AWAY_MS: i64 = 5 * 60_000;

/// Something came, or an incident came to hand: what is new since it was last seen is marked, if that was a while ago.
pub fn arrived(model: &mut Model) {
    let Some(incident) = model.current().map(Arc::clone).filter(|_| model.timeline.follows()) else { return };
    let is_opening = !std::mem::replace(&mut model.timeline.is_opened, true);
    let seen = match &model.timeline.news {
        // More came before anybody answered.
        Some(news) if news.is_greeting() => Some(news.seen.clone()),
        Some(_) => None,
        None => model.seen.get(&incident.id).filter(|seen| is_opening || model.now().since_ms(seen.at) >= AWAY_MS).cloned(),
    };
    let me = model.me().clone();
    if let Some(news) = seen.and_then(|seen| News::since(&seen, &incident, &me)) {
        model.timeline.news = Some(news);
    }
}

/// What I did myself is no news to me, wherever I did it; what others did in the same incident before stays marked.
pub fn own(model: &mut Model, before: &Snapshot) {
    let (me, now, matrix) = (model.me(), model.now(), &model.org().matrix);
    let is_mine = |entry: &Entry| *entry.by() == *me || entry.recorded_by.as_ref() == Some(me);
    let rated = |header: &Arc<Header>| (Arc::clone(header), header.rate(matrix, now).priority);
    let mut mine = Vec::new();
    for incident in model.board().iter() {
        let (old, was) = (before.board.get(incident.id), before.headers.get(&incident.id));
        let is_new = match old {
            Some(old) if Arc::ptr_eq(old, incident) => false,
            Some(old) => {
                let added = incident.timeline.added_since(&old.timeline);
                !added.is_empty() && added.into_iter().all(is_mine)
            }
            None => was.is_none() && incident.timeline.iter().all(is_mine),
        };
        let was_seen = was.map(rated).is_none_or(|(was, priority)| model.incidents.is_seen(&was, priority));
        mine.extend(model.header(incident.id).filter(|_| is_new && was_seen).map(rated));
    }
    for (header, priority) in mine {
        model.incidents.see(&header, priority);
    }
}

/// A key was pressed: whoever follows a live timeline has seen it up to now, and whoever answered what is new has seen that.
pub fn looked(model: &mut Model) {
    let Some(incident) = model.current().map(Arc::clone) else { return };
    let is_answered = match &mut model.timeline.news {
        Some(news) if news.stage == Stage::Answered => {
            news.stage = Stage::Noted;
            true
        }
        Some(news) if news.stage == Stage::Done => {
            model.timeline.news = None;
            true
        }
        _ => false,
    };
    let is_current = matches!(model.snapshot.link, Link::Live { .. } | Link::Alone | Link::Elsewhere);
    if !is_answered && (!is_current || !model.timeline.follows()) {
        return;
    }
    if !is_answered {
        // One who scrolled for long and comes back to the newest entry is told what came meanwhile.
        arrived(model);
    }
    callouts::heard(model, incident.id);
    model.seen.insert(incident.id, Seen::of(&incident, model.now()));
}
