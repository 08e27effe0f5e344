//! Where the server is, and the token that opens it: from flags, the environment, the configuration, or what `connect` stored.

use crate::cli::config::Config;
use crate::cli::failure::Failure;
use crate::cli::home::Home;
use crate::cli::output::Output;
use crate::cli::whole_file::write_private;
use serde::Deserialize;
use serde::Serialize;
use std::fmt;
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;

const FILE: &str = "connection.json";
/// No token is longer; what is longer is some other file.
const TOKEN_MAX_BYTES: u64 = 4096;

/// A token. It prints as `wr_…`, so that no log and no message ever shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// A token as typed or read from a file.
    ///
    /// # Errors
    /// When it cannot be one; `place` says where it came from.
    pub fn read(text: &str, place: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let sound = text
            .strip_prefix("wr_")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'));
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(Failure::Usage(format!(
                "{place} does not hold a token; a token begins with `wr_` and is made by `warroom token create` on the server"
            )))
        }
    }

    /// The secret itself.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("wr_…")
    }
}

/// What `connect` stored.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stored {
    /// The server's address.
    pub remote: String,
    /// The token for it.
    pub token: Token,
    /// Whose token it is.
    pub person: String,
}

impl Stored {
    /// What this home remembers, if anything.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn load(home: &Home) -> Result<Option<Self>, Failure> {
        let path = stored_file(home);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(why) if matches!(why.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => return Ok(None),
            Err(why) => return Err(Failure::of_file(&path, "read", &why)),
        };
        serde_json::from_str(&text).map(Some).map_err(|why| {
            Failure::Failed(format!("{} is not what `warroom connect` wrote ({why}); connect again: warroom connect URL", path.display()))
        })
    }

    /// Keeps it, for this user only.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, home: &Home) -> Result<(), Failure> {
        home.prepare()?;
        let text = serde_json::to_string_pretty(self).map_err(|why| Failure::Failed(why.to_string()))?;
        write_private(&stored_file(home), &text)
    }
}

/// The file in a home that `connect` writes.
pub fn stored_file(home: &Home) -> PathBuf {
    home.folder().join(FILE)
}

/// Where tokens may come from beside the store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// `--token-file` or `WARROOM_TOKEN_FILE`.
    pub file: Option<&'a Path>,
    /// `WARROOM_TOKEN`.
    pub variable: Option<&'a str>,
}

/// The token to use at `remote`, if there is one. A stored token is only used at the address it was stored for.
///
/// # Errors
/// When a source is named and holds no token.
pub fn token(
    sources: Sources<'_>,
    config: &Config,
    stored: Option<&Stored>,
    remote: Option<&str>,
    output: Option<&Output>,
) -> Result<Option<Token>, Failure> {
    if let Some(file) = sources.file {
        return token_in(file, output).map(Some);
    }
    if let Some(text) = sources.variable {
        return Token::read(text, "WARROOM_TOKEN").map(Some);
    }
    if let Some(file) = &config.token_file {
        return token_in(file, output).map(Some);
    }
    Ok(stored.filter(|stored| remote.is_none_or(|remote| same_place(remote, &stored.remote))).map(|stored| stored.token.clone()))
}

fn token_in(path: &Path, output: Option<&Output>) -> Result<Token, Failure> {
    if path == Path::new("-") {
        let text = std::io::read_to_string(std::io::stdin().lock().take(TOKEN_MAX_BYTES));
        return Token::read(&text.map_err(|why| Failure::of_file(path, "read", &why))?, "stdin");
    }
    let failed = |why: std::io::Error| Failure::of_file(path, "read", &why);
    let file = fs::File::open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    if let Some(output) = output.filter(|_| meta.is_file() && meta.mode() & 0o077 != 0) {
        let name = path.display();
        output.note(&format!("the token in {name} can be read by other users of this machine; make it private: chmod 600 {name}"));
    }
    let text = std::io::read_to_string(file.take(TOKEN_MAX_BYTES)).map_err(failed)?;
    Token::read(&text, &path.display().to_string())
}

/// The address, brought into one shape without a slash at its end.
///
/// # Errors
/// When it is not an http or https address, or speaks plain HTTP to another machine, which would show the token to the network.
pub fn check_remote(address: &str) -> Result<String, Failure> {
    let url = reqwest::Url::parse(address.trim())
        .map_err(|why| Failure::Usage(format!("`{address}` is not an address ({why}); expected one such as https://warroom.example")))?;
    let Some(host) = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")) else {
        return Err(Failure::Usage(format!("`{address}` is not an address of a server; expected one such as https://warroom.example")));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure::Usage(
            "an address holds no name and no password; the token goes into --token-file FILE or WARROOM_TOKEN".into(),
        ));
    }
    let bare = host.trim_matches(['[', ']']);
    let loopback = bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if url.scheme() == "http" && !loopback {
        let sentence = format!(
            "http://{host} would send your token readable over the network; use https://, or an SSH tunnel to a port of this machine"
        );
        return Err(Failure::Usage(sentence));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn same_place(one: &str, other: &str) -> bool {
    let shape = |address: &str| check_remote(address).unwrap_or_else(|_| address.trim_end_matches('/').to_owned());
    shape(one) == shape(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_before_a_token_goes_there() {
        assert_eq!(check_remote("http://127.0.0.1:7766/").unwrap(), "http://127.0.0.1:7766");
        assert_eq!(check_remote("https://war.example/base/").unwrap(), "https://war.example/base");
        assert!(check_remote("http://[::1]:80").is_ok() && check_remote("http://localhost:1").is_ok());
        assert!(check_remote("http://war.example").unwrap_err().to_string().contains("readable over the network"));
        for bad in ["war.example", "ftp://x", "", "https://u:p@x", "file:///etc/passwd"] {
            assert_eq!(check_remote(bad).unwrap_err().exit_code(), 2, "{bad}");
        }
    }

    #[test]
    fn a_stored_token_stays_with_its_server() {
        let output = Output::new(false, crate::cli::output::Color::Never);
        let stored = Stored { remote: "https://a".into(), token: Token::read("wr_1", "x").unwrap(), person: "ana".into() };
        let ask = |remote| token(Sources::default(), &Config::default(), Some(&stored), Some(remote), Some(&output)).unwrap();
        assert_eq!(ask("https://a/").as_ref().map(Token::secret), Some("wr_1"));
        assert_eq!(ask("https://b"), None);
        assert_eq!(format!("{:?}", stored.token), "wr_…");
        assert!(Token::read("Bearer x", "WARROOM_TOKEN").unwrap_err().to_string().contains("WARROOM_TOKEN"));
    }
}
