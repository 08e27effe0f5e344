//! Values that are called what they are: `password=…`, `"api_key": "…"`, `--token …`, `Authorization: Bearer …`, in whatever spelling.

use crate::secret::Find;
use crate::secret::Secret;
use crate::secret::base58;
use crate::secret::joined::Joined;
use crate::secret::joined::VALUE_MAX;
use crate::secret::joined::plain_value;
use crate::secret::joined::value_after;
use crate::secret::runs;
use crate::secret::value;
use std::ops::Range;

/// Names of what people log in with, as they end once their dashes and capitals are gone.
const PASSWORDS: [&str; 8] = ["password", "passwd", "passphrase", "passcode", "pwd", "mysqlpass", "dbpass", "userpass"];
/// Words that are one as the last part of a name: `SMTP_PASS`.
const SHORT: [&str; 2] = ["pass", "pw"];
/// Names of what programs show, likewise.
const KEYS: [&str; 27] = [
    "routingkey",
    "servicekey",
    "appkey",
    "presharedkey",
    "secret",
    "secretkey",
    "clientsecret",
    "apikey",
    "apisecret",
    "apitoken",
    "accesskey",
    "accesstoken",
    "authtoken",
    "authkey",
    "refreshtoken",
    "privatekey",
    "privkey",
    "secretaccesskey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "accountkey",
    "token",
    "sharedaccesskey",
    "integrationkey",
    "clientkeydata",
    "credential",
];
/// Names that end like one and are none: pages of lists, keys that everyone may see.
const HARMLESS: [&str; 10] =
    ["pagetoken", "nexttoken", "nextpage", "continu", "cancel", "idempot", "public", "cursortoken", "bypass", "accesskeyid"];
/// What is said of a password where it is not given away.
const STATES: [&str; 22] = [
    "required",
    "expired",
    "incorrect",
    "wrong",
    "invalid",
    "reset",
    "changed",
    "rotated",
    "missing",
    "unknown",
    "failed",
    "accepted",
    "denied",
    "prompt",
    "disabled",
    "enabled",
    "authentication",
    "unchanged",
    "stale",
    "leaked",
    "compromised",
    "correct",
];
/// Words before a bare `key`, `token` or `secret` that make it the name of one.
const BEFORE_KEY: [&str; 14] = [
    "api",
    "secret",
    "private",
    "access",
    "signing",
    "signer",
    "encryption",
    "master",
    "account",
    "shared",
    "auth",
    "bearer",
    "deploy",
    "webhook",
];

/// Longer ones say themselves what they are.
const COIN_MAX: usize = 200;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Name {
    Password,
    Key,
    /// `token` alone: what a chain calls its coins.
    Coin,
}

/// Where such values stand.
pub fn find(text: &str) -> Vec<Find> {
    let (mut finds, mut done, mut before) = (Vec::new(), 0, "");
    for (at, run) in runs(text, |c| c.is_ascii_alphanumeric() || "_-.".contains(c)) {
        if at < done {
            continue;
        }
        let previous = std::mem::replace(&mut before, run);
        let end = at + run.len();
        let is_path = text[..at].ends_with('/');
        let found = match authorization(text, at, end, run) {
            Some(range) => Some((Secret::Token, range, true)),
            None => name(run, previous, &text[..at]).filter(|_| !is_path).and_then(|name| of_name(text, at, end, run, name)),
        };
        if let Some((secret, range, is_sure)) = found {
            done = range.end;
            finds.push(Find { secret, range, is_sure });
        }
    }
    finds.extend(signatures(text));
    finds.extend(cookies(text));
    finds
}

/// What a run of letters names, with the word before it.
fn name(run: &str, previous: &str, before: &str) -> Option<Name> {
    let plain: String = run.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if HARMLESS.iter().any(|harmless| plain.contains(harmless)) {
        return None;
    }
    if PASSWORDS.iter().any(|name| plain.ends_with(name)) || SHORT.contains(&last_part(run).to_ascii_lowercase().as_str()) {
        return Some(Name::Password);
    }
    // `"auth"` in the file of a container registry, a personal access token.
    if (before.ends_with('"') && run == "auth") || run.ends_with("_PAT") {
        return Some(Name::Key);
    }
    let is_apart = before.ends_with(' ') && BEFORE_KEY.contains(&previous.to_ascii_lowercase().as_str());
    if is_apart && matches!(plain.as_str(), "key" | "token" | "secret") {
        return Some(Name::Key);
    }
    let known = KEYS.iter().find(|name| plain.ends_with(*name))?;
    let is_owned =
        ["access", "auth", "api", "refresh", "bearer", "session", "security", "vault", "bot", "sas", "csrf", "id", "gh", "github"];
    let is_coin = *known == "token" && !is_owned.iter().any(|owner| plain.trim_end_matches("token").ends_with(owner));
    Some(if is_coin { Name::Coin } else { Name::Key })
}

fn ends_line(rest: &str) -> bool {
    matches!(rest.trim_start_matches([' ', '\t', '\r']).bytes().next(), None | Some(b'\n'))
}

fn last_part(run: &str) -> &str {
    run.rsplit(['_', '-', '.']).next().unwrap_or(run)
}

fn of_name(text: &str, at: usize, end: usize, run: &str, name: Name) -> Option<(Secret, Range<usize>, bool)> {
    let is_flag = run.starts_with("--");
    let (joined, range) = value_after(text, at, end, is_flag)?;
    let value = &text[range.clone()];
    let secret = if name == Name::Password { Secret::Password } else { Secret::Token };
    let secret = if run.to_ascii_lowercase().contains("priv") { Secret::PrivateKey } else { secret };
    let letters = value.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_state = STATES.contains(&value.to_ascii_lowercase().trim_end_matches(['.', ',', ';', ':', ')']));
    let is_folder = value.starts_with(['/', '~']) || value.starts_with("./") || value.contains("://");
    if value::is_placeholder(value) || is_state || (is_folder && run.to_ascii_lowercase().ends_with("pwd")) {
        return None;
    }
    let is_sure = match (name, joined) {
        (Name::Password, Joined::Tightly) if last_part(run).eq_ignore_ascii_case("pass") => value::is_chosen(value),
        (Name::Password, Joined::Tightly) => value.len() >= 4,
        (Name::Password, Joined::Loosely) if value::is_chosen(value) => true,
        // A word alone behind the name may be a password or say something about one.
        (Name::Password, Joined::Loosely) => {
            let is_last = letters && value.len() >= 6 && ends_line(&text[range.end..]);
            return is_last.then_some((secret, range, false));
        }
        (Name::Password, Joined::BySaying) => value::is_chosen(value) && value.bytes().any(|byte| byte.is_ascii_digit()),
        (Name::Password, Joined::ByStanding) => is_login(&text[..at]) && value.len() >= 4,
        (Name::Coin, _) if value.len() > COIN_MAX || is_public(value) => false,
        (Name::Coin, Joined::Tightly) => value::is_opaque(value, 12),
        (Name::Coin, Joined::Loosely | Joined::BySaying) => value::is_opaque(value, 20),
        (Name::Coin, Joined::ByStanding) => false,
        // Brokers of messages route by names; pagers by digits.
        (Name::Key, Joined::Tightly) if run.ends_with("ing_key") || run.ends_with("service_key") => {
            value.len() == 32 && value::is_opaque(value, 32)
        }
        (Name::Key, Joined::Tightly) => value::is_opaque(value, if run == "auth" { 12 } else { 6 }),
        (Name::Key, Joined::Loosely | Joined::BySaying) => value::is_opaque(value, 8),
        (Name::Key, Joined::ByStanding) => value::is_opaque(value, 20) && (value::is_mixed(value) || is_hex(value)),
    };
    is_sure.then_some((secret, range, true))
}

/// `Authorization: Basic …`, `Bearer …`, `GenieKey …`: the credentials behind the scheme.
fn authorization(text: &str, at: usize, end: usize, run: &str) -> Option<Range<usize>> {
    let is_basic = run.eq_ignore_ascii_case("basic");
    let is_known = is_basic || ["bearer", "apikey", "token"].iter().any(|scheme| run.eq_ignore_ascii_case(scheme));
    let before = &text[text.ceil_char_boundary(at.saturating_sub(24))..at];
    if !is_known {
        // A scheme of somebody's own, or none at all.
        let is_value = before.trim_end_matches([' ', ':', '"', '\'', '\\']).to_ascii_lowercase().ends_with("authorization");
        let range = Some(at..end).filter(|_| is_value && !before.ends_with(char::is_alphanumeric))?;
        let behind = text[end..].strip_prefix(' ').map(|rest| plain_value(end + 1, &rest[..rest.floor_char_boundary(VALUE_MAX)]));
        return [Some(range), behind]
            .into_iter()
            .flatten()
            .find(|range| value::is_opaque(&text[range.clone()], 20) && !text[range.clone()].contains('='));
    }
    let is_header = before.to_ascii_lowercase().contains("authorization");
    let rest = &text[end..text.floor_char_boundary(end + VALUE_MAX * 4)];
    let value = rest.strip_prefix(' ')?;
    let range = plain_value(end + 1, value);
    let value = &text[range.clone()];
    let is_credential = match (is_header, is_basic) {
        (true, _) => value.len() >= 6 && !value::is_placeholder(value),
        (false, true) => false,
        (false, false) => run.eq_ignore_ascii_case("bearer") && value::is_opaque(value, 16),
    };
    is_credential.then_some(range)
}

/// Signatures in addresses of storage that let in whoever has the address: `&sig=…`.
fn signatures(text: &str) -> impl Iterator<Item = Find> {
    text.match_indices("sig=").filter(|(at, _)| text[..*at].ends_with(['?', '&', ';'])).filter_map(|(at, sign)| {
        let start = at + sign.len();
        let range = plain_value(start, &text[start..text.floor_char_boundary(start + VALUE_MAX / 4)]);
        let value = &text[range.clone()];
        (value.len() >= 40 && value::is_mixed(value) && !value.starts_with("0x")).then(|| Find::sure(Secret::Token, range))
    })
}

/// What a browser shows to be let in: `Cookie: sid=…; theme=dark`.
fn cookies(text: &str) -> impl Iterator<Item = Find> {
    let place = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let lines = text.split("ookie:").skip(1).map(|rest| rest.split(['\n', '"', '\'']).next().unwrap_or_default());
    let values = lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.split_once('=')).map(|(_, value)| value.trim_end());
    let secrets = values.filter(|value| value.len() <= VALUE_MAX * 4 && !value.contains(' ') && value::is_opaque(value, 16));
    secrets.map(move |value| Find::sure(Secret::Token, place(value)..place(value) + value.len()))
}

/// `login ana password …`, as a .netrc has it.
fn is_login(before: &str) -> bool {
    let mut words = before[before.ceil_char_boundary(before.len().saturating_sub(80))..].split_whitespace().rev();
    words.nth(1).is_some_and(|word| word == "login")
}

/// Whether a value is the address of a coin rather than a token: an Ethereum address, a base58 address with its checksum, 32 bytes of Solana.
fn is_public(value: &str) -> bool {
    let is_ethereum = value.len() == 42 && value.starts_with("0x") && is_hex(&value[2..]);
    let is_base58 = (25..=44).contains(&value.len()) && base58::is_base58(value);
    is_ethereum || (is_base58 && (base58::check(value).is_some() || base58::decode(value).is_some_and(|bytes| bytes.len() == 32)))
}

fn is_hex(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
