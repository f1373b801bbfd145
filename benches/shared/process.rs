//! What the benchmarks share: a measured process.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;

/// What a process has cost.
pub(crate) struct Measured {
    /// From start to end.
    pub(crate) wall: Duration,
    /// User and system time.
    pub(crate) cpu: Duration,
    /// Peak resident memory in megabytes.
    pub(crate) peak_mb: f64,
    /// Its exit code.
    pub(crate) code: Option<i32>,
}

/// Runs a command to its end. CPU time is what the kernel adds to the waited-for children (10 ms steps); the peak of
/// memory is read until the end, because it is gone afterwards.
pub(crate) fn measure(command: &mut Command) -> anyhow::Result<Measured> {
    let before = children_cpu()?;
    let begin = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn()?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kb = 0.0_f64;
    let status = loop {
        if let Ok(text) = std::fs::read_to_string(&status_file) {
            peak_kb = peak_kb.max(peak_of(&text));
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let wall = begin.elapsed();
    Ok(Measured {
        wall,
        cpu: children_cpu()?.saturating_sub(before),
        peak_mb: peak_kb / 1024.0,
        code: status.code(),
    })
}

fn peak_of(status: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or_default()
}

/// User and system time of the children that were waited for (proc(5): `stat` fields 16 and 17, in ticks of 10 ms).
fn children_cpu() -> anyhow::Result<Duration> {
    let text = text_of(Path::new("/proc/self/stat"))?;
    let fields: Vec<&str> = text
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    // After the closing bracket of the name the third field comes first.
    let ticks = |number: usize| {
        fields
            .get(number - 3)
            .and_then(|field| field.parse::<u64>().ok())
            .unwrap_or_default()
    };
    Ok(Duration::from_millis((ticks(16) + ticks(17)) * 10))
}

/// The text of a file with its name in the error.
pub(crate) fn text_of(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
