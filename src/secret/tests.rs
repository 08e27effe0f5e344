//! The edges of what is found. The secrets here are made up or are the well-known examples of their standards.

use super::*;

const HEX: &str = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";
const SEED: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";

/// What is found, and whether it is sure.
fn seen(text: &str) -> Vec<(Secret, &str, bool)> {
    find(text).into_iter().map(|find| (find.secret, &text[find.range], find.is_sure)).collect()
}

#[test]
fn keys_in_lines_of_their_own_are_found_whole_or_cut_off() {
    let body = "MHQCAQEEIGFrZXlvZm5vYm9keWFuZG5vdGhpbmc0Mg";
    let pem = format!("-----BEGIN EC {} KEY-----\n{body}\n-----END EC {} KEY-----", "PRIVATE", "PRIVATE");
    assert_eq!(seen(&format!("found this: {pem} on disk")), [(Secret::PrivateKey, pem.as_str(), true)]);
    for half in [format!("-----BEGIN {} KEY-----\n{body}", "PRIVATE"), format!("-----BEGIN {} KEY-----\\n{body}", "PRIVATE")] {
        assert_eq!(seen(&half), [(Secret::PrivateKey, half.as_str(), true)]);
    }
    let spoken = format!("grep finds \"-----BEGIN RSA {} KEY-----\" in the image of the signer and nothing else", "PRIVATE");
    assert_eq!(seen(&spoken), []);
}

#[test]
fn the_words_around_hexadecimal_digits_decide() {
    for text in ["signer key {}.", "{} is the private key", "SIGNER_PRIVATE_KEY={}", "the seed was {}", "cast send --private-key 0x{}"] {
        let text = text.replace("{}", HEX);
        assert!(matches!(seen(&text).as_slice(), [(Secret::PrivateKey, _, true)]), "{text}: {:?}", seen(&text));
    }
    for text in
        ["tx 0x{} confirmed", "sha256:{} runs", "{} has 3 confirmations in the mempool of node 4", "public key {}", "stuck: 0x{}, 12 ETH"]
    {
        let text = text.replace("{}", HEX);
        assert_eq!(seen(&text), [], "{text}");
    }
    for text in [HEX.to_owned(), format!("0x{HEX}"), format!("this was in the paste: {HEX}")] {
        assert!(matches!(seen(&text).as_slice(), [(Secret::PrivateKey, _, false)]), "{text}");
        assert_eq!(masked(&text), None, "nobody can be asked: it stays");
    }
}

#[test]
fn seed_phrases_are_found_however_they_are_written() {
    let numbered: String = SEED.split(' ').enumerate().map(|(n, word)| format!("{}. {word}\n", n + 1)).collect();
    for text in [format!("Backup says: {SEED}"), SEED.to_uppercase(), SEED.replace(' ', ", "), SEED.replace(' ', "\n"), numbered] {
        assert!(matches!(seen(&text).as_slice(), [(Secret::SeedPhrase, _, true)]), "{text}");
    }
    let mistyped = SEED.replace("yellow", "zoo");
    assert_eq!(seen(&mistyped), [(Secret::SeedPhrase, mistyped.as_str(), true)], "alone on its line");
    assert!(matches!(seen(&format!("the seed phrase is {mistyped}")).as_slice(), [(_, _, true)]));
    assert!(matches!(seen(&format!("Jo read out {mistyped} by phone")).as_slice(), [(_, _, false)]), "asked");
    assert_eq!(seen("able about above absent absorb abstract absurd abuse access accident account"), [], "eleven words");
}

#[test]
fn passwords_are_told_from_words_about_them() {
    for (text, value) in [
        ("DB_PASSWORD=hunter2", "hunter2"),
        ("psql postgres://app:s3cr3t@db:5432/wallet", "s3cr3t"),
        ("{\"password\": \"letmein\"}", "letmein"),
        ("the password is Tr0ub4dor&3.", "Tr0ub4dor&3"),
        ("Server=db;Password=abcd1;Database=w", "abcd1"),
        ("mysql -u root -pS3cretS3cret wallet", "S3cretS3cret"),
    ] {
        assert_eq!(seen(text), [(Secret::Password, value, true)], "{text}");
    }
    for text in [
        "password: reset by ana at 14:02",
        "the password is wrong",
        "PASSWORD=${DB_PASSWORD}",
        "password=[password masked]",
        "cat: /etc/passwd: Permission denied",
        "PWD=/var/lib/warroom7",
        "secret=hot-wallet-tls-7d9f8b",
        "token=USDC",
        "token: 0xdAC17F958D2ee523a2206206994597C13D831ec7",
        "https://ops@git.example.org:8443/x?page_token=CAUQAA8f7s9d",
    ] {
        assert_eq!(seen(text), [], "{text}");
    }
    assert!(matches!(seen("password: correcthorse").as_slice(), [(Secret::Password, _, false)]));
}

#[test]
fn masking_keeps_the_rest_and_leaves_nothing_to_find() {
    let text = format!("key {HEX} and token wr_4nT8kQ2vZ9xLm3Rp7Yb5Wc leaked; {SEED}; password=hunter2");
    let (masked_text, finds) = masked(&text).expect("finds");
    assert_eq!(
        masked_text,
        "key [private key masked] and token [access token masked] leaked; [seed phrase masked]; password=[password masked]"
    );
    assert_eq!((finds.len(), find(&masked_text)), (4, vec![]));
}
