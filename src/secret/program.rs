//! Passwords behind the short flags of well-known programs: `mysql -pS3cret`, `sshpass -p …`, `curl -u ana:…`, `redis-cli -a …`.

use crate::secret::Find;
use crate::secret::Secret;
use crate::secret::runs;
use crate::secret::value;

/// Programs, the flag, and whether the value may stick to it.
const FLAGS: [(&str, &str, bool); 10] = [
    ("mysql", "-p", true),
    ("mysqldump", "-p", true),
    ("mysqladmin", "-p", true),
    ("mariadb", "-p", true),
    ("sshpass", "-p", false),
    ("sshpass", "-p", true),
    ("curl", "-u", false),
    ("curl", "-u", true),
    ("curl", "--user", false),
    ("redis-cli", "-a", false),
];

/// Where such passwords stand.
pub fn find(text: &str) -> Vec<Find> {
    let (mut finds, mut program, mut flag) = (Vec::new(), "", "");
    let mut end = 0;
    for (at, word) in runs(text, |c| !c.is_whitespace()) {
        if text[end..at].contains('\n') {
            (program, flag) = ("", "");
        }
        end = at + word.len();
        let bare = word.trim_matches(['"', '\'', '`', '$', '(', ')', ',', ';']);
        let name = bare.rsplit('/').next().unwrap_or(bare);
        if FLAGS.iter().any(|(known, ..)| *known == name) {
            (program, flag) = (name, "");
            continue;
        }
        let start = at + (bare.as_ptr() as usize - word.as_ptr() as usize);
        let of_program = || FLAGS.iter().filter(|(known, ..)| *known == program);
        if let Some((_, known, _)) =
            of_program().find(|(_, known, sticks)| *sticks && bare.len() > known.len() + 3 && bare.starts_with(known))
            && !bare.starts_with("--")
        {
            let user = if program == "curl" { bare.find(':').map_or(bare.len(), |colon| colon + 1) } else { known.len() };
            finds.extend(secret(start + user, &bare[user..]));
        } else if of_program().any(|(_, known, sticks)| !sticks && *known == flag) {
            match (program, bare.split_once(':')) {
                ("curl", Some((user, password))) => finds.extend(secret(start + user.len() + 1, password)),
                ("curl", None) => {}
                _ => finds.extend(secret(start, bare)),
            }
        }
        flag = bare;
    }
    finds
}

fn secret(start: usize, password: &str) -> Option<Find> {
    let is_one = password.len() >= 3 && !value::is_placeholder(password);
    is_one.then(|| Find::sure(Secret::Password, start..start + password.len()))
}
