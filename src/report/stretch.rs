//! Stretches of time: put together, cut with each other, taken from each other. Each is from when until when, the second not before the first.

use crate::domain::Incident;
use crate::domain::Priority;
use crate::domain::Timestamp;
use crate::report::Moved;

/// From when until when.
pub type Stretch = (Timestamp, Timestamp);

/// Those in order, what overlaps or touches made one.
pub fn joined(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort();
    let mut whole: Vec<Stretch> = Vec::new();
    for (from, until) in stretches {
        match whole.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => whole.push((from, until)),
        }
    }
    whole
}

/// What lies in both; each list is in order.
pub fn common(one: &[Stretch], other: &[Stretch]) -> Vec<Stretch> {
    let overlap = |a: &Stretch, b: &Stretch| (a.0.max(b.0), a.1.min(b.1));
    let both = one.iter().flat_map(|a| other.iter().map(move |b| overlap(a, b)));
    both.filter(|(from, until)| from < until).collect()
}

/// What of `stretches` lies in none of `taken`, which is in order and does not overlap.
pub fn without(stretches: &[Stretch], taken: &[Stretch]) -> Vec<Stretch> {
    let mut left = Vec::new();
    for (from, until) in stretches {
        let mut start = *from;
        for (begins, ends) in taken.iter().filter(|(begins, ends)| begins < until && ends > from) {
            left.push((start, *begins));
            start = start.max(*ends);
        }
        left.push((start, *until));
    }
    left.retain(|(from, until)| from < until);
    left
}

/// When people worked on an incident, up to `now`.
pub fn open(incident: &Incident, now: Timestamp) -> Vec<Stretch> {
    let phases = incident.phases().into_iter().filter(|phase| phase.status.is_open());
    joined(phases.map(|phase| (phase.from, phase.until.unwrap_or(now).max(phase.from))).collect())
}

/// When somebody had command, up to `now`.
pub fn commanded(incident: &Incident, now: Timestamp) -> Vec<Stretch> {
    let held = incident.holdings().filter(|(role, ..)| role.is_commander());
    joined(held.map(|(_, holding, until)| (holding.since, until.unwrap_or(now).max(holding.since))).collect())
}

/// The priority, from when until when, up to `now`.
pub fn rated(moves: &[Moved], now: Timestamp) -> Vec<(Option<Priority>, Stretch)> {
    let ends = moves.iter().skip(1).map(|next| next.at).chain([now]);
    moves.iter().zip(ends).map(|(step, until)| (step.priority, (step.at, until.max(step.at)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(seconds: &[(i64, i64)]) -> Vec<Stretch> {
        seconds.iter().map(|(from, until)| (Timestamp::from_millis(*from), Timestamp::from_millis(*until))).collect()
    }

    #[test]
    fn stretches_are_joined_cut_and_taken_away() {
        assert_eq!(joined(stretches(&[(5, 9), (0, 3), (3, 4), (8, 12)])), stretches(&[(0, 4), (5, 12)]));
        assert_eq!(common(&stretches(&[(0, 5), (8, 12)]), &stretches(&[(3, 9), (11, 20)])), stretches(&[(3, 5), (8, 9), (11, 12)]));
        assert_eq!(without(&stretches(&[(0, 10), (20, 30)]), &stretches(&[(2, 4), (6, 22)])), stretches(&[(0, 2), (4, 6), (22, 30)]));
        assert_eq!(without(&stretches(&[(0, 10)]), &stretches(&[(0, 10)])), []);
        assert_eq!(without(&stretches(&[(0, 10)]), &[]), stretches(&[(0, 10)]));
    }
}
