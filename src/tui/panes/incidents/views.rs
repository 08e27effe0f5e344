//! Saved filters: those of the program, those of the configuration, and those a person saved here. Each is a query.

use serde::Deserialize;
use serde::Serialize;

/// A query with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub name: String,
    pub query: String,
}

/// Where a view comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Program,
    Configuration,
    /// Saved here; can be deleted.
    Own,
}

/// The views of the program: name, query, what it lets through.
pub const SHIPPED: [(&str, &str, &str); 8] = [
    ("open", "is:open", "every open incident"),
    ("mine", "is:open mine", "open ones in which I hold a role or a task"),
    ("urgent", "is:open p:1..2,?", "open ones rated P1, P2 or not rated yet"),
    ("closed", "is:closed", "resolved, closed, declined and merged ones"),
    ("all", "", "everything held here"),
    ("vacant", "is:vacant", "open ones without a commander"),
    ("quiet", "is:quiet", "a P1 in which nobody writes"),
    ("new", "is:open is:new", "open ones with something I have not seen"),
];

/// Every view there is, and which of them is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Views {
    /// From the configuration.
    pub configured: Vec<View>,
    /// Saved here.
    pub own: Vec<View>,
    /// The one that is shown.
    pub shown: View,
}

impl Default for Views {
    fn default() -> Self {
        let (name, query, _) = SHIPPED[0];
        Self { configured: Vec::new(), own: Vec::new(), shown: View { name: name.into(), query: query.into() } }
    }
}

impl Views {
    /// Every view with where it comes from and what is said of it; of two with one name the person's own stands.
    pub fn all(&self) -> Vec<(View, Origin, String)> {
        let shipped = SHIPPED
            .iter()
            .map(|(name, query, says)| (View { name: (*name).into(), query: (*query).into() }, Origin::Program, (*says).to_owned()));
        let is_own = |name: &str| self.own.iter().any(|own| own.name == name);
        let configured = self.configured.iter().filter(|view| !is_own(&view.name)).map(|view| (view.clone(), Origin::Configuration));
        let own = self.own.iter().map(|view| (view.clone(), Origin::Own));
        shipped
            .chain(configured.chain(own).map(|(view, origin)| {
                let says = view.query.clone();
                (view, origin, says)
            }))
            .collect()
    }

    /// The view of a name.
    pub fn named(&self, name: &str) -> Option<View> {
        self.all().into_iter().map(|(view, _, _)| view).find(|view| view.name == name)
    }

    /// Saves a view under its name, over an own one of the same.
    ///
    /// # Errors
    /// A name that is missing, too long, or the program's own.
    pub fn save(&mut self, view: View) -> Result<(), String> {
        let length = view.name.chars().count();
        if view.name.is_empty() || length > NAME_CHARS_MAX {
            return Err(format!("a view needs a name of 1 to {NAME_CHARS_MAX} letters, such as `custody`"));
        }
        if SHIPPED.iter().any(|(name, _, _)| *name == view.name) {
            return Err(format!("`{}` is a view of the program and stays as it is; choose another name", view.name));
        }
        match self.own.iter_mut().find(|own| own.name == view.name) {
            Some(own) => *own = view,
            None => self.own.push(view),
        }
        Ok(())
    }
}

const NAME_CHARS_MAX: usize = 24;
