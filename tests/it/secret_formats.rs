//! Every format that is not to be recorded, each made up here, found in a line as people paste it and masked whole. The parts of a value are
//! put together at run time, so that nothing in this file is taken for a real one.

use sha2::Digest;
use sha2::Sha256;
use warroom::secret;

/// Letters and digits that look like nobody chose them, so many.
fn random(len: usize) -> String {
    let made = "q7Zk2PvX9mLrT4bNwY8cHs3JfD6gVa5Kt1RxQe0UoWjBzMnCyEiSpAhFlGuIdO".chars().cycle();
    made.take(len).collect()
}

fn hex(len: usize) -> String {
    "9f3ad18c27e6b04f5a".chars().cycle().take(len).collect()
}

fn upper(len: usize) -> String {
    "Q7ZK2PVX4MLRT4BNWY6CHS3J".chars().cycle().take(len).collect()
}

/// Bytes in base58 with their checksum.
pub fn base58check(version: &[u8], payload: &[u8]) -> String {
    let mut bytes = [version, payload].concat();
    let sum = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend(&sum[..4]);
    base58(&bytes)
}

fn base58(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in digits.iter_mut() {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let alphabet = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    digits.iter().rev().map(|digit| char::from(alphabet[usize::from(*digit)])).collect()
}

/// A Stellar seed: base32 of its version, 32 bytes and their CRC-16.
fn stellar() -> String {
    let mut bytes = vec![18 << 3];
    bytes.extend((1..=32).map(|n: u8| n.wrapping_mul(37)));
    let crc = bytes.iter().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 })
    });
    bytes.extend(crc.to_le_bytes());
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    bits.as_bytes().chunks(5).map(|five| char::from(alphabet[five.iter().fold(0, |sum, bit| sum * 2 + usize::from(bit - b'0'))])).collect()
}

fn pem(label: &str) -> String {
    let body = random(64);
    format!("-----BEGIN {label}-----\n{body}\n{body}\n-----END {label}-----")
}

/// The format, a line that holds it, and what of the line may not be recorded.
fn formats() -> Vec<(&'static str, String, String)> {
    let key: Vec<u8> = (1..=32).map(|n: u8| n.wrapping_mul(73)).collect();
    let compressed = [&key[..], &[1]].concat();
    let extended: Vec<u8> = (0..74).map(|n: u8| n.wrapping_mul(29)).collect();
    let array = |len: usize| format!("[{}]", (0..len).map(|n| (n * 37 % 256).to_string()).collect::<Vec<_>>().join(", "));
    let phrase12 = "letter advice cage absurd amount doctor acoustic avoid letter advice cage above";
    let phrase24 = format!("{}vote", "zoo ".repeat(23));
    let mut all = Vec::new();
    let mut add = |name: &'static str, line: &str, value: String| all.push((name, line.replace("{}", &value), value));
    let private = |label: &str| pem(&label.replace('%', "PRIVATE"));
    add("PEM, PKCS #8", "on the build host:\n{}\nrotate it", private("% KEY"));
    add("PEM, RSA", "{}", private("RSA % KEY"));
    add("PEM, EC", "{}", private("EC % KEY"));
    add("PEM, OpenSSH", "id_ed25519 of ops:\n{}", private("OPENSSH % KEY"));
    add("PEM, encrypted", "{}", private("ENCRYPTED % KEY"));
    add("PEM, PGP", "{}", private("PGP % KEY BLOCK"));
    add(
        "PEM in a service account's JSON",
        "{\"type\": \"service_account\", \"private_key\": \"{}\\n\"}",
        private("% KEY").replace('\n', "\\n"),
    );
    add("PEM in base64, kubeconfig", "client-key-data: {}", format!("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVk{}", random(80)));
    add("hexadecimal private key", "signer private key {} was in the image", hex(64));
    add("hexadecimal private key with 0x", "PRIVATE_KEY=0x{}", hex(64));
    add("WIF", "sweep {} now", base58check(&[0x80], &key));
    add("WIF, compressed", "found {} in the ticket", base58check(&[0x80], &compressed));
    add("WIF, Litecoin", "{}", base58check(&[0xb0], &compressed));
    add("BIP-38", "paper wallet {}", base58check(&[0x01, 0x42], &[&[0xc0], &extended[..36]].concat()));
    add("extended key, xprv", "cold wallet {}", base58check(&[0x04, 0x88, 0xad, 0xe4], &extended));
    add("extended key, zprv", "{}", base58check(&[0x04, 0xb2, 0x43, 0x0c], &extended));
    add("seed phrase of 12 words", "customer mailed us: {}", phrase12.into());
    add("seed phrase of 24 words, one a line", "{}", phrase24.replace(' ', "\n"));
    add("Stellar seed", "{}", stellar());
    add("Tezos key", "baker {}", base58check(&[13, 15, 58, 7], &key));
    add("Solana keypair file", "id.json is {}", array(64));
    add("Solana keypair in base58", "secret key {}", base58(&[&key[..], &key[..]].concat()));
    add("Cardano key", "{}", format!("ed25519e_sk1{}", hex(98)));
    add("Cosmos validator key", r#"{"priv_key": {"type": "tendermint/PrivKeyEd25519", "value": "{}"}}"#, format!("{}==", random(86)));
    add("Ethereum keystore", r#"{"crypto": {"cipher": "aes-128-ctr", "ciphertext": "{}", "kdf": "scrypt"}}"#, hex(64));
    add("age key", "{}", format!("AGE-SECRET-KEY-1{}", upper(58)));
    add("NEAR key", "secret key ed25519:{}", base58(&[&key[..], &compressed[..32]].concat()));
    add("AWS access key id", "{} made the calls", format!("AKIA{}", upper(16)));
    add("AWS secret key", "aws_secret_access_key = {}", format!("{}/{}", random(20), random(19)));
    add("AWS key pair side by side", &format!("ASIA{} {{}}", upper(16)), format!("{}+{}", random(20), random(19)));
    add("Azure storage key", "AccountName=ops;AccountKey={};EndpointSuffix=core.windows.net", format!("{}==", random(86)));
    add("Azure SAS", "https://ops.blob.core.windows.net/dumps?sv=2024-11-04&sig={}&se=2026", format!("{}%3D", random(43)));
    add("Azure application secret", "{}", format!("abc8Q~{}", random(34)));
    add("Google API key", "maps uses {}", format!("AIza{}", random(35)));
    add("Google OAuth token", "{}", format!("ya29.{}", random(60)));
    add("GitHub personal token", "git clone with {}", format!("ghp_{}", random(36)));
    add("GitHub fine-grained token", "{}", format!("github_pat_{}_{}", random(22), random(59)));
    add("GitHub app token", "{}", format!("ghs_{}", random(36)));
    add("GitLab token", "{}", format!("glpat-{}", random(20)));
    add("Slack bot token", "{}", format!("xoxb-123456789012-{}", random(24)));
    add("Slack webhook", "curl https://hooks.slack.com/services/{}", format!("T01ABCDEF/B02ABCDEF/{}", random(24)));
    add("Stripe key", "{}", format!("sk_live_{}", random(24)));
    add("Twilio key", "{}", format!("SK{}", hex(32)));
    add("SendGrid key", "{}", format!("SG.{}.{}", random(22), random(43)));
    add("npm token", "//registry.npmjs.org/:_authToken={}", format!("npm_{}", random(36)));
    add("PyPI token", "{}", format!("pypi-AgEIcHlwaS5vcmc{}", random(60)));
    add("DigitalOcean token", "{}", format!("dop_v1_{}", hex(64)));
    add("Vault token", "VAULT_TOKEN={}", format!("hvs.{}", random(90)));
    add("OpenAI key", "{}", format!("sk-proj-{}", random(48)));
    add("Anthropic key", "{}", format!("sk-ant-api03-{}", random(80)));
    add("Telegram bot", "https://api.telegram.org/bot{}/sendMessage", format!("7123456789:AA{}", random(33)));
    add("Discord bot", "{}", format!("MTA{}.GhIjK9.{}", random(23), random(38)));
    add("Discord webhook", "https://discord.com/api/webhooks/{}", format!("112233445566778899/{}", random(68)));
    add("Infura project", "https://mainnet.infura.io/v3/{}", hex(32));
    add("Alchemy project", "rpc: https://eth-mainnet.g.alchemy.com/v2/{}", random(32));
    add("JWT", "curl -H 'X-Auth: {}'", format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{}", random(43)));
    add("Authorization: Bearer", "Authorization: Bearer {}", random(40));
    add("Authorization: Basic", "-H 'Authorization: Basic {}'", "b3BzOmh1bnRlcjI=".into());
    add("password=", "jdbc with password={} fails", "hunter2".into());
    add("passwd:", "passwd: {}", "Sommer2026!".into());
    add("PGPASSWORD", "PGPASSWORD={} psql -h db-2", "walle7".into());
    add("secret=", "webhook secret={}", random(24));
    add("api_key in JSON", r#"{"api_key": "{}"}"#, random(32));
    add("--password", "restic --password {} check", "correcthorse".into());
    add("password in an address", "https://ops:{}@grafana.example.org/d/1", "s3cr3t".into());
    add("password of a database", "DATABASE_URL=postgres://app:{}@db-2:5432/wallet?sslmode=require", "p%40ss".into());
    add("Binance API secret", "Binance api secret: {}", random(64));
    add("Kraken private key", "Kraken private key = {}", format!("{}==", random(86)));
    add("mysql -p", "mysql -u root -p{} wallet", "S3cretS3cret".into());
    add("curl -u", "curl -u ops:{} https://grafana.example.org/api", "letmein".into());
    add("warroom token", "WARROOM_TOKEN={}", format!("wr_{}", random(43)));
    add("seed phrase in an address", "https://wallet.example/restore?words={}", phrase12.replace(' ', "%20"));
    add("seed phrase in an address, with signs", "GET /restore?q={}", phrase12.replace(' ', "+"));
    add("seed phrase in a log of lines", r#"{"body": "{}"}"#, phrase12.replace(' ', r"\n"));
    add("seed phrase in a quoted mail", "{}", format!("> {}", phrase12.replace(" doctor", "\n> doctor")));
    add("seed phrase with stars", "{}", format!("* {}", phrase12.replace(' ', "\n* ")));
    add(
        "seed phrase, numbered with signs",
        "{}",
        phrase12.split(' ').enumerate().map(|(n, word)| format!("#{} {word}\n", n + 1)).collect(),
    );
    add("seed phrase with arrows", "{}", phrase12.replace(' ', " > "));
    add("seed phrase of 25 words", "{}", format!("{} zoo", phrase24.replace("vote", "wagon")));
    add("Substrate address of a key", "subkey inspect '{}'", format!("{phrase12}//hot//3///Passw0rt"));
    add("hexadecimal key, sk", "sk: 0x{}", hex(64));
    add("XRP Ledger seed", "{}", "snoPBrXtMeMyMHUVTgbuqAfg1SUTb".into());
    add("Mina key", "{}", base58check(&[0x5a], &[&[1], &key[..]].concat()));
    add("EOS key", "{}", format!("PVT_K1_{}", random(51)));
    add("Hedera key", "{}", format!("302e020100300506032b657004220420{}", hex(64)));
    add("Filecoin key", "lotus wallet export: {}", format!("7b2254797065223a22{}", hex(140)));
    add("Cardano signing key", r#"{"type": "PaymentSigningKeyShelley_ed25519", "cborHex": "{}"}"#, format!("5820{}", hex(64)));
    let validator = r#"{"crypto": {"kdf": {"function": "scrypt", "message": ""}, "checksum": {"message": "public"},
        "cipher": {"function": "aes-128-ctr", "params": {"iv": "264daa3f303d7259501c93d997d84fe6"}, "message": "{}"}}}"#;
    add("Ethereum validator keystore", validator, hex(64));
    add(
        "Cosmos validator key, value first",
        r#"{"priv_key": {"value": "{}", "type": "tendermint/PrivKeyEd25519"}}"#,
        format!("{}==", random(86)),
    );
    add("JSON Web Key", r#"{"kty": "EC", "crv": "P-256", "x": "public", "d": "{}"}"#, random(43));
    add("end of a PEM", "$ tail -3 signer.pem\n{}", format!("{}\n{}==\n-----END {} KEY-----", random(64), random(22), "PRIVATE"));
    let pgp = format!("-----BEGIN PGP {} KEY BLOCK-----\nVersion: GnuPG v2\nComment: of the ops team\n\n", "PRIVATE");
    add("PGP key, cut off", &format!("{pgp}{{}}"), format!("{}\n{}", random(64), random(64)));
    add("WireGuard preshared key", "PresharedKey = {}", format!("{}=", random(43)));
    add("one-time password", "otpauth://totp/ops:ana?secret={}&issuer=ops", "JBSWYBDPEHPKBPXP".into());
    add("one-time passwords, moved", "otpauth-migration://offline?data={}", random(60));
    add("PagerDuty key", r#"{"routing_key": "{}", "event_action": "trigger"}"#, hex(32));
    add("PagerDuty token", "PAGERDUTY_TOKEN={}", "u+NbAkKc66ryYTWUXYEu".into());
    add("Authorization: a scheme of its own", "Authorization: GenieKey {}", "12345678-abcd-4bcd-8bcd-123456789abc".into());
    add("Authorization without a scheme", "-H 'Authorization: {}'", random(40));
    add("cookie", "< Set-Cookie: sid={}; Path=/; HttpOnly", format!("s%3A{}", random(40)));
    add("Slack workflow", "https://hooks.slack.com/workflows/{}", format!("T01ABCDEF/A02ABCDEF/123/{}", random(24)));
    add("token in an address", "https://api.example.org/v1?token={}&user=ana&page=3", random(32));
    add("container registry", r#"{"auths": {"r.example.org": {"auth": "{}"}}}"#, "b3BzOmh1bnRlcjJ4".into());
    add("personal access token", "AZURE_DEVOPS_PAT={}", format!("{}7", random(52).to_ascii_lowercase()));
    add("Datadog app key", "DD_APP_KEY={}", hex(40));
    add("Terraform Cloud", "{}", format!("{}.atlasv1.{}", random(14), random(60)));
    add("SMTP_PASS", "SMTP_PASS={} make mail", "S3cretPw9".into());
    add("sshpass -p", "sshpass -p{} ssh ops@signer-3", "S3cretPw9".into());
    add("curl -uuser:password", "curl -uops:{} https://grafana.example.org/api", "letmein1".into());
    all
}

#[test]
fn every_format_is_caught_and_masked_whole() {
    let formats = formats();
    assert!(formats.len() >= 40, "{}", formats.len());
    let mut missed = Vec::new();
    for (name, line, value) in &formats {
        let masked = secret::masked(line).map_or_else(|| line.clone(), |(masked, _)| masked);
        // No part of a value that would help anyone may be left.
        let parts = value.split(|c: char| !c.is_alphanumeric()).filter(|part| part.len() >= 5 && !matches!(*part, "BEGIN" | "PRIVATE"));
        let left: Vec<&str> = parts.filter(|part| masked.contains(part)).collect();
        if masked == *line || !left.is_empty() {
            missed.push(format!("{name}: {masked}"));
        } else if secret::masked(&masked).is_some() {
            missed.push(format!("{name}: masked twice: {masked}"));
        }
    }
    println!("{} formats caught", formats.len() - missed.len());
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), formats.len(), missed.join("\n"));
}

#[test]
fn a_mask_names_what_it_hides_and_leaves_the_words_around() {
    let (_, line, _) = formats().into_iter().find(|(name, ..)| *name == "WIF").expect("a format");
    assert_eq!(secret::masked(&line).expect("a mask").0, "sweep [private key masked] now");
}

#[test]
fn hostile_text_is_read_in_steps_that_grow_with_its_length() {
    let hostile = [
        "abandon ",
        "-----BEGIN PRIVATE KEY",
        "-----BEGIN PRIVATE KEY-----",
        "a",
        "é",
        "eyJ.",
        "0x",
        "eyJ",
        "token=",
        "password=",
        "://",
        "[1,",
        "[",
        "Private-Lines:",
        "/PrivKey\"value\"",
        "AKIA",
        "1:AA",
        "key ",
        "5H",
        "sk-",
        "\"ciphertext\":\"kdf\"",
        "sig=",
        "bearer ",
        "https://a:b",
        "-p",
        "mysql -p ",
        "is the key ",
        "private ",
        "c0ffee00",
        "password: correcthorse ",
        "ookie: a=b;",
        "otpauth://secret=",
        "-----END PRIVATE KEY-----",
        "\"kdf\"\"cipher\"",
        "\"priv_key\"",
        "zoo/zoo%20zoo\\n",
        "Authorization: x ",
    ];
    let timed = |text: &str| {
        let started = std::time::Instant::now();
        secret::find(text);
        started.elapsed().as_secs_f64()
    };
    for part in hostile {
        let of = |bytes: usize| part.repeat(bytes / part.len());
        let (small, large) = (timed(&of(8 * 1024)).max(0.004), timed(&of(64 * 1024)));
        // Eight times the text in eight times the time, five times over for a busy machine; its square would be sixty-four times.
        assert!(large < small * 40.0, "{part:?}: {small:.4} s for 8 KiB, {large:.4} s for 64 KiB");
    }
    let all = hostile.join("").repeat(256 * 1024 / hostile.join("").len());
    let took = timed(&all);
    assert!(took < 20.0, "{took:.1} s for 256 KiB of everything");
}
