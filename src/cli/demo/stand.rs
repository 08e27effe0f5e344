//! What a demo stands on: a folder of its own, a real server on a loopback port, and its people's tokens. All of it goes when it is dropped.

use crate::cli::demo::actors::Actor;
use crate::cli::demo::actors::Actors;
use crate::cli::demo::player::Story;
use crate::cli::failure::Failure;
use crate::cli::failure::io_words;
use crate::cli::serve;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Scope;
use crate::drill::Cast;
use crate::server;
use crate::server::NewToken;
use crate::server::Running;
use std::convert::Infallible;
use std::fs;
use std::future::Future;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::Runtime;

const PREFIX: &str = "warroom-demo-";

/// A server in this process, and where it keeps things.
pub struct Stand {
    folder: PathBuf,
    kept: bool,
    url: String,
    /// Both are taken when it is torn down.
    parts: Option<(Runtime, Running)>,
}

impl Stand {
    /// Starts a server on a free loopback port, in a folder of its own or the one to be kept.
    ///
    /// # Errors
    /// When the folder or the server cannot be had.
    pub fn build(keep: Option<&Path>) -> Result<Self, Failure> {
        let folder = match keep {
            Some(folder) => folder.to_owned(),
            None => {
                sweep();
                std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()))
            }
        };
        let made = fs::DirBuilder::new().recursive(keep.is_some()).mode(0o700).create(&folder);
        made.map_err(|why| Failure::of_file(&folder, "made", &why))?;
        if keep.is_some() && folder.join("server.db").exists() {
            return Err(Failure::Usage(format!("{} holds a demo already; name another folder with --keep", folder.display())));
        }
        // From here on the folder goes away with the stand.
        let mut stand = Self { folder, kept: keep.is_some(), url: String::new(), parts: None };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|why| Failure::Failed(format!("this machine gives no threads to work with: {}", io_words(&why))))?;
        let running = runtime.block_on(server::start(server::Config::new("127.0.0.1:0", stand.database()))).map_err(serve::failure)?;
        stand.url = running.url();
        stand.parts = Some((runtime, running));
        Ok(stand)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Removes the folder at once, with the server still on it, unless it is to be kept.
    pub fn forget(&self) {
        if !self.kept {
            // What cannot be removed now is swept by the next demo.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    fn database(&self) -> String {
        format!("sqlite:{}", self.folder.join("server.db").display())
    }

    /// A token for everyone who plays, and one for the alerts.
    ///
    /// # Errors
    /// When the database refuses one.
    pub fn hire(&self, people: &[Cast]) -> Result<Actors, Failure> {
        let token = |name: &str, scope: Scope| {
            let new = NewToken { name: name.to_owned(), scope, person: Some(Person::new(name)), expires_at: None };
            server::create_token(&self.database(), new).map_err(Failure::Failed)
        };
        let actors = people.iter().map(|cast| Ok(Actor::new(cast.person.clone(), cast.scope, token(cast.person.as_str(), cast.scope)?)));
        Ok(Actors { people: actors.collect::<Result<_, Failure>>()?, intake: token("alertmanager", Scope::Intake)? })
    }

    /// Runs something to its end.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.parts.as_ref().map(|(runtime, _)| runtime.block_on(work))
    }

    /// Runs the story beside everything else, waits until its past is there, and answers what it is about.
    pub fn begin(&self, mut story: Story, within: Duration) -> Option<IncidentId> {
        let (runtime, _) = self.parts.as_ref()?;
        let past = story.past_played();
        runtime.spawn(story.tell(|_, _| Ok::<(), Infallible>(())));
        // A story that is slow to begin is shown as far as it got.
        runtime.block_on(async { tokio::time::timeout(within, past).await }).ok().flatten()
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        if let Some((runtime, running)) = self.parts.take() {
            runtime.block_on(running.shutdown());
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
        self.forget();
    }
}

/// Removes what demos left behind that were killed: folders of ours whose process is gone.
fn sweep() {
    for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
        let is_gone = process.is_some_and(|id| Path::new("/proc/self").exists() && !Path::new("/proc").join(id).exists());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_gone && is_folder {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
