//! Every route, with its description.

use crate::server::description;
use crate::server::events;
use crate::server::failure::Failure;
use crate::server::gate;
use crate::server::history;
use crate::server::incidents;
use crate::server::intake;
use crate::server::me;
use crate::server::plain;
use crate::server::presence;
use crate::server::proofs;
use crate::server::state::App;
use crate::server::stream;
use crate::server::vitals;
use axum::Router;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(info(
    title = "warroom",
    description = "Incidents as one append-only log. Errors are RFC 9457 problem documents with a stable `code`."
))]
struct Description;

/// The routes, and their description as JSON.
pub(super) fn build() -> (Router<Arc<App>>, String) {
    let routes = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(events::push, events::page))
        .routes(routes!(history::base))
        .routes(routes!(history::heads))
        .routes(routes!(stream::follow))
        .routes(routes!(presence::report))
        .routes(routes!(incidents::list, plain::declare))
        .routes(routes!(incidents::show))
        .routes(routes!(incidents::timeline))
        .routes(routes!(plain::add_entry))
        .routes(routes!(plain::set_status))
        .routes(routes!(plain::assess))
        .routes(routes!(plain::give_role))
        .routes(routes!(intake::take_alerts))
        .routes(routes!(proofs::checkpoint, proofs::witness))
        .routes(routes!(proofs::inclusion))
        .routes(routes!(proofs::consistency))
        .routes(routes!(me::me))
        .routes(routes!(me::org))
        .routes(routes!(vitals::healthz))
        .routes(routes!(vitals::readyz))
        .routes(routes!(vitals::metrics))
        .routes(routes!(vitals::openapi));
    let (router, description) = routes.split_for_parts();
    (router, description::complete(description))
}

/// Puts the gate before every route, and the counting around everything.
pub(super) fn with_state(router: Router<Arc<App>>, app: Arc<App>) -> Router {
    router
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), gate::gate))
        .fallback(nowhere)
        .layer(from_fn_with_state(app.clone(), gate::around))
        .with_state(app)
}

async fn nowhere(uri: Uri) -> Failure {
    Failure::not_found("no_such_route", format!("there is nothing at {}; /openapi.json lists what there is", uri.path()))
}

async fn wrong_method(method: Method, uri: Uri) -> Failure {
    let why = format!("{} does not take {method}; /openapi.json lists what it takes", uri.path());
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::policy;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn routes_policy_and_description_are_the_same() {
        let (_, description) = build();
        let all: Value = serde_json::from_str(&description).expect("JSON");
        let mut described = BTreeSet::new();
        for (path, methods) in all["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                described.insert((method.to_uppercase(), path.clone()));
                for (status, response) in operation["responses"].as_object().expect("answers") {
                    let kinds: Vec<_> = response["content"].as_object().into_iter().flat_map(|content| content.keys()).collect();
                    assert!(status.as_str() < "400" || kinds == ["application/problem+json"], "{method} {path} {status}: {kinds:?}");
                    assert!(response["description"].is_string(), "{method} {path} {status}");
                }
            }
        }
        let decided: BTreeSet<_> = policy::TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
        assert_eq!(described, decided);
    }
}
