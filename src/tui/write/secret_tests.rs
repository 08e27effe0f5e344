//! What is stopped and what is not. The secrets here are made up or are the well-known examples of their standards.

use super::*;

const HEX: &str = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";

fn seen(text: &str) -> Vec<(Secret, &str)> {
    find(text).into_iter().map(|find| (find.secret, &text[find.range])).collect()
}

#[test]
fn keys_are_found() {
    let pem = "-----BEGIN EC PRIVATE KEY-----\nMHQCAQEE\n-----END EC PRIVATE KEY-----";
    assert_eq!(seen(&format!("found this: {pem} on disk")), [(Secret::PrivateKey, pem)]);
    assert_eq!(seen("-----BEGIN PRIVATE KEY-----\nMHQC"), [(Secret::PrivateKey, "-----BEGIN PRIVATE KEY-----\nMHQC")]);
    assert_eq!(seen(&format!("signer key {HEX}.")), [(Secret::PrivateKey, HEX)]);
    let wif = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ";
    assert_eq!(seen(&format!("\"{wif}\"")), [(Secret::PrivateKey, wif)]);
    let xprv = format!("xprv{}", "9s21ZrQH".repeat(13));
    assert_eq!(seen(&xprv), [(Secret::PrivateKey, xprv.as_str())]);
}

#[test]
fn tokens_are_found() {
    let own = "wr_4nT8kQ2vZ9xLm3Rp7Yb5Wc";
    assert_eq!(seen(&format!("curl -H 'Authorization: Bearer {own}'")), [(Secret::Token, own)]);
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N";
    assert_eq!(seen(jwt), [(Secret::Token, jwt)]);
}

#[test]
fn seed_phrases_are_found() {
    let words = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    assert_eq!(seen(&format!("Backup says: {words}")), [(Secret::SeedPhrase, words)]);
    let numbered: String = words.split(' ').enumerate().map(|(n, word)| format!("{}. {word}\n", n + 1)).collect();
    assert_eq!(find(&numbered).len(), 1);
}

#[test]
fn what_people_write_in_an_incident_is_not_stopped() {
    for text in [
        "Suspend withdrawals on BTC and ETH",
        "kubectl scale deploy/withdrawer --replicas=0",
        "outflow back to baseline after the third node was restarted from its snapshot and caught up again without any error in the log",
        "first saw 0x71C7656EC7ab88b098defB751B7401B5f6d8976F receive 12.4 ETH",
        &format!("tx 0x{HEX} confirmed in block 21934877"),
        &format!("sha256:{HEX} is the image that runs"),
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "sk-learn and wr_short are fine, eyJ too",
    ] {
        assert_eq!(seen(text), [], "{text}");
    }
}

#[test]
fn masking_keeps_the_rest() {
    let text = format!("key {HEX} and token wr_4nT8kQ2vZ9xLm3Rp7Yb5Wc leaked");
    let masked = mask(&text, &find(&text));
    assert_eq!(masked, "key [private key masked] and token [access token masked] leaked");
    assert_eq!(find(&masked), []);
}

#[test]
fn a_megabyte_is_searched_in_no_time() {
    for part in ["abandon ", "-----BEGIN PRIVATE KEY", "a", "é", "eyJ.", "0x"] {
        let text = part.repeat(1_000_000 / part.len());
        let started = std::time::Instant::now();
        find(&text);
        assert!(started.elapsed().as_millis() < 3000, "{part}: {:?}", started.elapsed());
    }
}
