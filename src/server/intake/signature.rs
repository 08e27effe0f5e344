//! Whether a webhook body comes from whoever knows the secret: HMAC-SHA256 (RFC 2104) over the bytes as they came, compared in constant
//! time, before anything of them is read.

use crate::domain::Timestamp;
use crate::server::failure::Failure;
use axum::http::HeaderMap;
use hmac::Hmac;
use hmac::Mac;
use sha2::Sha256;
use std::collections::BTreeMap;

/// How a source signs.
struct Scheme {
    integration: &'static str,
    /// The headers that hold signatures, and what stands before each of them there.
    headers: &'static [(&'static str, &'static str)],
    /// The header with the Unix time that is signed with the body, if the sender was told to send one.
    time_header: Option<&'static str>,
}

const SCHEMES: &[Scheme] = &[
    Scheme {
        integration: super::grafana::NAME,
        headers: &[("x-grafana-alerting-signature", ""), ("x-hub-signature-256", "sha256=")],
        time_header: Some("x-grafana-alerting-timestamp"),
    },
    Scheme { integration: super::pagerduty::NAME, headers: &[("x-pagerduty-signature", "v1=")], time_header: None },
    Scheme { integration: super::generic::NAME, headers: &[("x-hub-signature-256", "sha256=")], time_header: None },
];

/// How far the time of a signature may be from the server's clock.
const TIME_APART_MS: i64 = 5 * 60 * 1000;
const SECRET_MIN_BYTES: usize = 16;

/// The secrets that sources sign with. Never printed.
#[derive(Clone, Default)]
pub struct WebhookSecrets(BTreeMap<&'static str, Vec<Vec<u8>>>);

impl std::fmt::Debug for WebhookSecrets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_set().entries(self.0.keys()).finish()
    }
}

impl WebhookSecrets {
    /// Everything an integration sends must be signed with one of these secrets, one a line: two, while one takes the place of the other.
    ///
    /// # Errors
    /// A sentence: the integration signs nothing, or a secret is too short.
    pub fn require(&mut self, integration: &str, lines: &str) -> Result<(), String> {
        let scheme = SCHEMES.iter().find(|scheme| scheme.integration == integration);
        let scheme = scheme.ok_or_else(|| format!("`{integration}` signs nothing, so it needs no secret"))?;
        let secrets: Vec<Vec<u8>> =
            lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| line.as_bytes().to_vec()).collect();
        if secrets.is_empty() || secrets.iter().any(|secret| secret.len() < SECRET_MIN_BYTES) {
            return Err(format!("a webhook secret has at least {SECRET_MIN_BYTES} characters, one a line"));
        }
        self.0.insert(scheme.integration, secrets);
        Ok(())
    }

    /// Whether a body is signed as it must be; `None` where nothing has to be. What was signed beside the body comes back.
    ///
    /// # Errors
    /// 401: no signature, none that fits, or one that is too old.
    pub(super) fn check(&self, integration: &str, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Option<String>, Failure> {
        let Some(secrets) = self.0.get(integration) else { return Ok(None) };
        let Some(scheme) = SCHEMES.iter().find(|scheme| scheme.integration == integration) else { return Ok(None) };
        let signed_at = scheme.time_header.and_then(|name| headers.get(name)).map(|value| value.to_str().unwrap_or_default().to_owned());
        let shown: Vec<Vec<u8>> = scheme.headers.iter().flat_map(|(name, before)| signatures(headers, name, before)).collect();
        if shown.is_empty() {
            let names: Vec<_> = scheme.headers.iter().map(|(name, before)| format!("`{name}: {before}…`")).collect();
            let why = format!("what `{integration}` sends here must be signed: {}", names.join(" or "));
            return Err(Failure::unauthorized("signature_missing", why));
        }
        let fits = secrets.iter().any(|secret| {
            // Any length is a key of HMAC.
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
            if let Some(signed_at) = &signed_at {
                mac.update(signed_at.as_bytes());
                mac.update(b":");
            }
            mac.update(body);
            shown.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
        });
        if !fits {
            let why = "no signature of this body was made with a secret this server knows; nothing of it was read";
            return Err(Failure::unauthorized("signature_wrong", why));
        }
        let is_fresh = |at: &String| at.parse::<i64>().is_ok_and(|at| (now.millis() - at.saturating_mul(1000)).abs() <= TIME_APART_MS);
        match signed_at {
            Some(signed_at) if !is_fresh(&signed_at) => {
                let why =
                    "this was signed more than five minutes ago or from now; check both clocks, or it was sent by somebody who listened";
                Err(Failure::unauthorized("signature_stale", why))
            }
            signed_at => Ok(Some(signed_at.unwrap_or_default())),
        }
    }
}

/// The signatures in a header, which may be a list.
fn signatures(headers: &HeaderMap, name: &str, before: &str) -> Vec<Vec<u8>> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|one| bytes(one.trim().strip_prefix(before)?)).collect()
}

/// 64 hexadecimal digits as 32 bytes.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    let digit = |byte: u8| (byte as char).to_digit(16);
    let pair = |pair: &[u8]| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok();
    (digits.len() == 64).then(|| digits.chunks(2).map(pair).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const SECRET: &str = "0123456789abcdef";

    fn sign(secret: &str, words: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
        mac.update(words.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn checked(integration: &str, shown: &[(&'static str, String)], body: &str) -> Result<Option<String>, String> {
        let mut secrets = WebhookSecrets::default();
        secrets.require(integration, &format!("an older secret of them\n{SECRET}\n")).expect("secrets");
        let mut headers = HeaderMap::new();
        for (name, value) in shown {
            headers.append(*name, HeaderValue::try_from(value).expect("a value"));
        }
        let now = Timestamp::from_millis(1_700_000_000_000);
        secrets.check(integration, &headers, body.as_bytes(), now).map_err(|why| why.code().to_owned())
    }

    #[test]
    fn a_body_is_taken_only_with_a_signature_of_a_known_secret() {
        let (good, bad) = (sign(SECRET, "body"), sign("another secret!!", "body"));
        let said = |header: &'static str, value: String| checked("pagerduty", &[(header, value)], "body");
        assert_eq!(said("x-pagerduty-signature", format!("v1={good}")), Ok(Some(String::new())));
        assert_eq!(said("x-pagerduty-signature", format!("v0=what,v1={bad}, v1={good}")), Ok(Some(String::new())), "any of a list");
        for wrong in [format!("v1={bad}"), format!("v1={}", sign(SECRET, "body ")), format!("v1={}0", &good[1..])] {
            assert_eq!(said("x-pagerduty-signature", wrong), Err("signature_wrong".into()));
        }
        for none in [String::new(), good.clone(), format!("v2={good}"), format!("v1={}", &good[..62]), format!("v1={}zz", &good[..62])] {
            assert_eq!(said("x-pagerduty-signature", none.clone()), Err("signature_missing".into()), "{none}");
        }
        assert_eq!(said("x-hub-signature-256", format!("sha256={good}")), Err("signature_missing".into()), "not how they sign");
        assert!(checked("generic", &[("x-hub-signature-256", format!("sha256={good}"))], "body").is_ok());
        assert!(checked("grafana", &[("x-hub-signature-256", format!("sha256={good}"))], "body").is_ok());
        assert!(checked("grafana", &[("x-grafana-alerting-signature", good.to_uppercase())], "body").is_ok());
    }

    #[test]
    fn a_time_is_signed_too_and_must_be_near() {
        let at = |seconds: &str, signed: &str| {
            let shown = [("x-grafana-alerting-signature", sign(SECRET, signed)), ("x-grafana-alerting-timestamp", seconds.to_owned())];
            checked("grafana", &shown, "body")
        };
        assert_eq!(at("1700000100", "1700000100:body"), Ok(Some("1700000100".into())));
        assert_eq!(at("1700000100", "body"), Err("signature_wrong".into()), "a time that was not signed");
        for far in ["1700000301", "1699999699", "never", "99999999999999999"] {
            assert_eq!(at(far, &format!("{far}:body")), Err("signature_stale".into()), "{far}");
        }
    }

    #[test]
    fn a_secret_that_is_none_is_refused_and_none_is_printed() {
        let mut secrets = WebhookSecrets::default();
        for (integration, lines) in [("alertmanager", SECRET), ("grafana", "\n \n"), ("grafana", "short"), ("pigeon", SECRET)] {
            assert!(secrets.require(integration, lines).is_err(), "{integration}");
        }
        secrets.require("grafana", SECRET).expect("a secret");
        assert_eq!(format!("{secrets:?}"), "{\"grafana\"}");
        assert!(matches!(secrets.check("pagerduty", &HeaderMap::new(), b"", Timestamp::default()), Ok(None)), "no secret, no signature");
    }
}
