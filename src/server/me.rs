//! `/v1/me` and `/v1/org`: who this token is, and the settings that hold.

use crate::server::clock;
use crate::server::state::Caller;
use crate::server::state::Shared;
use crate::wire::Me;
use crate::wire::OrgBody;
use crate::wire::PROTOCOL;
use axum::Extension;
use axum::Json;
use axum::extract::State;

/// Who this token is, what it permits, and to which log it speaks.
#[utoipa::path(get, path = "/v1/me", tag = "settings", responses((status = 200, body = Me)))]
pub(super) async fn me(State(app): Shared, Extension(caller): Extension<Caller>) -> Json<Me> {
    let (position, token) = (app.tail.position(), &caller.token);
    Json(Me {
        token: token.name.clone(),
        person: token.person.clone(),
        scope: token.scope,
        log: position.log,
        epoch: position.epoch,
        now: clock::now(),
        protocol: PROTOCOL,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        expires_at: token.expires_at,
        key: Some(app.tail.key()),
        succession: app.shelf.read().succession.clone(),
    })
}

/// The matrix and the roles that hold.
#[utoipa::path(get, path = "/v1/org", tag = "settings", responses((status = 200, body = OrgBody)))]
pub(super) async fn org(State(app): Shared) -> Json<OrgBody> {
    Json(OrgBody::from(&*app.shelf.org()))
}
