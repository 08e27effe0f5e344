//! Themes and keys as a person's own files: read at the start, and again when they change while the program runs.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use std::time::SystemTime;

use crate::tui::colour::Depth;
use crate::tui::keymap::Keymap;
use crate::tui::theme;
use crate::tui::theme::Theme;

/// How often files that are in use are looked at: one or two calls of the system, on a thread that does nothing else.
const LOOK_EVERY: Duration = Duration::from_millis(900);

/// Where the files are, and which are in use.
#[derive(Debug, Clone)]
pub struct Wardrobe {
    /// A person's own themes, `NAME.toml` each.
    pub folder: Option<PathBuf>,
    /// A name, or a path with a slash or `.toml` in it.
    pub theme: String,
    /// Keys over the built-in ones.
    pub keymap: Option<PathBuf>,
    pub depth: Depth,
}

/// What was read anew.
#[derive(Debug, Clone)]
pub enum Dress {
    Theme(Theme),
    Keymap(Keymap),
}

/// What shows that a file changed: when, and how long it is now. `None` while it is not there, as between two steps of an editor.
type Stamp = Option<(SystemTime, u64)>;

impl Wardrobe {
    /// The theme in use.
    ///
    /// # Errors
    /// A sentence that names file, line, key and what is expected, or the themes there are.
    pub fn theme(&self) -> Result<Theme, String> {
        let Some(path) = self.theme_file() else {
            return Theme::shipped(&self.theme, self.depth).map_err(|_| {
                let own = self.folder.as_ref().map(|folder| format!("; your own go to {}", folder.display())).unwrap_or_default();
                format!("\"{}\" is not a theme; expected one of {}{own}", self.theme, self.names().join(", "))
            });
        };
        Theme::read(&path.display().to_string(), &read(&path)?, self.depth).map_err(|why| why.to_string())
    }

    /// The keys in use.
    ///
    /// # Errors
    /// A sentence that names file and line and what is expected there.
    pub fn keymap(&self) -> Result<Keymap, String> {
        let text = self.keymap.as_ref().map(|path| Ok::<_, String>((path.display().to_string(), read(path)?))).transpose()?;
        let own = text.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
        Keymap::with_overrides(own).map_err(|why| why.to_string())
    }

    /// The themes there are: a person's own, then the shipped ones.
    pub fn names(&self) -> Vec<String> {
        let files = self.folder.iter().flat_map(fs::read_dir).flatten().flatten().map(|entry| entry.path());
        let own = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
        let mut names: Vec<String> = own.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
        names.sort();
        let shipped = theme::SHIPPED.iter().map(|(name, _)| (*name).to_owned()).filter(|name| !names.contains(name));
        let shipped: Vec<String> = shipped.collect();
        names.extend(shipped);
        names
    }

    fn theme_file(&self) -> Option<PathBuf> {
        if self.theme.contains('/') || self.theme.ends_with(".toml") {
            return Some(PathBuf::from(&self.theme));
        }
        let own = self.folder.as_ref()?.join(format!("{}.toml", self.theme));
        own.is_file().then_some(own)
    }

    /// Reads what is wished for and what changed, until nobody wishes any more or `tell` answers that nobody listens.
    pub fn serve(mut self, wishes: &Receiver<String>, tell: impl Fn(Result<Dress, String>) -> bool) {
        // Nothing is known of what changed since the start read the files: they are read once more.
        let (mut theme, mut keymap): (Stamp, Stamp) = (None, None);
        loop {
            // Where nothing can change, nothing is looked at.
            let has_files = self.keymap.is_some() || self.theme_file().is_some();
            let wish = match has_files {
                true => wishes.recv_timeout(LOOK_EVERY),
                false => wishes.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let is_wished = match wish {
                Ok(name) => {
                    self.theme = name;
                    true
                }
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let now = self.stamps();
            let is_new = |old: Stamp, new: Stamp| new.is_some() && new != old;
            if (is_wished || is_new(theme, now.0)) && !tell(self.theme().map(Dress::Theme)) {
                return;
            }
            if is_new(keymap, now.1) && !tell(self.keymap().map(Dress::Keymap)) {
                return;
            }
            // A file that is away for a moment comes back changed, not new.
            theme = if is_wished { now.0 } else { now.0.or(theme) };
            keymap = now.1.or(keymap);
        }
    }

    fn stamps(&self) -> (Stamp, Stamp) {
        (self.theme_file().as_deref().and_then(stamp), self.keymap.as_deref().and_then(stamp))
    }
}

fn stamp(path: &Path) -> Stamp {
    let data = fs::metadata(path).ok()?;
    Some((data.modified().ok()?, data.len()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("{} cannot be read: {why}", path.display()))
}
