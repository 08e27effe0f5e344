//! Addresses that let in whoever has them: a password before the host, a key in the path of a node or a webhook.

use crate::secret::Find;
use crate::secret::Secret;
use crate::secret::value;

/// Longer than any address people pass on; looking no further keeps many beginnings linear.
const LINK_MAX: usize = 512;

/// Hosts whose paths hold a key, by how they end, and what stands before it.
const HOSTS: [(&str, &str); 19] = [
    ("hooks.slack.com", "/services/"),
    ("hooks.slack.com", "/workflows/"),
    ("hooks.slack.com", "/triggers/"),
    ("events.pagerduty.com", "/integration/"),
    ("discord.com", "/webhooks/"),
    ("discordapp.com", "/webhooks/"),
    (".webhook.office.com", "/webhookb2/"),
    ("hooks.zapier.com", "/catch/"),
    (".infura.io", "/v3/"),
    (".alchemy.com", "/v2/"),
    (".alchemyapi.io", "/v2/"),
    (".quiknode.pro", "/"),
    (".p2pify.com", "/"),
    (".blastapi.io", "/"),
    (".getblock.io", "/"),
    (".moralis-nodes.com", "/"),
    (".gateway.tenderly.co", "/"),
    (".nodereal.io", "/v1/"),
    ("rpc.ankr.com", "/"),
];

/// Where such addresses hold what they hold.
pub fn find(text: &str) -> Vec<Find> {
    let mut finds = Vec::new();
    let mut done = 0;
    for (at, _) in text.match_indices("://") {
        let start = at + "://".len();
        if start < done {
            continue;
        }
        let near = &text[start..text.floor_char_boundary(start + LINK_MAX)];
        let link = near.split(|c: char| c.is_whitespace() || "\"'`<>|\\".contains(c)).next().unwrap_or_default();
        done = start + link.len();
        let authority = link.split(['/', '?', '#']).next().unwrap_or_default();
        let userinfo = match (authority.rfind('@'), authority.split_once(':')) {
            (Some(at), _) => Some(&link[..at]),
            // A slash in a password that nobody escaped: what stands behind the colon is no port.
            (None, Some((_, port))) if port.contains(|c: char| !c.is_ascii_digit()) => link.rfind('@').map(|at| &link[..at]),
            (None, _) => None,
        };
        if let Some((user, password)) = userinfo.and_then(|userinfo| userinfo.split_once(':'))
            && !password.is_empty()
            && !value::is_placeholder(password)
        {
            let from = start + user.len() + 1;
            finds.push(Find::sure(Secret::Password, from..from + password.len()));
        }
        let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
        let path_at = HOSTS.iter().filter(|(end, _)| host.ends_with(end)).find_map(|(_, before)| {
            let path = authority.len() + link[authority.len()..].find(before)? + before.len();
            Some(path)
        });
        // What a person's second factor is computed from.
        let scheme = text[..at].rsplit(|c: char| !(c.is_ascii_alphabetic() || c == '-')).next().unwrap_or_default();
        let names = if scheme.starts_with("otpauth") { &["secret=", "data="][..] } else { &[] };
        for from in names.iter().filter_map(|name| Some(link.find(name)? + name.len())) {
            let value = link[from..].split(['&', '#']).next().unwrap_or_default();
            if !value::is_placeholder(value) {
                finds.push(Find::sure(Secret::Token, start + from..start + from + value.len()));
            }
        }
        if let Some(path) = path_at {
            let key = link[path..].split(['?', '#', ',', ';', ')']).next().unwrap_or_default().trim_end_matches(['.', '/', ':']);
            if key.split('/').any(|part| value::is_opaque(part, 16) || (part.len() >= 24 && value::is_mixed(part))) {
                finds.push(Find::sure(Secret::Token, start + path..start + path + key.len()));
            }
        }
    }
    finds
}
