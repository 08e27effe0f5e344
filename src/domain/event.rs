//! What happened: the one thing that is ever written down. Field order and names are frozen by golden vectors in `ledger`.

use crate::domain::Code;
use crate::domain::DeviceId;
use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Matrix;
use crate::domain::Outcome;
use crate::domain::Person;
use crate::domain::PersonDefinition;
use crate::domain::Priority;
use crate::domain::RoleDefinition;
use crate::domain::RoleId;
use crate::domain::ServiceDefinition;
use crate::domain::Severity;
use crate::domain::Status;
use crate::domain::Timestamp;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use std::collections::BTreeMap;

/// One thing that happened, as its author wrote it.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Made by the author; the same id means the same event, for ever.
    pub id: EventId,
    /// The incident it belongs to; on a declaration, the event's own id.
    pub incident: IncidentId,
    /// When it happened, by its author.
    pub at: Timestamp,
    /// Who did it.
    pub by: Person,
    /// The replica that wrote it.
    pub device: DeviceId,
    /// Orders the events of one device; gaps and repeats are legal.
    pub index: u64,
    /// Sixteen random bytes in hexadecimal, so that the hash of a redacted event cannot be guessed.
    pub salt: String,
    /// For what replaces a value: the event that set the value its author saw.
    pub replaces: Option<EventId>,
    /// What it says.
    pub body: Body,
}

/// What the server adds to an accepted event, as far as the domain needs it.
#[derive(Clone, PartialEq, Debug)]
pub struct Acceptance {
    /// Place in the log, from 1, without gaps.
    pub seq: u64,
    /// When the server took it.
    pub received_at: Timestamp,
    /// Who acted, from the token.
    pub person: Person,
    /// On a declaration: the incident's code.
    pub code: Option<Code>,
}

macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident = $kind:literal { $($(#[$field_attr:meta])* $field:ident : $type:ty),* $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
            pub struct $name {
                $($(#[$field_attr])* pub $field: $type),*
            }

            impl From<$name> for Body {
                fn from(data: $name) -> Self {
                    Self::$name(data)
                }
            }
        )+

        /// What an event says: its kind and its data.
        #[derive(Clone, PartialEq, Debug)]
        #[allow(clippy::large_enum_variant, reason = "events are decoded, folded and dropped, not kept in bulk")]
        pub enum Body {
            $($(#[$doc])* $name($name),)+
            /// A kind this program does not know: kept, hashed, relayed and shown, never judged.
            Unknown {
                /// The kind as written.
                kind: String,
            },
        }

        impl Body {
            /// Every kind this program knows.
            pub const KINDS: &'static [&'static str] = &[$($kind),+];

            /// The kind, a noun and a past participle.
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$name(_) => $kind,)+
                    Self::Unknown { kind } => kind,
                }
            }

            /// Reads the data of an event of this kind; unknown fields are passed over, an unknown kind is kept as such.
            ///
            /// # Errors
            /// When the data does not have the shape of a known kind.
            pub fn read<'de, D: Deserializer<'de>>(kind: &str, data: D) -> Result<Self, D::Error> {
                match kind {
                    $($kind => $name::deserialize(data).map(Self::$name),)+
                    other => Ok(Self::Unknown { kind: other.to_owned() }),
                }
            }
        }

        /// Writes the data alone; the kind stands beside it in the event.
        impl Serialize for Body {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$name(data) => data.serialize(to),)+
                    Self::Unknown { kind } => Err(serde::ser::Error::custom(format!("an event of the unknown kind `{kind}` is never written"))),
                }
            }
        }
    };
}

bodies! {
    /// An incident begins.
    IncidentDeclared = "incident.declared" {
        /// What it is, in one line.
        title: String,
        /// More about it.
        #[serde(default, skip_serializing_if = "String::is_empty")] summary: String,
        /// What it affects.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] services: Vec<String>,
        /// How bad, if it is known already.
        #[serde(default, skip_serializing_if = "Option::is_none")] severity: Option<Severity>,
        /// An exercise.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")] drill: bool,
        /// The alert group it came from.
        #[serde(default, skip_serializing_if = "Option::is_none")] source: Option<Source>,
        /// The earlier incident of the same source.
        #[serde(default, skip_serializing_if = "Option::is_none")] follows: Option<IncidentId>,
        /// Its code, as the author saw it.
        #[serde(default, skip_serializing_if = "String::is_empty")] follows_code: String,
        /// It is over, and told afterwards from what somebody kept of it.
        #[serde(default, skip_serializing_if = "Option::is_none")] retrospective: Option<Retrospective>,
    }
    /// Title, summary or services corrected; what is absent stays.
    IncidentEdited = "incident.edited" {
        #[serde(default, skip_serializing_if = "Option::is_none")] title: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")] summary: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")] services: Option<Vec<String>>,
    }
    /// It goes on as another incident.
    IncidentMerged = "incident.merged" {
        into: IncidentId,
        /// Its code, as the author saw it.
        into_code: String,
    }
    /// A merge is undone; it goes on by itself with this status.
    IncidentSplit = "incident.split" {
        from: IncidentId,
        /// Its code, as the author saw it.
        from_code: String,
        status: Status,
    }
    /// Another incident was merged into this one, or split from it again.
    IncidentLinked = "incident.linked" {
        relation: Relation,
        other: IncidentId,
        /// Its code, as the author saw it.
        other_code: String,
    }
    /// From now on only these people, and whoever holds one of these roles, see the incident; who was named before no longer counts.
    IncidentRestricted = "incident.restricted" {
        #[serde(default, skip_serializing_if = "Vec::is_empty")] people: Vec<Person>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")] roles: Vec<RoleId>,
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
    }
    /// Everyone sees the incident again.
    RestrictionLifted = "restriction.lifted" {
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
    }
    /// The status changed.
    StatusChanged = "status.changed" {
        status: Status,
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
    }
    /// The severity was set by one word.
    SeveritySet = "severity.set" {
        severity: Severity,
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
    }
    /// Dimensions of impact and urgency were scored; what is absent stays.
    ImpactAssessed = "impact.assessed" {
        scores: BTreeMap<String, Score>,
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
    }
    /// A person sets the priority against the matrix, or gives it back to the matrix.
    PriorityOverridden = "priority.overridden" {
        #[serde(default, skip_serializing_if = "Option::is_none")] priority: Option<Priority>,
        reason: String,
    }
    /// A person holds a role. For command: only a vacant one, and only for oneself.
    RoleAssigned = "role.assigned" {
        role: RoleId,
        person: Person,
        /// Held beside others; else whoever held it is relieved.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")] beside: bool,
    }
    /// A role given up, or taken from a person.
    RoleReleased = "role.released" {
        role: RoleId,
        person: Person,
    }
    /// Command offered with the briefing that was shown.
    RoleOffered = "role.offered" {
        role: RoleId,
        person: Person,
        #[serde(default, skip_serializing_if = "String::is_empty")] briefing: String,
    }
    /// The offer was taken back.
    RoleWithdrawn = "role.withdrawn" {
        offer: EventId,
    }
    /// The offer was accepted: from now on the role is theirs.
    RoleAccepted = "role.accepted" {
        offer: EventId,
    }
    /// The offer was declined.
    RoleDeclined = "role.declined" {
        offer: EventId,
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
    }
    /// Command taken from another, with a reason.
    RoleAssumed = "role.assumed" {
        role: RoleId,
        #[serde(default, skip_serializing_if = "Option::is_none")] from: Option<Person>,
        reason: String,
    }
    /// Whoever holds a role says that they know.
    RoleAcknowledged = "role.acknowledged" {
        role: RoleId,
    }
    /// Something to do, for a person, until a time.
    TaskGiven = "task.given" {
        person: Person,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")] due_at: Option<Timestamp>,
    }
    /// The person has understood it.
    TaskUnderstood = "task.understood" {
        task: EventId,
    }
    /// It is done.
    TaskDone = "task.done" {
        task: EventId,
        #[serde(default, skip_serializing_if = "String::is_empty")] result: String,
    }
    /// It is no longer asked for.
    TaskWithdrawn = "task.withdrawn" {
        task: EventId,
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
    }
    /// A line written by a person.
    EntryAdded = "entry.added" {
        kind: WrittenKind,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")] outcome: Option<Outcome>,
        /// To whom a communication went.
        #[serde(default, skip_serializing_if = "Option::is_none")] audience: Option<String>,
        /// What it is about.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] components: Vec<String>,
        /// The entry it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")] reply_to: Option<EventId>,
        /// Where it stood before it was moved here.
        #[serde(default, skip_serializing_if = "Option::is_none")] moved_from: Option<Place>,
    }
    /// An entry corrected; what is absent stays.
    EntryAmended = "entry.amended" {
        entry: EventId,
        #[serde(default, skip_serializing_if = "Option::is_none")] text: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")] kind: Option<WrittenKind>,
        #[serde(default, skip_serializing_if = "Option::is_none")] outcome: Option<Outcome>,
        #[serde(default, skip_serializing_if = "Option::is_none")] audience: Option<String>,
        /// The time at which it happened, corrected.
        #[serde(default, skip_serializing_if = "Option::is_none")] happened_at: Option<Timestamp>,
        /// The overtaken version that its author saw beside the one it replaces: the two no longer stand against each other.
        #[serde(default, skip_serializing_if = "Option::is_none")] merges: Option<EventId>,
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
    }
    /// An entry struck: it stays readable, marked.
    EntryRetracted = "entry.retracted" {
        entry: EventId,
        reason: String,
        /// Where it was moved to.
        #[serde(default, skip_serializing_if = "Option::is_none")] moved_to: Option<Place>,
    }
    /// An alert fires, or changed while firing.
    AlertFired = "alert.fired" {
        /// What tells this alert from others of its source: Alertmanager's fingerprint, a sender's key.
        key: String,
        source: String,
        title: String,
        #[serde(default, skip_serializing_if = "String::is_empty")] summary: String,
        #[serde(default, skip_serializing_if = "Option::is_none")] severity: Option<Severity>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")] labels: BTreeMap<String, String>,
        #[serde(default, skip_serializing_if = "Option::is_none")] starts_at: Option<Timestamp>,
        /// Where the sender shows it.
        #[serde(default, skip_serializing_if = "String::is_empty")] url: String,
    }
    /// An alert no longer fires. The incident goes on: only people end it.
    AlertResolved = "alert.resolved" {
        key: String,
        source: String,
        #[serde(default, skip_serializing_if = "Option::is_none")] ends_at: Option<Timestamp>,
    }
    /// An authentic body that could not be understood: kept whole by the server, its beginning shown.
    AlertUnreadable = "alert.unreadable" {
        source: String,
        why: String,
        sha256: String,
        size_bytes: u64,
        beginning: String,
    }
    /// The words of an event were deleted; what it did to the incident stays.
    EventRedacted = "event.redacted" {
        /// Which.
        event: EventId,
        /// Its place in the log.
        seq: u64,
        reason: String,
        /// The bytes of the event without its words: what folds in its place.
        stub: String,
    }
    /// The server signs with another key from now on; in the reserved stream, written by the server alone.
    KeyReplaced = "key.replaced" {
        /// A note in which the old key signs the new one.
        note: String,
    }
    /// The organisation's settings, in the reserved stream; what is absent stays.
    SettingsPublished = "settings.published" {
        #[serde(default, skip_serializing_if = "Option::is_none")] matrix: Option<Matrix>,
        #[serde(default, skip_serializing_if = "Option::is_none")] roles: Option<Vec<RoleDefinition>>,
        #[serde(default, skip_serializing_if = "Option::is_none")] services: Option<Vec<ServiceDefinition>>,
        #[serde(default, skip_serializing_if = "Option::is_none")] people: Option<Vec<PersonDefinition>>,
    }
}

impl IncidentDeclared {
    /// A title and nothing else.
    pub fn titled(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            summary: String::new(),
            services: Vec::new(),
            severity: None,
            drill: false,
            source: None,
            follows: None,
            follows_code: String::new(),
            retrospective: None,
        }
    }
}

impl EntryAdded {
    /// A line of words and nothing else.
    pub fn plain(kind: WrittenKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), outcome: None, audience: None, components: Vec::new(), reply_to: None, moved_from: None }
    }
}

/// Where an alert-born incident came from: one open incident per source and group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Source {
    /// `alertmanager`, `generic`, …
    pub integration: String,
    /// The group's key, as the integration names it.
    pub group: String,
}

/// Where a past incident is told from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Retrospective {
    /// What kind of record: `servicenow-csv`, `markdown`, `json`.
    pub source: String,
    /// What the incident is called there: a ticket's number, a file's name, a code.
    pub number: String,
}

impl std::fmt::Display for Retrospective {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.source, self.number)
    }
}

/// What another incident is to this one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// The other was merged into this one.
    Absorbed,
    /// The other goes on by itself again.
    Released,
}

/// An entry in an incident.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The incident.
    pub incident: IncidentId,
    /// The entry in it.
    pub entry: EventId,
}

/// One dimension as a person scored it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Score {
    /// The level, or `None` to make it unknown again.
    #[serde(default)]
    pub level: Option<u8>,
    /// For a dimension in money: the amount in whole US dollars, where it is known better than by level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_usd: Option<u64>,
}

/// One of the nine kinds a person writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(transparent)]
pub struct WrittenKind(EntryKind);

impl WrittenKind {
    /// The kind, if a person may write it.
    pub fn new(kind: EntryKind) -> Option<Self> {
        kind.is_written().then_some(Self(kind))
    }

    /// The kind.
    pub fn kind(self) -> EntryKind {
        self.0
    }
}

impl<'de> Deserialize<'de> for WrittenKind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let kind = EntryKind::deserialize(from)?;
        Self::new(kind).ok_or_else(|| serde::de::Error::custom(format!("`{kind}` is not a kind of entry that is written")))
    }
}
