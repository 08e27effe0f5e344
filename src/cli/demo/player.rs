//! The one who plays a drill: each step at its time, by its person, through the API. Refusals are part of a drill in which people take part.

use crate::cli::demo::GUIDE;
use crate::cli::demo::YOU;
use crate::cli::demo::actors::Actors;
use crate::cli::demo::actors::Company;
use crate::cli::demo::stand::Stand;
use crate::cli::failure::Failure;
use crate::cli::session::now;
use crate::domain::Command;
use crate::domain::EntryKind;
use crate::domain::Event;
use crate::domain::IncidentId;
use crate::domain::NewEntry;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::drill::Deed;
use crate::drill::Names;
use crate::drill::Scenario;
use crate::drill::Step;
use crate::drill::schedule;
use std::future::Future;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How often to look for the incident an alert made, and how long.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const LOOK_WITHIN: Duration = Duration::from_secs(10);
/// How long the task for whoever watches is given.
const TASK_MS: i64 = 10 * 60_000;

/// A step with its times, as the story owns them.
struct Due {
    due: Duration,
    happened_ms: i64,
    step: Step,
}

/// A drill before it begins.
pub struct Player {
    company: Company,
    steps: Vec<Due>,
}

impl Player {
    /// Gets ready; nothing is sent yet.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(scenario: &Scenario, actors: Actors, stand: &Stand, seed: u64, speed: f64, from_ms: i64) -> Result<Self, Failure> {
        let steps = schedule(scenario, seed, speed, from_ms).into_iter().map(|timed| Due {
            due: Duration::from_millis(timed.due_ms.max(0).unsigned_abs()),
            happened_ms: timed.happened_ms,
            step: timed.step.clone(),
        });
        Ok(Self { company: Company::new(actors, stand.url())?, steps: steps.collect() })
    }

    /// The token of a person who plays.
    ///
    /// # Errors
    /// When they do not play.
    pub fn token_of(&self, person: &Person) -> Result<String, Failure> {
        self.company.token_of(person).map(str::to_owned).ok_or_else(|| Failure::Failed(format!("{person} does not play")))
    }

    /// A story without a word to whoever watches.
    pub fn plain(self) -> Story {
        Story { player: self, welcome: None, past: None }
    }

    /// A story that says, once its past is told, what this is and how to take part.
    pub fn welcome(self, scenario: &Scenario) -> Story {
        let words = format!(
            "DRILL, nothing is real: {}. This program plays everyone but you. Join in, as `{YOU}`, with a commander's rights: i writes, C takes command, p rates, ? lists the keys.",
            scenario.title
        );
        Story { player: self, welcome: Some(words), past: None }
    }
}

/// A drill on its way.
pub struct Story {
    player: Player,
    welcome: Option<String>,
    /// Told what the story is about once its past is played.
    past: Option<oneshot::Sender<Option<IncidentId>>>,
}

impl Story {
    /// Done once the past of the story is told; answers the incident it is about.
    pub fn past_played(&mut self) -> impl Future<Output = Option<IncidentId>> + use<> {
        let (tell, told) = oneshot::channel();
        self.past = Some(tell);
        // A story that ended early will not tell more.
        async { told.await.ok().flatten() }
    }

    /// Plays every step at its time; `saw` is shown what happened after each.
    ///
    /// # Errors
    /// What `saw` says; a step that is refused is logged and left out.
    pub async fn tell<E>(mut self, mut saw: impl FnMut(&Company, &[Event]) -> Result<(), E>) -> Result<(), E> {
        let (began, began_at) = (Instant::now(), now());
        let mut names = Names::default();
        for due in std::mem::take(&mut self.player.steps) {
            if due.due > Duration::ZERO {
                self.end_past().await;
            }
            tokio::time::sleep_until(began + due.due).await;
            let at = began_at.plus_ms(due.happened_ms);
            if let Err(why) = self.play(&due.step, &mut names, at).await {
                tracing::info!("a step of the drill was left out: {why}");
            }
            if let Err(why) = self.player.company.look().await {
                tracing::warn!("the drill cannot read the log: {why}");
            }
            let events = self.player.company.take_fresh();
            saw(&self.player.company, &events)?;
        }
        self.end_past().await;
        Ok(())
    }

    async fn play(&mut self, step: &Step, names: &mut Names, at: Timestamp) -> Result<(), String> {
        let company = &mut self.player.company;
        match names.deed(step, at).map_err(|why| why.to_string())? {
            Deed::Command(incident, command) => {
                let by = step.by.clone().ok_or("a step without a person")?;
                let (event, incident) = company.act(&by, incident, command, at).await?;
                names.played(step, incident, Some(event));
            }
            Deed::Alert { alert, since } => {
                company.alert(alert.alertmanager_body(since, at)).await?;
                let until = Instant::now() + LOOK_WITHIN;
                while Instant::now() < until {
                    company.look().await?;
                    if let Some(incident) = company.incident_of_group(&alert.group) {
                        names.played(step, incident, None);
                        break;
                    }
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
        Ok(())
    }

    /// The past is told: say what this is, give whoever watches something to do, and let the screen open.
    async fn end_past(&mut self) {
        let Some(past) = self.past.take() else { return };
        let worst = self.worst();
        if let (Some(words), Some(incident)) = (self.welcome.take(), worst)
            && let Err(why) = self.greet(incident, words).await
        {
            tracing::warn!("nobody could be greeted: {why}");
        }
        // Whoever waited may have given up.
        let _ = past.send(worst);
    }

    /// The open incident that is worst.
    fn worst(&self) -> Option<IncidentId> {
        let board = &self.player.company.board;
        let open = board.iter().filter(|incident| incident.status.value.is_open());
        open.min_by_key(|incident| board.org.matrix.rate(&incident.assessment, now()).rank()).map(|incident| incident.id)
    }

    async fn greet(&mut self, incident: IncidentId, words: String) -> Result<(), String> {
        let company = &mut self.player.company;
        let hello = NewEntry { audience: Some(YOU.into()), ..NewEntry::new(EntryKind::Communication, words) };
        company.act(&Person::new(GUIDE), incident, Command::AddEntry(hello), now()).await?;
        company.look().await?;
        let you = Person::new(YOU);
        let leader = company.board.get(incident).and_then(|incident| incident.commander().map(|holding| holding.person.clone()));
        let text = "Read the timeline, press i and write what you would do next".to_owned();
        let due_at = Some(now().plus_ms(TASK_MS));
        company.act(&leader.unwrap_or(you.clone()), incident, Command::GiveTask { person: you, text, due_at }, now()).await?;
        Ok(())
    }
}
