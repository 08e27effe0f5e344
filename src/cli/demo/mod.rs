//! `warroom demo`: a real server on a loopback port, a drill played into it through its API, and the war room opened on it.

mod actors;
mod headless;
mod player;
mod stand;

use crate::cli::connection::Token;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::home::Home;
use crate::cli::session::Connection;
use crate::cli::session::Session;
use crate::cli::text_file;
use crate::cli::war_room;
use crate::domain::Person;
use crate::domain::Scope;
use crate::drill::Cast;
use crate::drill::Scenario;
use crate::replica::Mend;
use crate::tui::effect::Ending;
use clap::Args;
use player::Player;
use stand::Stand;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

/// How long the rest of a drill takes if no speed is given.
const SHOWING: Duration = Duration::from_secs(5 * 60);
/// How long the past of the story may take to be there before the war room opens all the same.
const PAST_WITHIN: Duration = Duration::from_secs(10);
/// What to do after a demo.
const NEXT: &str = "Your own: `warroom declare TITLE` works at once, alone; `warroom serve` and `warroom connect URL` bring others in.";
/// Who sits in front of the screen.
const YOU: &str = "you";
/// Who tells them what this is.
const GUIDE: &str = "guide";

/// See it: a server, a drill and the war room on it.
///
/// Nothing is left behind.
#[derive(Args, Debug)]
pub struct Demo {
    /// The scenario, or a scenario file
    #[arg(long, value_name = "NAME", default_value = "hot-wallet-drain")]
    scenario: String,
    /// How many times faster than the story [default: so that it takes a few minutes]
    #[arg(long, value_name = "N")]
    speed: Option<f64>,
    /// Print the timeline as it grows instead of opening the war room
    #[arg(long)]
    headless: bool,
    /// Keep the server's database and the home here
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Makes the pauses uneven, the same way every time
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
}

impl Demo {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let scenario = self.read_scenario()?;
        if self.speed.is_some_and(|speed| !speed.is_finite() || speed <= 0.0) {
            return Err(Failure::Usage("--speed is a number above 0, such as 20".into()));
        }
        let headless = self.headless || !war_room::on_terminal();
        // Headless tells the whole story; a screen opens in the middle of it, so that there is something to see at once.
        let from_ms = if headless { 0 } else { scenario.live_from_ms };
        let rest_ms = (scenario.length_ms() - from_ms).max(1) as f64;
        let speed = self.speed.unwrap_or(rest_ms / SHOWING.as_millis() as f64);
        let stand = Stand::build(self.keep.as_deref())?;
        let mut people = scenario.people.clone();
        let also = [(YOU, "whoever watches, and takes part", Scope::Commander), (GUIDE, "says what this is", Scope::Responder)];
        people.extend(also.map(|(name, about, scope)| Cast { person: Person::new(name), about: about.into(), scope }));
        let actors = stand.hire(&people)?;
        let player = Player::new(&scenario, actors, &stand, self.seed, speed, from_ms)?;
        if headless {
            headless::run(session, player, &stand)?;
            self.keep.iter().for_each(|folder| session.output.note(&kept(folder)));
            return Ok(());
        }
        self.show(session, player, &stand, &scenario)
    }

    fn read_scenario(&self) -> Result<Scenario, Failure> {
        let path = Path::new(&self.scenario);
        let read = if path.extension().is_some() {
            let text = text_file::read(path, text_file::WRITTEN_MAX_BYTES)?;
            Scenario::read(&self.scenario, &text)
        } else {
            Scenario::shipped(&self.scenario)
        };
        read.map_err(|why| if why.line == 0 { Failure::Missing(why.to_string()) } else { Failure::Usage(why.to_string()) })
    }

    fn show(&self, session: &Session, player: Player, stand: &Stand, scenario: &Scenario) -> Result<(), Failure> {
        let look = war_room::look(session)?;
        session.output.line(format!("A real server on {}, and a drill on it: {}.", stand.url(), scenario.title))?;
        let token = Token::read(&player.token_of(&Person::new(YOU))?, "the demo")?;
        let home = Home::choose(stand.folder().join("home"), Some(YOU))?;
        let connection = Connection { remote: Some(stand.url().to_owned()), token: Some(token), stored: None };
        let incident = stand.begin(player.welcome(scenario), PAST_WITHIN);
        let mut desk = Desk::open_at(session, home, connection, Mend::Nothing.into())?;
        desk.refresh();
        let ended = war_room::show(&mut desk, look, "DEMO", incident)?;
        if matches!(ended, Ending::Signal(_)) {
            // The process has a moment only: what must not be left behind goes first.
            stand.forget();
        }
        drop(desk);
        match &self.keep {
            Some(folder) => session.output.line(format!("The demo is over. {}", kept(folder)))?,
            None => session.output.line("The demo is over and nothing of it is left.")?,
        }
        session.output.line(NEXT)
    }
}

/// Where it is, and how to look at it again.
fn kept(folder: &Path) -> String {
    let folder = folder.display();
    format!("Its log is kept in {folder}: `warroom serve --database sqlite:{folder}/server.db --key-file {folder}/server.key` serves it.")
}
