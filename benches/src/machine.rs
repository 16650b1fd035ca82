//! What the figures depend on besides the code.

use std::{fs, io::Write as _, os::unix::fs::MetadataExt as _, path::Path, thread, time::Instant};

use tempfile::TempDir;

/// How many cores there are.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Cores and load of the machine, as one line.
pub fn describe() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<_> = load.split_whitespace().take(3).collect();
    format!("{} cores, load average {}", cores(), load.join(" "))
}

/// What all cores do per second together, each in a folder of its own.
pub fn of_all_cores(one: impl Fn(&Path) -> f64 + Sync) -> f64 {
    let one = || {
        let folder = TempDir::new().expect("a folder");
        one(folder.path())
    };
    thread::scope(|scope| {
        let cores: Vec<_> = (0..cores()).map(|_| scope.spawn(one)).collect();
        let rates = cores.into_iter().map(|core| core.join().expect("a rate"));
        rates.sum()
    })
}

/// Resident memory of a process in MiB: now, and the most there ever was.
pub fn resident_mib(process: u32) -> (f64, f64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or(f64::NAN) / 1024.0
    };
    (of("VmRSS:"), of("VmHWM:"))
}

/// Seconds of all cores that a process has used, or nothing where the system does not tell.
pub fn cpu_seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may hold spaces; user and system time are fields 14 and 15.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}

/// Bytes that the files of a folder take on the disk, those of its folders included.
pub fn disk_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => disk_bytes(&entry.path()),
            // What is set aside and not used takes none.
            Ok(data) => data.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}

/// How many bytes a second are written to a file in a folder until they are durable.
pub fn write_rate(folder: &Path, bytes: u64) -> f64 {
    let chunk = vec![0x5a; 1 << 20];
    let path = folder.join("written");
    let mut file = fs::File::create(&path).expect("a file");
    let start = Instant::now();
    let mut written = 0;
    while written < bytes {
        file.write_all(&chunk).expect("room on the disk");
        written += chunk.len() as u64;
    }
    file.sync_all().expect("a disk");
    let rate = written as f64 / start.elapsed().as_secs_f64();
    fs::remove_file(path).expect("a file");
    rate
}

/// Bytes of the files directly in a folder.
pub fn folder_bytes(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum()
}
