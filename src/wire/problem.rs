//! Errors as RFC 9457 problem documents with a stable `code`.

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

/// A problem document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the status says the class, `code` says which.
    #[serde(rename = "type", default = "about_blank")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable, for programs.
    pub code: String,
    /// What happened, why, what to do.
    pub detail: String,
    /// Where the server failed: the request, as its log names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem with this status, code and sentence.
    pub fn new(status: u16, title: &str, code: &str, detail: impl Into<String>) -> Self {
        Self { kind: about_blank(), title: title.to_owned(), status, code: code.to_owned(), detail: detail.into(), request_id: None }
    }
}

impl Problem {
    /// Reads the body of an answer; none where it is not one of our server's, but of something between, or of somebody else.
    pub fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(body).ok().filter(|problem| !problem.code.is_empty())
    }
}

fn about_blank() -> String {
    "about:blank".into()
}
