//! Why something may not be done, in words a person can act on.

use serde::Deserialize;
use serde::Serialize;
use std::fmt;

/// Whether the same event may be accepted later.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retry {
    /// When the server, the token or what it depends on changes.
    Later,
    /// Only a person can decide what becomes of it.
    Never,
}

/// A rule said no.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Stable, for programs: `unknown_incident`, `command_held`, …
    pub code: &'static str,
    /// A sentence: what, why, what to do.
    pub reason: String,
    /// Whether to try again.
    pub retry: Retry,
}

impl Refusal {
    /// A refusal only a person can resolve.
    pub fn never(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), retry: Retry::Never }
    }

    /// A refusal that may pass when something else changes.
    pub fn later(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), retry: Retry::Later }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.reason)
    }
}

impl std::error::Error for Refusal {}
