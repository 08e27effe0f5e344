//! What a person saw of each incident, and what is new when they come back: after the link was gone, the program closed or
//! suspended, or nobody was there.

use std::sync::Arc;

use crate::replica::snapshot::Link;
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
