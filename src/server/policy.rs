//! The one place that says who may do what, to which incident. Everything not named here is refused to everyone.

use crate::domain::Incident;
use crate::domain::Principal;
use crate::domain::Scope;
use axum::http::Method;

/// What a route asks of whoever calls it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Need {
    /// Nothing.
    Nothing,
    /// To come from this machine, or any token.
    LoopbackOrToken,
    /// Any token.
    Token,
    /// A token that covers this scope.
    Scope(Scope),
}

/// To see an incident, wherever it is told of.
pub(super) const SEE: Need = Need::Scope(Scope::Viewer);

/// Every route with what it asks. What an event may do beyond that is asked of each event by `Board::admit`.
pub(super) const TABLE: &[(&str, &str, Need)] = &[
    ("POST", "/v1/events", Need::Scope(Scope::Responder)),
    ("GET", "/v1/events", Need::Scope(Scope::Viewer)),
    ("GET", "/v1/base", Need::Scope(Scope::Viewer)),
    ("GET", "/v1/heads", Need::Scope(Scope::Viewer)),
    ("GET", "/v1/stream", Need::Scope(Scope::Viewer)),
    ("POST", "/v1/presence", Need::Scope(Scope::Viewer)),
    ("GET", "/v1/incidents", Need::Scope(Scope::Viewer)),
    ("POST", "/v1/incidents", Need::Scope(Scope::Responder)),
    ("GET", "/v1/incidents/{inc}", Need::Scope(Scope::Viewer)),
    ("GET", "/v1/incidents/{inc}/timeline", Need::Scope(Scope::Viewer)),
    ("POST", "/v1/incidents/{inc}/entries", Need::Scope(Scope::Responder)),
    ("POST", "/v1/incidents/{inc}/status", Need::Scope(Scope::Responder)),
    ("POST", "/v1/incidents/{inc}/assessment", Need::Scope(Scope::Responder)),
    ("POST", "/v1/incidents/{inc}/roles/{role}", Need::Scope(Scope::Responder)),
    ("POST", "/v1/intake/{integration}", Need::Scope(Scope::Intake)),
    ("GET", "/v1/checkpoint", Need::Scope(Scope::Viewer)),
    ("POST", "/v1/checkpoint", Need::Scope(Scope::Viewer)),
    ("GET", "/v1/proof/inclusion", Need::Scope(Scope::Viewer)),
    ("GET", "/v1/proof/consistency", Need::Scope(Scope::Viewer)),
    ("GET", "/v1/me", Need::Token),
    ("GET", "/v1/org", Need::Token),
    ("GET", "/openapi.json", Need::Nothing),
    ("GET", "/healthz", Need::Nothing),
    ("GET", "/readyz", Need::Nothing),
    ("GET", "/metrics", Need::LoopbackOrToken),
];

/// What a route asks; `None` for one that is not in the table.
pub(super) fn need(method: &Method, route: &str) -> Option<Need> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    TABLE.iter().find(|(verb, path, _)| *verb == method.as_str() && *path == route).map(|(_, _, need)| *need)
}

/// Whether somebody may do what is asked for, and to this incident, where it is about one. Whoever may not see an incident is
/// answered as if there were none.
pub(super) fn may(who: &Principal, need: Need, incident: Option<&Incident>) -> bool {
    let is_covered = match need {
        Need::Nothing | Need::LoopbackOrToken | Need::Token => true,
        Need::Scope(needed) => who.scope.covers(needed),
    };
    is_covered && incident.is_none_or(|incident| incident.is_seen_by(who))
}
