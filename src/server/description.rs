//! What the description says of every route beside its own words: who may ask, and how each may be refused. Made from the policy, so that
//! neither can forget the other.

use crate::domain::EntryKind;
use crate::domain::Outcome;
use crate::domain::Scope;
use crate::domain::Status;
use crate::server::intake::INTEGRATIONS;
use crate::server::policy;
use crate::server::policy::Need;
use axum::http::Method;
use axum::http::StatusCode;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use utoipa::openapi::OpenApi;

/// The description of all routes, as JSON.
pub(super) fn complete(described: OpenApi) -> String {
    let mut all = serde_json::to_value(described).unwrap_or_default();
    all["components"]["securitySchemes"]["token"] =
        json!({"type": "http", "scheme": "bearer", "description": "`wr_…`, made by `warroom token create`"});
    for (path, methods) in all["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            let method = method.to_uppercase().parse().unwrap_or(Method::GET);
            if let (Some(need), Some(operation)) = (policy::need(&method, path), operation.as_object_mut()) {
                answers_of_all(operation, need);
            }
        }
    }
    words(&mut all);
    all.to_string()
}

/// The closed vocabularies, and an example where only a value that exists leads anywhere.
fn words(all: &mut Value) {
    let statuses: Vec<_> = Status::ALL.iter().map(|status| status.word()).collect();
    let kinds = EntryKind::WRITTEN.iter().map(|kind| kind.word());
    let outcomes = Outcome::ALL.iter().map(|outcome| outcome.word());
    let schemas = &mut all["components"]["schemas"];
    schemas["NewStatus"]["properties"]["status"]["enum"] = json!(statuses);
    schemas["Line"]["properties"]["kind"]["enum"] = nullable(kinds);
    schemas["Line"]["properties"]["outcome"]["enum"] = nullable(outcomes);
    for schema in ["Declaration", "Line"] {
        schemas[schema]["properties"]["at"]["format"] = json!("date-time");
    }
    for schema in ["Declaration", "Rating"] {
        (schemas[schema]["properties"]["severity"]["minimum"], schemas[schema]["properties"]["severity"]["maximum"]) = (json!(1), json!(5));
    }
    let operations =
        all["paths"].as_object_mut().into_iter().flatten().flat_map(|(_, methods)| methods.as_object_mut().into_iter().flatten());
    for parameter in
        operations.flat_map(|(_, operation)| operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten())
    {
        match parameter["name"].as_str() {
            Some("inc") => parameter["example"] = json!("INC-1"),
            Some("role") => parameter["example"] = json!("scribe"),
            Some("status") => parameter["schema"]["enum"] = json!(statuses),
            Some("integration") => parameter["schema"]["enum"] = json!(INTEGRATIONS),
            _ => {}
        }
    }
}

fn nullable<'a>(words: impl IntoIterator<Item = &'a str>) -> Value {
    json!(words.into_iter().map(Some).chain([None]).collect::<Vec<_>>())
}

fn answers_of_all(operation: &mut Map<String, Value>, need: Need) {
    if need != Need::Nothing {
        let none = (need == Need::LoopbackOrToken).then(|| json!({}));
        operation.insert("security".into(), json!([json!({"token": []})].into_iter().chain(none).collect::<Vec<_>>()));
    }
    if let Need::Scope(scope) = need {
        operation.insert("x-scope".into(), json!(Scope::word(scope)));
    }
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let has = |field: &str, value: &str| parameters.is_some_and(|all| all.iter().any(|parameter| parameter[field] == value));
    let is_in = |place: &str| has("in", place);
    let (has_path, has_query, has_body) = (is_in("path"), is_in("query"), operation.contains_key("requestBody"));
    let mut statuses = Vec::new();
    if has_path || has_query || has_body {
        statuses.push(StatusCode::BAD_REQUEST);
    }
    if need != Need::Nothing {
        statuses.extend([StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE]);
    }
    if matches!(need, Need::Scope(_)) {
        statuses.push(StatusCode::FORBIDDEN);
    }
    if has_path {
        statuses.push(StatusCode::NOT_FOUND);
    }
    if has("name", "inc") {
        // A rule says no, or several incidents are meant.
        statuses.push(StatusCode::CONFLICT);
    }
    if has("name", "Idempotency-Key") {
        statuses.extend([StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY]);
    }
    if has_body {
        statuses.extend([StatusCode::REQUEST_TIMEOUT, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNSUPPORTED_MEDIA_TYPE]);
    }
    let Some(responses) = operation.entry("responses").or_insert_with(|| json!({})).as_object_mut() else { return };
    for status in statuses {
        responses.entry(status.as_str()).or_insert_with(|| json!({"description": status.canonical_reason().unwrap_or_default()}));
    }
    for (status, response) in responses {
        if response.get("description").is_none() {
            let words = status.parse::<StatusCode>().ok().and_then(|status| status.canonical_reason());
            response["description"] = json!(words.unwrap_or_default());
        }
        if status.as_str() >= "400" {
            let problem = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
            response["content"] = json!({"application/problem+json": problem});
        }
        if matches!(status.as_str(), "429" | "503") {
            response["headers"]["Retry-After"] = json!({"schema": {"type": "integer"}, "description": "Seconds", "required": true});
        }
    }
}
