//! A disk that fails when it is told to: a layer of SQLite's own between the database and the files below one folder. It counts writes and
//! fsyncs and fails the nth, and it knows what a power cut would leave.

use rusqlite::ffi;
use std::collections::BTreeMap;
use std::ffi::CStr;
use std::ffi::c_char;
use std::ffi::c_int;
use std::ffi::c_void;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::Weak;

/// A power cut keeps or loses what was not fsynced in pieces of this size.
const SECTOR_BYTES: usize = 512;

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Half of what should be written is, and then the disk gives up.
    TornWrite,
    /// There is no room for it.
    Full,
    /// The disk does not confirm what was written.
    Fsync,
}

impl Fault {
    fn code(self) -> c_int {
        match self {
            Self::TornWrite => ffi::SQLITE_IOERR_WRITE,
            Self::Full => ffi::SQLITE_FULL,
            Self::Fsync => ffi::SQLITE_IOERR_FSYNC,
        }
    }
}

#[derive(Default)]
struct Plan {
    fault: Option<Fault>,
    /// How many go well before the one that fails.
    spared: u64,
    /// Whether all that follow fail as well.
    lasts: bool,
    was_hit: bool,
    /// What a power cut would leave of each file.
    durable: BTreeMap<PathBuf, Vec<u8>>,
}

/// The disk below one folder. Databases that are opened there while it lives are watched.
pub struct Disk {
    folder: PathBuf,
    plan: Mutex<Plan>,
}

impl Disk {
    pub fn below(folder: &Path) -> Arc<Self> {
        let folder = folder.canonicalize().expect("a folder");
        let disk = Arc::new(Self { folder, plan: Mutex::default() });
        layer().disks.lock().expect("the disks").push(Arc::downgrade(&disk));
        disk
    }

    /// After so many that go well the next fails, and where the fault `lasts`, all after it.
    pub fn fail_after(&self, spared: u64, fault: Fault, lasts: bool) {
        let mut plan = self.plan();
        (plan.fault, plan.spared, plan.lasts, plan.was_hit) = (Some(fault), spared, lasts, false);
    }

    pub fn heal(&self) {
        self.plan().fault = None;
    }

    /// Whether something failed since a fault was asked for.
    pub fn was_hit(&self) -> bool {
        self.plan().was_hit
    }

    /// What would be on the disk if the power went now: of each database what was fsynced, and of what was written since, sectors by chance.
    /// Shared memory is gone; every other file is there as it is.
    pub fn after_power_cut(&self, to: &Path, seed: u64) {
        let plan = self.plan();
        let mut chance = seed | 1;
        for entry in std::fs::read_dir(&self.folder).expect("the folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() || name.to_string_lossy().ends_with("-shm") {
                continue;
            }
            let mut bytes = std::fs::read(&path).expect("a file");
            if let Some(durable) = plan.durable.get(&path) {
                let newest = bytes;
                bytes = durable.clone();
                // xorshift64 (Marsaglia 2003)
                let mut toss = || {
                    chance ^= chance << 13;
                    chance ^= chance >> 7;
                    chance ^= chance << 17;
                    chance.is_multiple_of(2)
                };
                if toss() {
                    bytes.resize(newest.len(), 0);
                }
                for (old, new) in bytes.chunks_mut(SECTOR_BYTES).zip(newest.chunks(SECTOR_BYTES)) {
                    if toss() {
                        let common = old.len().min(new.len());
                        old[..common].copy_from_slice(&new[..common]);
                    }
                }
            }
            std::fs::write(to.join(name), bytes).expect("a file of the copy");
        }
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().expect("a plan")
    }

    /// What to answer instead of doing it, if this is the one that fails.
    fn strikes(&self, at: &[Fault]) -> Option<Fault> {
        let mut plan = self.plan();
        let fault = plan.fault.filter(|fault| at.contains(fault))?;
        if plan.spared > 0 {
            plan.spared -= 1;
            return None;
        }
        plan.was_hit = true;
        if !plan.lasts {
            plan.fault = None;
        }
        Some(fault)
    }
}

struct Layer {
    /// SQLite's own way to files.
    plain: *mut ffi::sqlite3_vfs,
    disks: Mutex<Vec<Weak<Disk>>>,
}

// The pointer is SQLite's own, never changes, and is made for many threads.
unsafe impl Send for Layer {}
unsafe impl Sync for Layer {}

/// Stands in front of SQLite's own way to files from the first call on, and changes nothing for files that nobody watches.
fn layer() -> &'static Layer {
    static LAYER: OnceLock<Layer> = OnceLock::new();
    LAYER.get_or_init(|| unsafe {
        let plain = ffi::sqlite3_vfs_find(std::ptr::null());
        assert!(!plain.is_null(), "SQLite has a way to files");
        let ours = ffi::sqlite3_vfs { zName: c"watched".as_ptr(), pNext: std::ptr::null_mut(), xOpen: Some(open), ..*plain };
        // It lives as long as the process.
        assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1), ffi::SQLITE_OK);
        Layer { plain, disks: Mutex::default() }
    })
}

/// The methods of an open file, ours in front, with what they need; SQLite holds a pointer to the first field.
#[repr(C)]
struct Watched {
    methods: ffi::sqlite3_io_methods,
    plain: *const ffi::sqlite3_io_methods,
    disk: Arc<Disk>,
    path: PathBuf,
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    unsafe {
        let plain = layer().plain;
        let code = (*plain).xOpen.expect("a method")(plain, name, file, flags, out);
        if code != ffi::SQLITE_OK || name.is_null() || (*file).pMethods.is_null() {
            return code;
        }
        let path = Path::new(std::ffi::OsStr::from_bytes(CStr::from_ptr(name).to_bytes())).to_owned();
        let mut disks = layer().disks.lock().expect("the disks");
        disks.retain(|disk| disk.strong_count() > 0);
        let Some(disk) = disks.iter().filter_map(Weak::upgrade).find(|disk| path.starts_with(&disk.folder)) else { return code };
        disk.plan().durable.entry(path.clone()).or_insert_with(|| std::fs::read(&path).unwrap_or_default());
        let plain = (*file).pMethods;
        let methods =
            ffi::sqlite3_io_methods { xClose: Some(close), xWrite: Some(write), xTruncate: Some(truncate), xSync: Some(sync), ..*plain };
        (*file).pMethods = Box::into_raw(Box::new(Watched { methods, plain, disk, path })).cast();
        code
    }
}

unsafe fn watched<'a>(file: *mut ffi::sqlite3_file) -> &'a Watched {
    unsafe { &*(*file).pMethods.cast::<Watched>() }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    unsafe {
        let watched = Box::from_raw((*file).pMethods.cast_mut().cast::<Watched>());
        (*file).pMethods = watched.plain;
        (*watched.plain).xClose.expect("a method")(file)
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, bytes: *const c_void, length: c_int, at: i64) -> c_int {
    unsafe {
        let watched = watched(file);
        let plain = (*watched.plain).xWrite.expect("a method");
        match watched.disk.strikes(&[Fault::TornWrite, Fault::Full]) {
            None => plain(file, bytes, length, at),
            Some(fault) => {
                if fault == Fault::TornWrite {
                    plain(file, bytes, length / 2, at);
                }
                fault.code()
            }
        }
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    unsafe {
        let watched = watched(file);
        match watched.disk.strikes(&[Fault::TornWrite]) {
            None => (*watched.plain).xTruncate.expect("a method")(file, length),
            Some(_) => ffi::SQLITE_IOERR_TRUNCATE,
        }
    }
}

/// What a real fsync would do is kept here instead, where a power cut finds it.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    let watched = unsafe { watched(file) };
    if let Some(fault) = watched.disk.strikes(&[Fault::Fsync]) {
        return fault.code();
    }
    let Ok(bytes) = std::fs::read(&watched.path) else { return ffi::SQLITE_IOERR_FSYNC };
    watched.disk.plan().durable.insert(watched.path.clone(), bytes);
    ffi::SQLITE_OK
}
