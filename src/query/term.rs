//! What one term asks of an incident or an entry.

use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::EntryState;
use crate::domain::Outcome;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::Status;
use crate::domain::Timestamp;
use crate::query::About;
use crate::query::Listed;
use crate::query::Narrow;
use crate::query::fold;
use crate::query::words::Written;

/// A term: how it was typed, and what it asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub written: Written,
    pub test: Test,
}

/// What is asked. Several values stand for each other.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    Word(String),
    Priority(Vec<Rated>),
    Status(Vec<Status>),
    Is(Vec<Is>),
    /// What an incident affects, or an entry is about.
    Service(Vec<String>),
    By(Vec<Whom>),
    Commander(Vec<Whom>),
    Role(Vec<RoleId>),
    Kind(Vec<EntryKind>),
    To(Vec<String>),
    Outcome(Vec<Outcome>),
    Since(Timestamp),
    Until(Timestamp),
    Code(Vec<CodeIs>),
}

/// A priority that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rated {
    Unknown,
    Between(u8, u8),
}

/// A person who is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    Nobody,
    Exactly(Person),
    /// The folded first letters.
    Like(String),
}

/// A code that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeIs {
    Between(u32, u32),
    /// `NEW-7K2QD`, or its first letters.
    Provisional(String),
}

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident $word:literal $about:ident),+ $(,)?) => {
        /// What `is:` asks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Is {
            $($(#[$doc])* $name),+
        }

        impl Is {
            /// Every fact.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// Whether it can be true of these.
            pub fn is_about(self, about: About) -> bool {
                // What was looked at is known where lists are, not where words are searched.
                let is_known = about != About::Everything || !matches!(self, Self::New | Self::Quiet);
                is_known && match self { $(Self::$name => $about.is_none_or(|only| about == About::Everything || only == about)),+ }
            }
        }
    };
}

const BOTH: Option<About> = None;
const INCIDENTS: Option<About> = Some(About::Incidents);
const ENTRIES: Option<About> = Some(About::Entries);

facts! {
    Open "open" INCIDENTS,
    Closed "closed" INCIDENTS,
    /// Not all of it was accepted by the server.
    Unsent "unsent" BOTH,
    /// Not looked at yet.
    New "new" BOTH,
    /// I hold something in it, or wrote it.
    Mine "mine" BOTH,
    Drill "drill" INCIDENTS,
    /// Told afterwards.
    Past "past" INCIDENTS,
    /// Only some may see it.
    Restricted "restricted" INCIDENTS,
    /// A P1 in which nobody writes.
    Quiet "quiet" INCIDENTS,
    /// Open, and nobody has command.
    Vacant "vacant" INCIDENTS,
    /// Command is offered.
    Offered "offered" INCIDENTS,
    /// A task is past its time.
    Overdue "overdue" INCIDENTS,
    /// An alert fires.
    Firing "firing" INCIDENTS,
    /// A person wrote it, in contrast to lines drawn from other events.
    Written "written" ENTRIES,
    Amended "amended" ENTRIES,
    Struck "struck" ENTRIES,
    /// It answers another.
    Reply "reply" ENTRIES,
    /// Two people changed it without having seen each other's change.
    Crossed "crossed" ENTRIES,
    Refused "refused" ENTRIES,
}

impl Term {
    /// The folded word it looks for, unless what fits is what does not have it.
    pub fn word(&self) -> Option<&str> {
        match &self.test {
            Test::Word(word) if !self.written.is_not => Some(word),
            _ => None,
        }
    }

    /// What it asks of an entry, where an index can know that.
    pub fn narrowed(&self) -> Option<Narrow> {
        match &self.test {
            _ if self.written.is_not => None,
            Test::Kind(kinds) => Some(Narrow::Kind(kinds.clone())),
            Test::By(people) => people.iter().map(Whom::begins).collect::<Option<Vec<_>>>().map(Narrow::By),
            Test::Since(at) => Some(Narrow::Since(*at)),
            Test::Until(at) => Some(Narrow::Until(*at)),
            _ => None,
        }
    }

    /// Whether it lets no closed incident through.
    pub fn is_only_open(&self) -> bool {
        let is_open = |is: &Is| matches!(is, Is::Open | Is::Quiet | Is::Vacant);
        matches!(&self.test, Test::Is(facts) if !self.written.is_not && facts.iter().all(is_open))
    }

    /// Whether it names what only closed incidents can be.
    pub fn asks_for_closed(&self) -> bool {
        match &self.test {
            Test::Is(facts) => !self.written.is_not && (facts.contains(&Is::Closed) || facts.contains(&Is::Past)),
            Test::Status(statuses) => !self.written.is_not && statuses.iter().any(|status| !status.is_open()),
            _ => false,
        }
    }

    /// Whether time alone changes what fits.
    pub fn moves_with_time(&self) -> bool {
        let moves = |is: &Is| matches!(is, Is::Quiet | Is::Overdue);
        match &self.test {
            Test::Since(_) | Test::Until(_) => true,
            Test::Is(facts) => facts.iter().any(moves),
            _ => false,
        }
    }

    /// Whether an incident fits it. What asks about entries lets every incident through.
    pub fn fits_incident(&self, listed: &Listed<'_>, me: Option<&Person>, now: Timestamp) -> bool {
        let header = listed.header;
        let fits = match &self.test {
            Test::Word(word) => in_incident(listed, word),
            Test::Priority(asked) => {
                let level = listed.rating.priority.map(|priority| priority.level());
                asked.iter().any(|rated| match (rated, level) {
                    (Rated::Unknown, None) => true,
                    (Rated::Between(from, to), Some(level)) => (from..=to).contains(&&level),
                    _ => false,
                })
            }
            Test::Status(statuses) => statuses.contains(&header.status),
            Test::Is(facts) => facts.iter().any(|is| is_true(*is, listed, me, now)),
            Test::Service(words) => words.iter().any(|word| header.services.iter().any(|service| fold::contains(service, word))),
            Test::By(people) => people.iter().any(|whom| whom.is_among(header.people.iter().chain(&header.commander))),
            Test::Commander(people) => people.iter().any(|whom| whom.is_among(header.commander.iter())),
            Test::Since(at) => header.last_entry_at >= *at,
            Test::Until(at) => header.opened_at <= *at,
            Test::Code(codes) => codes.iter().any(|asked| match (asked, header.code) {
                (CodeIs::Between(from, to), Some(code)) => (from..=to).contains(&&code.0),
                (CodeIs::Provisional(begin), None) => header.id.provisional_code().starts_with(begin.as_str()),
                _ => false,
            }),
            Test::Role(_) | Test::Kind(_) | Test::To(_) | Test::Outcome(_) => return true,
        };
        fits != self.written.is_not
    }

    /// Whether an entry fits it. What asks about incidents lets every entry through.
    pub fn fits_entry(&self, entry: &Entry, is_new: bool, me: Option<&Person>) -> bool {
        let fits = match &self.test {
            Test::Word(word) => in_entry(entry, word),
            Test::Is(facts) => facts.iter().any(|is| is_true_of_entry(*is, entry, is_new, me)),
            Test::Service(words) => words.iter().any(|word| entry.components.iter().any(|component| fold::contains(component, word))),
            Test::By(people) => people.iter().any(|whom| whom.is_among(std::iter::once(entry.by()).chain(&entry.recorded_by))),
            Test::Role(roles) => entry.roles().iter().any(|role| roles.contains(role)),
            Test::Kind(kinds) => kinds.contains(&entry.kind),
            Test::To(words) => entry.audience.as_deref().is_some_and(|to| words.iter().any(|word| fold::starts_with(to, word))),
            Test::Outcome(outcomes) => entry.outcome.is_some_and(|outcome| outcomes.contains(&outcome)),
            Test::Since(at) => entry.at >= *at,
            Test::Until(at) => entry.at <= *at,
            Test::Priority(_) | Test::Status(_) | Test::Commander(_) | Test::Code(_) => return true,
        };
        fits != self.written.is_not
    }
}

impl Term {
    /// Whether entries of an incident can fit it, as far as that depends on the incident alone.
    pub fn admits(&self, listed: &Listed<'_>, me: Option<&Person>, now: Timestamp) -> bool {
        let is_of_incident = match &self.test {
            Test::Priority(_) | Test::Status(_) | Test::Commander(_) | Test::Code(_) => true,
            Test::Is(facts) => facts.iter().all(|is| !is.is_about(About::Entries)),
            _ => false,
        };
        !is_of_incident || self.fits_incident(listed, me, now)
    }

    /// Whether an entry in which every word was found fits it; what is said of both is asked of the entry, a service of either.
    pub fn fits_found(&self, listed: &Listed<'_>, entry: &Entry, me: Option<&Person>, now: Timestamp) -> bool {
        match &self.test {
            Test::Word(_) if !self.written.is_not => true,
            Test::Priority(_) | Test::Status(_) | Test::Commander(_) | Test::Code(_) => self.fits_incident(listed, me, now),
            Test::Is(facts) => {
                let holds = |is: &Is| match is.is_about(About::Entries) {
                    true => is_true_of_entry(*is, entry, false, me),
                    false => is_true(*is, listed, me, now),
                };
                facts.iter().any(holds) != self.written.is_not
            }
            Test::Service(words) => {
                let mut named = listed.header.services.iter().map(String::as_str).chain(entry.components.iter().map(AsRef::as_ref));
                named.any(|name: &str| words.iter().any(|word| fold::contains(name, word))) != self.written.is_not
            }
            _ => self.fits_entry(entry, false, me),
        }
    }
}

impl Whom {
    /// How a name begins that is among those asked for; nobody has none.
    fn begins(&self) -> Option<String> {
        match self {
            Whom::Nobody => None,
            Whom::Exactly(person) => Some(fold::fold(person.as_str())),
            Whom::Like(begin) => Some(begin.clone()),
        }
    }

    fn is_among<'a>(&self, mut people: impl Iterator<Item = &'a Person>) -> bool {
        match self {
            Whom::Nobody => people.next().is_none(),
            Whom::Exactly(person) => people.any(|known| known == person),
            Whom::Like(begin) => people.any(|known| fold::starts_with(known.as_str(), begin)),
        }
    }
}

fn in_incident(listed: &Listed<'_>, word: &str) -> bool {
    let header = listed.header;
    let people = || header.people.iter().chain(&header.commander);
    fold::contains(&header.title, word)
        || fold::contains(&header.code_text(), word)
        || header.status.word().contains(word)
        || fold::is(&listed.rating.label(), word)
        || header.services.iter().any(|service| fold::contains(service, word))
        || people().any(|person| fold::contains(person.as_str(), word))
}

fn in_entry(entry: &Entry, word: &str) -> bool {
    fold::contains(&entry.text, word)
        || entry.kind.word().contains(word)
        || fold::contains(entry.by().as_str(), word)
        || entry.recorded_by.as_ref().is_some_and(|person| fold::contains(person.as_str(), word))
        || entry.roles().iter().any(|role| fold::contains(role.as_str(), word))
        || entry.components.iter().any(|component| fold::contains(component, word))
        || entry.audience.as_deref().is_some_and(|audience| fold::contains(audience, word))
}

fn is_true(is: Is, listed: &Listed<'_>, me: Option<&Person>, now: Timestamp) -> bool {
    let header = listed.header;
    match is {
        Is::Open => header.status.is_open(),
        Is::Closed => !header.status.is_open(),
        Is::Unsent => listed.unsent > 0,
        Is::New => listed.is_new,
        Is::Mine => me.is_some_and(|me| header.people.contains(me)),
        Is::Drill => header.drill,
        Is::Past => header.retrospective,
        Is::Restricted => header.restricted,
        Is::Quiet => header.status.is_open() && listed.is_quiet,
        Is::Vacant => header.status.is_open() && header.commander.is_none(),
        Is::Offered => header.offered_to.is_some(),
        Is::Overdue => header.next_due_at.is_some_and(|due| due <= now),
        Is::Firing => header.alerts_firing > 0,
        Is::Written | Is::Amended | Is::Struck | Is::Reply | Is::Crossed | Is::Refused => true,
    }
}

fn is_true_of_entry(is: Is, entry: &Entry, is_new: bool, me: Option<&Person>) -> bool {
    match is {
        Is::Unsent => entry.is_pending(),
        Is::New => is_new,
        Is::Mine => me.is_some_and(|me| entry.by() == me || entry.recorded_by.as_ref() == Some(me)),
        Is::Written => entry.kind.is_written(),
        Is::Amended => !entry.history.is_empty(),
        Is::Struck => !entry.stands(),
        Is::Reply => entry.reply_to.is_some(),
        Is::Crossed => entry.conflict,
        Is::Refused => entry.state == EntryState::Refused,
        Is::Open | Is::Closed | Is::Drill | Is::Past | Is::Restricted | Is::Quiet | Is::Vacant | Is::Offered | Is::Overdue | Is::Firing => {
            true
        }
    }
}
