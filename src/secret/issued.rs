//! Tokens and keys that say by their beginning who issued them.

use crate::secret::Find;
use crate::secret::Secret;
use crate::secret::Secret::PrivateKey;
use crate::secret::Secret::Token;
use crate::secret::runs;
use crate::secret::value;

/// The beginning, and the fewest characters of the whole.
const BEGINNINGS: &[(Secret, &str, usize)] = &[
    (Token, "wr_", 20),
    // Clouds.
    (Token, "AIza", 35),
    (Token, "ya29.", 30),
    (Token, "GOCSPX-", 28),
    (Token, "dop_v1_", 40),
    (Token, "doo_v1_", 40),
    (Token, "dor_v1_", 40),
    (Token, "HRKU-", 30),
    (Token, "dapi", 36),
    (Token, "tskey-", 24),
    (Token, "pul-", 40),
    (Token, "sbp_", 40),
    (Token, "fm1r_", 40),
    (Token, "fm2_", 40),
    // Code and packages.
    (Token, "ghp_", 30),
    (Token, "gho_", 30),
    (Token, "ghu_", 30),
    (Token, "ghs_", 30),
    (Token, "ghr_", 30),
    (Token, "github_pat_", 40),
    (Token, "glpat-", 20),
    (Token, "gldt-", 20),
    (Token, "glrt-", 20),
    (Token, "glptt-", 20),
    (Token, "glcbt-", 20),
    (Token, "gloas-", 20),
    (Token, "npm_", 36),
    (Token, "pypi-AgE", 50),
    (Token, "rubygems_", 40),
    (Token, "dckr_pat_", 30),
    (Token, "ATATT3", 50),
    (Token, "lin_api_", 36),
    (Token, "PMAK-", 40),
    // People talking, and being paged.
    (Token, "xoxb-", 24),
    (Token, "xoxp-", 24),
    (Token, "xoxa-", 24),
    (Token, "xoxr-", 24),
    (Token, "xoxs-", 24),
    (Token, "xoxc-", 24),
    (Token, "xoxd-", 24),
    (Token, "xoxe.", 24),
    (Token, "xoxe-", 24),
    (Token, "xapp-", 24),
    (Token, "SG.", 50),
    (Token, "NRAK-", 30),
    (Token, "glsa_", 30),
    (Token, "glc_", 40),
    (Token, "sntrys_", 40),
    // Money.
    (Token, "sk_live_", 20),
    (Token, "sk_test_", 20),
    (Token, "rk_live_", 20),
    (Token, "rk_test_", 20),
    (Token, "whsec_", 24),
    (Token, "sq0atp-", 26),
    (Token, "sq0csp-", 40),
    (Token, "shpat_", 36),
    (Token, "shpss_", 36),
    (Token, "EAAAE", 60),
    // Vaults and models.
    (Token, "hvs.", 20),
    (Token, "hvb.", 20),
    (Token, "hvr.", 20),
    (Token, "dp.st.", 40),
    (Token, "sk-", 32),
    (Token, "hf_", 30),
    // Keys of chains and of files, whose human-readable part says that they are secret.
    (PrivateKey, "AGE-SECRET-KEY-1", 50),
    (PrivateKey, "age-secret-key-1", 50),
    (PrivateKey, "ed25519_sk1", 50),
    (PrivateKey, "ed25519e_sk1", 50),
    (PrivateKey, "ed25519-priv-0x", 60),
    (PrivateKey, "xprv1", 60),
    (PrivateKey, "addr_xsk1", 50),
    (PrivateKey, "acct_xsk1", 50),
    (PrivateKey, "root_xsk1", 50),
    (PrivateKey, "stake_xsk1", 50),
    (PrivateKey, "nsec1", 60),
    (PrivateKey, "suiprivkey1", 60),
    (PrivateKey, "APrivateKey1", 50),
    (PrivateKey, "PVT_K1_", 50),
    (PrivateKey, "PVT_R1_", 50),
    // The same as hexadecimal: PKCS #8 of Ed25519, SEC 1 of secp256k1 (Hedera), what Lotus exports.
    (PrivateKey, "302e020100300506032b657004220420", 96),
    (PrivateKey, "3030020100300706052b8104000a04220420", 100),
    (PrivateKey, "7b2254797065223a22", 100),
    (PrivateKey, "RWRTY0Iy", 150),
    // A PEM in base64, as clusters keep it: RSA, EC, OpenSSH, PKCS #8.
    (PrivateKey, "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRV", 60),
    (PrivateKey, "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFW", 60),
    (PrivateKey, "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ", 60),
    (PrivateKey, "LS0tLS1CRUdJTiBQUklWQVRFIEtFW", 60),
];

/// Where such tokens stand.
pub fn find(text: &str) -> Vec<Find> {
    let mut finds = Vec::new();
    let mut behind_access_key = false;
    for (at, run) in runs(text, |c| c.is_ascii_alphanumeric() || "_-.+/=:~".contains(c)) {
        // What is joined by these is one word to some issuers and two to others.
        let mut start = at;
        for part in run.split(['=', ':', '/']) {
            let from = start;
            start += part.len() + 1;
            let word = part.trim_matches(['.', '-', '+', '~']);
            let from = from + (word.as_ptr() as usize - part.as_ptr() as usize);
            if let Some(secret) = of_word(word) {
                finds.push(Find::sure(secret, from..from + word.len()));
            }
        }
        if let Some((from, len)) = bot(run) {
            finds.push(Find::sure(Token, at + from..at + from + len));
        }
        // The secret half of a cloud key says nothing of itself; it is known by its neighbour.
        let mut from = at;
        for part in run.split(['=', ':']) {
            if behind_access_key && part.len() == 40 && value::is_mixed(part) {
                finds.push(Find::sure(Token, from..from + part.len()));
            }
            from += part.len() + 1;
            behind_access_key = is_access_key(part) || (behind_access_key && part.len() < 32);
        }
    }
    finds
}

fn of_word(word: &str) -> Option<Secret> {
    // Deeper in a word the beginning is no beginning: `task-…` is no `sk-…`.
    let issued = BEGINNINGS.iter().find(|(_, beginning, fewest)| word.len() >= *fewest && word.starts_with(beginning));
    if let Some((secret, beginning, _)) = issued {
        let rest = &word[beginning.len()..];
        return value::is_random(rest).then_some(*secret);
    }
    let is_known = [is_access_key, is_jwt, is_hash_named, is_discord, is_azure, is_terraform].iter().any(|is| is(word));
    is_known.then_some(Token)
}

/// An AWS key id: four letters that say what it is of, sixteen of base32.
fn is_access_key(word: &str) -> bool {
    word.len() == 20
        && ["AKIA", "ASIA", "ABIA", "ACCA"].iter().any(|beginning| word.starts_with(beginning))
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Three parts of base64url (RFC 7515), five if encrypted, the first a JSON object.
fn is_jwt(word: &str) -> bool {
    let mut parts = word.split('.');
    word.starts_with("eyJ")
        && matches!(parts.clone().count(), 3 | 5)
        && parts.all(|part| part.len() >= 4 && part.bytes().all(is_url_digit))
        && word.len() >= 40
}

fn is_url_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// A Twilio or a Mailgun key: its beginning and thirty-two hexadecimal digits.
fn is_hash_named(word: &str) -> bool {
    let hex = word.strip_prefix("SK").or_else(|| word.strip_prefix("key-")).unwrap_or_default();
    hex.len() == 32 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A Discord bot: an id in base64, a time, a MAC.
fn is_discord(word: &str) -> bool {
    let lens: Vec<usize> = word.split('.').take(4).map(str::len).collect();
    matches!(lens.as_slice(), [23..=28, 6..=7, 27..=40])
        && word.starts_with(['M', 'N', 'O'])
        && word.bytes().all(|byte| is_url_digit(byte) || byte == b'.')
        && value::is_mixed(word)
}

/// A secret of an Azure application: forty characters with `8Q~` as the fourth to sixth.
fn is_azure(word: &str) -> bool {
    (37..=44).contains(&word.len()) && word[3..].starts_with(['7', '8', '9']) && word[4..].starts_with("Q~")
}

/// A token of Terraform Cloud.
fn is_terraform(word: &str) -> bool {
    word.split_once(".atlasv1.").is_some_and(|(id, rest)| id.len() >= 10 && rest.len() >= 40 && value::is_random(rest))
}

/// A Telegram bot: its number, a colon, thirty-five characters that begin with `AA`; where it stands in the run, and how long it is.
fn bot(run: &str) -> Option<(usize, usize)> {
    let colon = run.find(":AA")?;
    let number = run[..colon].len() - run[..colon].trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let secret = run[colon + 1..].bytes().take_while(|byte| is_url_digit(*byte)).count();
    ((6..=12).contains(&number) && (34..=36).contains(&secret)).then_some((colon - number, number + 1 + secret))
}
