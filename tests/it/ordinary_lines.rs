//! What people write in an incident, more than a thousand lines of it: hashes, addresses, ids, amounts, logs, prose. None of it may be masked.

use crate::secret_formats::base58check;
use std::collections::BTreeSet;
use warroom::secret;

/// Digits that differ from line to line and are the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn of(&mut self, letters: &str, len: usize) -> String {
        let letters = letters.as_bytes();
        (0..len).map(|_| char::from(letters[self.below(letters.len())])).collect()
    }

    fn hex(&mut self, len: usize) -> String {
        self.of("0123456789abcdef", len)
    }

    fn base58(&mut self, len: usize) -> String {
        self.of(BASE58, len)
    }

    fn bech32(&mut self, len: usize) -> String {
        self.of("qpzry9x8gf2tvdw0s3jn54khce6mua7l", len)
    }

    fn base64(&mut self, len: usize) -> String {
        self.of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", len)
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn number(&mut self) -> String {
        self.of("123456789", 1) + &self.of("0123456789", 3)
    }

    fn uuid(&mut self) -> String {
        format!("{}-{}-4{}-9{}-{}", self.hex(8), self.hex(4), self.hex(3), self.hex(3), self.hex(12))
    }

    /// An old Bitcoin address, its checksum right.
    fn bitcoin(&mut self) -> String {
        let payload: Vec<u8> = (0..20).map(|_| self.below(256) as u8).collect();
        format!("1{}", base58check(&[0], &payload))
    }

    /// A template with each `<what>` filled in.
    fn fill(&mut self, template: &str) -> String {
        let mut line = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('<') {
            let (what, behind) = after.split_once('>').expect("a closed place");
            line.push_str(before);
            line.push_str(&self.value(what));
            rest = behind;
        }
        line + rest
    }

    fn value(&mut self, what: &str) -> String {
        match what {
            "hash" => self.hex(64),
            "0xhash" => format!("0x{}", self.hex(64)),
            "eth" => format!("0x{}", self.of("0123456789abcdefABCDEF", 40)),
            "btc" => self.bitcoin(),
            "segwit" => format!("bc1q{}", self.bech32(38)),
            "taproot" => format!("bc1p{}", self.bech32(58)),
            "sol" => self.base58(44),
            "solsig" => self.base58(88),
            "tron" => format!("T{}", self.base58(33)),
            "xrp" => format!("r{}", self.base58(33)),
            "cosmos" => format!("cosmos1{}", self.bech32(38)),
            "ada" => format!("addr1q{}", self.bech32(97)),
            "xlm" => format!("G{}", self.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 55)),
            "tz" => format!("tz1{}", self.base58(33)),
            "near" => format!("ed25519:{}", self.base58(44)),
            "dot" => format!("1{}", self.base58(46)),
            "xpub" => format!("xpub6{}", self.base58(106)),
            "pubkey" => format!("0{}{}", self.pick(&["2", "3"]), self.hex(64)),
            "bls" => format!("0x{}", self.hex(96)),
            "git" => self.hex(40),
            "short" => self.hex(8),
            "uuid" => self.uuid(),
            "cid" => format!("Qm{}", self.base58(44)),
            "pod" => format!(
                "{}-{}-{}",
                self.pick(&["withdrawer", "signer-api", "hot-wallet", "ledger-sync"]),
                self.hex(9),
                self.of("bcdfghjklmnpqrstvwxz2456789", 5)
            ),
            "b64" => format!("{}=", self.base64(43)),
            "n" => self.number(),
            "ip6" => format!("2001:db8:{}:{}::{}", self.hex(4), self.hex(4), self.hex(4)),
            "ip" => format!("10.{}.{}.{}", self.below(256), self.below(256), self.below(256)),
            "who" => self.pick(&["ana", "bo", "chi", "dee", "eve"]).into(),
            "time" => format!("{:02}:{:02}:{:02}", self.below(24), self.below(60), self.below(60)),
            other => panic!("no such place: {other}"),
        }
    }
}

const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const TEMPLATES: &[&str] = &[
    "tx <0xhash> confirmed in block <n>",
    "txid <hash> has 3 confirmations",
    "withdrawal <0xhash> stuck in the mempool since <time>",
    "<0xhash> reverted with error 0x<short>",
    "see https://etherscan.io/tx/<0xhash>",
    "https://mempool.space/tx/<hash> at 3 sat/vB",
    "https://solscan.io/tx/<solsig>",
    "block hash <hash> at height <n>",
    "state root mismatch: want <0xhash> got <0xhash>",
    "parentHash=<0xhash> number=<n>",
    "{\"txHash\": \"<0xhash>\", \"blockHash\": \"<0xhash>\", \"status\": \"0x0\"}",
    "merkle proof <hash>, <hash>, <hash>",
    "drained to <eth>, then bridged",
    "from <eth> to <eth>: 12.4 ETH",
    "token 0xdAC17F958D2ee523a2206206994597C13D831ec7 paused by <who>",
    "token=<eth> decimals=6",
    "deposit to <btc> not credited",
    "change went to <segwit>",
    "taproot output <taproot> unspent",
    "Solana account <sol> closed",
    "token mint <sol> frozen",
    "signature <solsig> finalized",
    "Solana tx <solsig> failed: InstructionError",
    "TRON <tron> blacklisted",
    "XRP <xrp> tag <n>",
    "validator <cosmos> jailed at height <n>",
    "<ada> holds 12,400 ADA",
    "Stellar account <xlm> merged",
    "baker <tz> missed 4 slots",
    "implicit account of <near>",
    "DOT <dot> nominated",
    "watch-only wallet <xpub> lags",
    "public key <pubkey> is not in the set",
    "validator <bls> slashed in epoch <n>",
    "commit <git> rolled back by <who>",
    "git revert <git> && git push",
    "deployed <short> to prod at <time>",
    "image registry.example.org/withdrawer@sha256:<hash>",
    "sha256:<hash> is what runs",
    "<hash>  withdrawer.tar.gz is its checksum, sha256 as published",
    "trace_id=<uuid> span=<short><short>",
    "request <uuid> timed out after 30s",
    "idempotency key <uuid> seen twice",
    "idempotency-key: <hash>",
    "cache key <hash> evicted",
    "storage key <0xhash> of contract <eth> changed",
    "INC-<n> merged into INC-<n>",
    "loss $1,2<n> by now, growing $5k/min",
    "fee 0.000<n> BTC, gas <n> gwei",
    "https://grafana.example.org/d/<short>/withdrawals?orgId=1&from=now-6h&to=now&var-node=<ip>",
    "https://api.example.org/v1/orders?page_token=<short>&limit=100&sort=-at",
    "https://status.example.org/incidents/<uuid>?utm_source=pager&key=withdrawals",
    "https://ops.example.org:8443/run/<short>#step-3",
    "<time> ERROR c.e.wallet.Signer - timeout after <n>ms at com.example.wallet.Signer.sign(Signer.java:214)",
    "    at com.example.wallet.hot.HotWalletService.withdraw(HotWalletService.java:<n>)",
    "thread 'tokio-runtime-worker' panicked at src/signer.rs:<n>:17: called `Option::unwrap()` on a `None` value",
    "level=error ts=2026-11-21T<time>Z caller=compact.go:<n> msg=\"Memory exceeded\" traceID=<hash>",
    "panic: runtime error: index out of range [<n>] with length 4 goroutine 1 [running]",
    "pod <pod> OOMKilled on node ip-<ip>.ec2.internal",
    "kubectl -n wallet logs <pod> --since=10m | grep -c timeout",
    "kubectl rollout restart deploy/withdrawer -n wallet",
    "secret/hot-wallet-tls-<short> mounted into <pod>",
    "secret=signer-api-tls-<short> is missing in namespace wallet",
    "imagePullSecrets: regcred",
    "Integrity: sha256-<b64>",
    "ETag: \"<hash>\" of the object",
    "Content-MD5: <b64>",
    "checksum <b64> differs from the manifest",
    "peer <cid> dropped, dialing again",
    "/ip4/<ip>/tcp/30303/p2p/<cid>",
    "enode of node 4 at [<ip6>]:30303 unreachable",
    "<ip6> and <ip> answer, <ip6> does not",
    "HTTP 503 from <ip>:8545, Retry-After: 30",
    "ORA-0<n>, ECONNREFUSED, SQLSTATE 53300, exit code 137",
    "error code: -32000, message: \"nonce too low: next nonce <n>, tx nonce <n>\"",
    "password: reset by <who> at <time>",
    "the password was changed, the token was rotated, the key is revoked",
    "Access denied for user 'ops'@'<ip>' (using password: YES)",
    "<who> rotated the API key of the exchange; the old one is dead since <time>",
    "root key ceremony at <time>, 3 of 5 signers present",
    "private key of signer-3 may have leaked through the build cache",
    "seed nodes <ip>, <ip> and <ip> restarted",
    "seed phrase of the customer was phished; funds moved at <time>",
    "we rotate secrets: database, webhook, signer, in that order",
    "auth failed: bearer token expired <n> s ago",
    "Authorization header missing on <n> requests",
    "token bucket empty, 429 for <n> clients",
    "basic auth disabled on grafana",
    "SSH key of <who> added: SHA256:<b64>",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI<b64> <who>@ops",
    "-----BEGIN CERTIFICATE-----\nMIIB<b64>\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMCow<b64>\n-----END PUBLIC KEY-----",
    "kid=<uuid> alg=RS256 exp=<n>",
    "account id 1<n><n>, role arn:aws:iam::123456789012:role/signer-<short>",
    "s3://backups/wallet/2026-11-21/<uuid>.tar.zst",
    "/var/lib/withdrawer/queue/<short>.json is 0 bytes",
    "[12, 40, 33, 8, 1, 0, 255, <n>] ms for the last eight blocks",
    "cat /etc/passwd: Permission denied for <who>",
    "PWD=/srv/withdrawer-<n> USER=<who> make deploy",
    "sk-learn model of <n> features retrained",
    "psql -h db-2 -U app wallet -c 'select count(*) from withdrawals where id > <n>'",
    "psql postgres://app@db-2:5432/wallet?sslmode=require",
    "curl -s -u ops https://api.example.org/health",
    "ssh ops@<ip> uptime",
    "Suspend withdrawals on BTC and ETH until a second validation",
    "outflow back to baseline after the third node was restarted from its snapshot and caught up again without any error in the log",
    "Auszahlungen gestoppt, Schlüssel von Signierer 3 wird getauscht, Kennwort für Grafana neu gesetzt um <time>",
    "Retraits suspendus ; le mot de passe de l'opérateur a été changé à <time>, rien d'autre à signaler",
    "Retiros suspendidos; la clave privada del firmante 3 está comprometida, se rota antes de las <time>",
    "出金を停止、署名者3の鍵を交換、<time>に確認",
    "Выводы остановлены, ключ подписанта 3 заменён в <time>, блок <n>",
    "bridge, custody, deposit, exchange, gas price, liquidity, market maker, node, oracle, pool, staking, treasury, vault, wallet",
    "check balance, cancel orders, alert customers, pause market, review logs, update status, inform legal, verify nodes, record all",
    "able, about, actual, address, amount, asset, balance, base, block, bridge, chain, change, check, claim, code",
    "nodes alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima are in sync",
    "1. stop withdrawals 2. rotate signer 3 3. drain the queue 4. tell customers 5. resume at 25 %",
    "Balances on 4 nodes agree, block 21 934 877, difference 0.000 BTC, <who> and <who> have looked",
    "merge request !<n> pipeline <n> job deploy:prod failed (exit 1)",
    "alertmanager group key {}:{alertname=\"NodeLag\", chain=\"eth\"} fired <n> times",
    "nonce 0x<short>, gasLimit 21000, data 0xa9059cbb000000000000000000000000<git>",
    "calldata 0x<hash><hash><hash>",
    "log topics: <0xhash>, <0xhash>",
    "rpc eth_getBlockByNumber(\"0x<short>\", false) took <n> ms",
    "docker run --rm -e NODE_ENV=production withdrawer:v2.<n>.1",
    "cargo 1.95.0, rustc <short> 2026-10-01, glibc 2.36, kernel 6.1.0-<n>-amd64",
    "SELECT id, hash FROM withdrawals WHERE hash = '\\x<hash>'",
    "md5 <short><short><short><short>, sha1 <git>",
    "device <uuid> (serial C02<n>XYZ) wiped by <who>",
    "sh -c 'stty -echo; printf \"Password: \"; read p; stty echo'",
    "printf 'token: '; read token",
    "knows the secret; HMAC of <n> bytes agrees",
    "set-cookie: theme=dark; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
    "https://grafana.example.org/d/<short>?orgId=1&from=now-6h&token_type=eth&page=<n>",
    "routing_key=withdrawals.eth.v2 queue=orders-<n>",
    "service_key: hot-wallet",
    "\"auth\": \"oauth2-proxy\"",
    "Authorization: missing for <n> requests of withdrawals-api",
    "first_pass=<time> second_pass=<n> bypass=1",
    "/var/lib/stage/action/area/base/blast/board/bring/build/<n>.json",
    "{\"cipher\": \"TLS_AES_128_GCM_SHA256\", \"message\": \"<hash> is the checksum\"}",
    "AUTH_METHOD=none PATH=/usr/bin:/srv/<short>/bin COMPAT=<n>",
];

#[test]
fn a_thousand_ordinary_lines_are_left_as_they_are() {
    let mut dice = Dice(42);
    let mut lines = BTreeSet::new();
    for _ in 0..20 {
        lines.extend(TEMPLATES.iter().map(|template| dice.fill(template)));
    }
    assert!(lines.len() >= 1_500, "{} lines", lines.len());
    let damaged: Vec<String> = lines.iter().filter_map(|line| Some(format!("{line}\n  -> {}", secret::masked(line)?.0))).collect();
    let asked: Vec<&String> = lines.iter().filter(|line| !secret::find(line).is_empty()).collect();
    println!("{} lines, {} damaged, {} asked about", lines.len(), damaged.len(), asked.len());
    assert!(damaged.is_empty(), "{} of {}:\n{}", damaged.len(), lines.len(), damaged.join("\n"));
    // A question about an ordinary line costs a moment each time, too.
    assert!(asked.is_empty(), "asked about {} of {}:\n{asked:#?}", asked.len(), lines.len());
    // Together they are one long log, in which a hash of one line stands near a word of the next.
    let all = lines.iter().cloned().collect::<Vec<_>>().join("\n");
    let damaged: Vec<&str> = secret::find(&all).into_iter().filter(|find| find.is_sure).map(|find| &all[find.range]).collect();
    assert!(damaged.is_empty(), "{damaged:#?}");
}

#[test]
fn the_projects_own_documents_are_left_as_they_are() {
    for (name, text) in [("README.md", include_str!("../../README.md")), ("CHANGELOG.md", include_str!("../../CHANGELOG.md"))] {
        let found: Vec<&str> = secret::find(text).into_iter().map(|find| &text[find.range]).collect();
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}
