//! Real PostgreSQL clusters: one that all tests share, each in a database of its own, and others that a test may kill.

use crate::stage::eventually;
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use uuid::Uuid;

const PREFIX: &str = "warroom-postgres-";
const SETTINGS: &str = "listen_addresses = '127.0.0.1'\nmax_connections = 200\nshared_buffers = 64MB\nwal_level = replica\nmax_wal_senders = 8\nhot_standby = on\nlog_min_messages = fatal\n";

/// A cluster; it ends with its owner, or with the process.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    /// The process group while it runs, 0 while it does not.
    group: AtomicU32,
}

/// The cluster that all tests share; `None`, and a word about it, where PostgreSQL is not installed.
pub fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    SHARED.get_or_init(Cluster::start).as_ref()
}

/// Where the programs of PostgreSQL lie.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = versions.chain(std::env::split_paths(&paths)).collect();
    folders.sort_by_key(|folder| !folder.starts_with("/usr/lib/postgresql"));
    folders.into_iter().find(|folder| ["initdb", "postgres", "pg_ctl", "pg_basebackup"].iter().all(|name| folder.join(name).exists()))
}

/// A program of PostgreSQL, run as somebody who is not root and gone when this process is.
fn command(program: &str) -> Command {
    let path = programs().expect("PostgreSQL is installed").join(program);
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|said| said.stdout == b"0\n");
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if is_root {
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]);
    }
    command.arg("--").arg(path).env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").current_dir("/");
    command.stdin(Stdio::null()).process_group(0);
    command
}

fn ok(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    assert!(status.success(), "{command:?}: {}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("UTF-8")
}

/// A folder that the user of the database may write.
fn folder() -> PathBuf {
    static SWEPT: OnceLock<()> = OnceLock::new();
    SWEPT.get_or_init(|| {
        for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
            if owner.is_some_and(|owner| !Path::new(&format!("/proc/{owner}")).exists()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    });
    let number = Uuid::now_v7().simple().to_string();
    let folder = std::env::temp_dir().join(format!("{PREFIX}{}-{}", std::process::id(), &number[20..]));
    fs::create_dir(&folder).expect("a folder");
    fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o777)).expect("its mode");
    folder
}

impl Cluster {
    /// A new cluster that runs; `None`, and a word about it, where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        if programs().is_none() {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "PostgreSQL is not installed, and CI needs it");
            println!("skipped: PostgreSQL is not installed");
            return None;
        }
        let cluster = Self::in_new_folder();
        ok(command("initdb")
            .args(["--no-sync", "--auth=trust", "--username=warroom", "--encoding=UTF8", "--no-locale", "-D"])
            .arg(cluster.data()));
        cluster.configure(SETTINGS);
        cluster.run();
        Some(cluster)
    }

    fn in_new_folder() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
        Self { folder: folder(), port, group: AtomicU32::new(0) }
    }

    /// A standby of this cluster that follows it.
    pub fn standby(&self, name: &str) -> Self {
        let standby = Self::in_new_folder();
        let source = format!("host=127.0.0.1 port={} user=warroom application_name={name}", self.port);
        ok(command("pg_basebackup")
            .args(["--no-sync", "--checkpoint=fast", "-R", "-X", "stream", "-d", &source, "-D"])
            .arg(standby.data()));
        standby.run();
        standby
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Adds settings; some need `run` or `reload` to hold.
    pub fn configure(&self, settings: &str) {
        let path = self.data().join("postgresql.conf");
        let before = fs::read_to_string(&path).expect("the settings");
        fs::write(path, format!("{before}\n{settings}")).expect("the settings");
    }

    /// A file of the database's own that it may read.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.data().join(name);
        // Written by its owner, so that its owner can read what nobody else can.
        fs::copy(self.data().join("PG_VERSION"), &path).expect("a file");
        fs::write(&path, text).expect("a file");
        ok(Command::new("chown").arg("--reference").arg(self.data()).arg(&path));
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("its mode");
    }

    pub fn reload(&self) {
        ok(command("pg_ctl").args(["reload", "-D"]).arg(self.data()));
    }

    /// Starts it, or starts it again.
    pub fn run(&self) {
        let log = fs::File::options().append(true).create(true).open(self.folder.join("log")).expect("a log");
        let mut command = command("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-p")
            .arg(self.port.to_string())
            .arg("-k")
            .arg(&self.folder)
            .stdout(Stdio::null())
            .stderr(log);
        let (started, starts) = mpsc::channel();
        // The cluster ends with the thread that started it, so that thread stays for as long as the process.
        thread::spawn(move || {
            let mut child = command.spawn().expect("PostgreSQL starts");
            started.send(child.id()).expect("somebody waits");
            let _ = child.wait();
            loop {
                thread::park();
            }
        });
        self.group.store(starts.recv().expect("it was started"), Ordering::SeqCst);
        eventually("a database that answers", || self.try_sql("postgres", "SELECT 1").ok());
    }

    /// Kills every process of it at once, as a power cut would.
    pub fn kill(&self) {
        let group = self.group.swap(0, Ordering::SeqCst);
        if group != 0 {
            ok(Command::new("kill").args(["-KILL", "--", &format!("-{group}")]));
            eventually("no process of it", || (!Path::new(&format!("/proc/{group}")).exists()).then_some(()));
        }
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        ok(command("pg_ctl").args(["promote", "-w", "-D"]).arg(self.data()));
    }

    /// A new, empty database.
    pub fn database(&self) -> String {
        let name = format!("log_{}", Uuid::now_v7().simple());
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The address of a database, over TCP.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://warroom@127.0.0.1:{}/{database}", self.port)
    }

    /// `HOST:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Runs a statement in a database, or one named by its address, and gives what it answers.
    pub fn sql(&self, database: &str, statement: &str) -> String {
        self.try_sql(database, statement).unwrap_or_else(|why| panic!("{statement}: {why}"))
    }

    fn try_sql(&self, database: &str, statement: &str) -> Result<String, String> {
        let database = database.rsplit('/').next().expect("a name");
        let mut psql = Command::new("psql");
        psql.arg("-h").arg(&self.folder).args([
            "-p",
            &self.port.to_string(),
            "-U",
            "warroom",
            "-d",
            database,
            "-qAtX",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            statement,
        ]);
        let said = psql.output().map_err(|why| why.to_string())?;
        if said.status.success() {
            Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&said.stderr).into_owned())
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
