//! `/v1/presence`: who is there, in memory only. What is broadcast is the state itself, so a slow reader misses steps and never the end of them.

use crate::domain::DeviceId;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::server::body;
use crate::server::clock;
use crate::server::failure::Failure;
use crate::server::rate::Bucket;
use crate::server::state::Caller;
use crate::server::state::Shared;
use crate::wire::PRESENCE_LASTS_SECONDS;
use crate::wire::PresenceOf;
use crate::wire::PresenceReport;
use crate::wire::Problem;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Instant;
use tokio::sync::watch;

/// What the route takes: a report is a tenth of it.
const REPORT_MAX_BYTES: usize = 1024;
/// How far a last key moves before it is told again.
const KEY_TOLD_EVERY_MS: i64 = 30_000;
const LASTS_MS: i64 = PRESENCE_LASTS_SECONDS as i64 * 1_000;
/// How long it is remembered who left.
const LEFT_KEPT_MS: i64 = 24 * 3_600_000;
/// Devices of one person; the one that was silent for longest makes room.
const DEVICES_MAX: usize = 8;
/// Reports of one person at once, and in the long run each second.
const REPORTS: (u32, u32) = (1, 10);

/// Say that you are there: which incident you have in hand and how long ago you pressed a key. Kept in memory, for two and a half minutes.
#[utoipa::path(post, path = "/v1/presence", tag = "log", request_body = PresenceReport,
    responses((status = 204, description = "Passed on to the streams"), (status = 400, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn report(
    State(app): Shared,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Failure> {
    let (report, _) = body::json_within(&app, &headers, body, REPORT_MAX_BYTES).await?;
    app.presence.report(&caller.token.person, &report, clock::now()).map_err(|seconds| {
        Failure::later(StatusCode::TOO_MANY_REQUESTS, "rate", "presence is told too often; once in fifteen seconds is enough", seconds)
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everyone who reported lately.
pub(super) struct Presence {
    state: Mutex<Roll>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Roll {
    /// Rises with every change that is told.
    version: u64,
    /// Rises with every stream that names a device.
    streams: u64,
    people: BTreeMap<Person, Someone>,
}

struct Someone {
    reports: Bucket,
    devices: BTreeMap<DeviceId, Device>,
    /// The newest stream of each device.
    streams: BTreeMap<DeviceId, u64>,
    /// What is told of them, and since which version; nothing before their first report.
    told: Option<(PresenceOf, u64)>,
}

struct Device {
    report: PresenceReport,
    last_key_at: Timestamp,
    reported_at: Timestamp,
}

impl Presence {
    pub(super) fn new() -> Self {
        Self { state: Mutex::default(), changed: watch::Sender::new(0) }
    }

    /// To wait for changes.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Takes a report; else says after how many seconds the next one is welcome.
    pub(super) fn report(&self, person: &Person, report: &PresenceReport, now: Timestamp) -> Result<(), u64> {
        let mut roll = self.roll();
        let someone = roll.someone(person);
        someone.reports.take(Instant::now())?;
        let age_ms = i64::try_from(report.key_age_ms).unwrap_or(i64::MAX).min(LEFT_KEPT_MS);
        let device = Device { report: report.clone(), last_key_at: now.plus_ms(-age_ms), reported_at: now };
        someone.devices.insert(report.device, device);
        if someone.devices.len() > DEVICES_MAX
            && let Some(silent) = someone.devices.iter().min_by_key(|(_, device)| device.reported_at).map(|(id, _)| *id)
        {
            someone.devices.remove(&silent);
        }
        self.tell(&mut roll, person, now);
        Ok(())
    }

    /// A stream of this device begins; its number goes to `closed`.
    pub(super) fn opened(&self, person: &Person, device: DeviceId) -> u64 {
        let mut roll = self.roll();
        roll.streams += 1;
        let number = roll.streams;
        let streams = &mut roll.someone(person).streams;
        if streams.len() >= DEVICES_MAX
            && let Some(oldest) = streams.iter().min_by_key(|(_, number)| **number).map(|(id, _)| *id)
        {
            streams.remove(&oldest);
        }
        streams.insert(device, number);
        number
    }

    /// A stream of this device ended. One that was replaced by a newer stream says nothing about the person.
    pub(super) fn closed(&self, person: &Person, device: DeviceId, number: u64, now: Timestamp) {
        let mut roll = self.roll();
        let someone = roll.someone(person);
        if someone.streams.get(&device) == Some(&number) {
            someone.streams.remove(&device);
            someone.devices.remove(&device);
            self.tell(&mut roll, person, now);
        }
    }

    /// Lets go of devices that fell silent, and of people who left long ago.
    pub(super) fn expire(&self, now: Timestamp) {
        let mut roll = self.roll();
        let mut gone: Vec<(Person, Timestamp)> = Vec::new();
        for (person, someone) in &mut roll.people {
            let heard_at = someone.devices.values().map(|device| device.reported_at).max();
            someone.devices.retain(|_, device| now.since_ms(device.reported_at) < LASTS_MS);
            // What was last heard is the last that is known.
            gone.extend(heard_at.filter(|_| someone.devices.is_empty()).map(|heard_at| (person.clone(), heard_at)));
        }
        for (person, heard_at) in gone {
            self.tell(&mut roll, &person, heard_at);
        }
        roll.people.retain(|_, someone| {
            let left_at = someone.told.as_ref().map_or(Some(Timestamp::from_millis(0)), |(told, _)| told.left_at);
            let is_over = left_at.is_some_and(|left_at| now.since_ms(left_at) > LEFT_KEPT_MS);
            !(is_over && someone.streams.is_empty() && someone.devices.is_empty())
        });
    }

    /// Whose presence changed after a version, and the version it leads to.
    pub(super) fn news(&self, after: u64) -> (Vec<PresenceOf>, u64) {
        let roll = self.roll();
        let told = roll.people.values().filter_map(|someone| someone.told.as_ref());
        (told.filter(|(_, version)| *version > after).map(|(told, _)| told.clone()).collect(), roll.version)
    }

    fn roll(&self) -> MutexGuard<'_, Roll> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings what is told of a person up to their devices, if that is worth telling.
    fn tell(&self, roll: &mut Roll, person: &Person, now: Timestamp) {
        let version = roll.version + 1;
        let Some(someone) = roll.people.get_mut(person) else { return };
        let last = someone.devices.values().max_by_key(|device| device.last_key_at);
        let new = match (last, &someone.told) {
            (Some(device), _) => PresenceOf {
                person: person.clone(),
                last_key_at: device.last_key_at,
                incident: device.report.incident,
                writing: device.report.writing,
                left_at: None,
            },
            (None, Some((told, _))) => PresenceOf { left_at: Some(now), writing: false, ..told.clone() },
            (None, None) => return,
        };
        if let Some((told, _)) = &someone.told {
            let is_same = PresenceOf { last_key_at: told.last_key_at, ..new.clone() } == *told;
            // It goes back as well: the machine that was touched last may be the one that left.
            if is_same && new.last_key_at.since_ms(told.last_key_at).abs() < KEY_TOLD_EVERY_MS {
                return;
            }
        }
        someone.told = Some((new, version));
        roll.version = version;
        self.changed.send_replace(version);
    }
}

impl Roll {
    fn someone(&mut self, person: &Person) -> &mut Someone {
        self.people.entry(person.clone()).or_insert_with(|| Someone {
            reports: Bucket::new(REPORTS.0, REPORTS.1),
            devices: BTreeMap::new(),
            streams: BTreeMap::new(),
            told: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn report(device: u128, age_s: u64, writing: bool) -> PresenceReport {
        PresenceReport { device: DeviceId(Uuid::from_u128(device)), incident: None, key_age_ms: age_s * 1_000, writing }
    }

    fn told(presence: &Presence, after: u64) -> (Vec<PresenceOf>, u64) {
        presence.news(after)
    }

    #[test]
    fn what_is_told_follows_the_hands_and_not_every_key() {
        let (presence, ana, at) = (Presence::new(), Person::new("ana"), |s: i64| Timestamp::from_millis(10_000_000 + s * 1_000));
        presence.report(&ana, &report(1, 5, false), at(0)).unwrap();
        let (people, first) = told(&presence, 0);
        assert_eq!((people[0].last_key_at, people[0].left_at), (at(-5), None));
        presence.report(&ana, &report(1, 0, false), at(15)).unwrap();
        assert_eq!(told(&presence, first), (vec![], first), "a few seconds are not news");
        presence.report(&ana, &report(2, 60, true), at(16)).unwrap();
        assert_eq!(told(&presence, first).0, vec![], "another machine, touched longer ago");
        presence.report(&ana, &report(1, 0, true), at(17)).unwrap();
        let (people, second) = told(&presence, first);
        assert_eq!((people[0].writing, people.len()), (true, 1));
        presence.report(&ana, &report(1, 0, true), at(60)).unwrap();
        assert_eq!(told(&presence, second).0[0].last_key_at, at(60));
    }

    #[test]
    fn who_left_is_told_once_the_last_machine_is_gone() {
        let (presence, ana, at) = (Presence::new(), Person::new("ana"), |s: i64| Timestamp::from_millis(10_000_000 + s * 1_000));
        let device = DeviceId(Uuid::from_u128(1));
        let old = presence.opened(&ana, device);
        let new = presence.opened(&ana, device);
        presence.report(&ana, &report(1, 0, true), at(0)).unwrap();
        presence.report(&ana, &report(2, 9, false), at(0)).unwrap();
        presence.closed(&ana, device, old, at(10));
        assert!(told(&presence, 0).0[0].writing, "its newer stream is open");
        presence.closed(&ana, device, new, at(20));
        let seen = told(&presence, 0).0.remove(0);
        assert_eq!((seen.left_at, seen.last_key_at), (None, at(-9)), "the other machine is still there");
        presence.expire(at(149));
        assert_eq!(told(&presence, 0).0[0].left_at, None);
        presence.expire(at(151));
        assert_eq!(told(&presence, 0).0[0].left_at, Some(at(0)), "when it was last heard");
        presence.expire(at(0).plus_ms(LEFT_KEPT_MS + 1));
        assert!(told(&presence, 0).0.is_empty());
    }

    #[test]
    fn one_person_reports_only_so_often_and_from_so_many_machines() {
        let (presence, ana, now) = (Presence::new(), Person::new("ana"), Timestamp::from_millis(10_000_000));
        let done: Vec<_> = (0..12).map(|n| presence.report(&ana, &report(n, 0, false), now)).collect();
        assert_eq!((done.iter().filter(|done| done.is_ok()).count(), done[11]), (10, Err(1)));
        assert_eq!(presence.roll().people[&ana].devices.len(), DEVICES_MAX);
    }
}
