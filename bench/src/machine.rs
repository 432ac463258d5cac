//! What the figures were measured on, and who else was using it.

use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::stats::to_float;

/// The hardware, in words that name no host.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: f64,
    pub(crate) virtualised: bool,
    pub(crate) system: String,
}

impl Machine {
    pub(crate) fn describe() -> Result<Self> {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").context("this needs Linux's /proc")?;
        let field = |name: &str| {
            let mut pairs = cpuinfo.lines().filter_map(|line| line.split_once(':'));
            pairs
                .find(|(key, _)| key.trim() == name)
                .map(|(_, value)| value.trim().to_owned())
        };
        let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
        let release: Vec<&str> = release.trim().splitn(3, '.').take(2).collect();
        Ok(Self {
            processor: field("model name").unwrap_or_else(|| "unknown processor".to_owned()),
            cores: cpus()?.len(),
            memory_gib: memory_kib("MemTotal")? / (1024.0 * 1024.0),
            virtualised: field("flags").is_some_and(|flags| flags.contains("hypervisor")),
            system: format!("Linux {}", release.join(".")),
        })
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            processor,
            cores,
            memory_gib,
            system,
            ..
        } = self;
        let kind = if self.virtualised {
            " (virtual machine)"
        } else {
            ""
        };
        write!(
            f,
            "{cores} × {processor}{kind}, {memory_gib:.0} GiB, {system}"
        )
    }
}

/// A line of `/proc/meminfo`, in KiB.
pub(crate) fn memory_kib(name: &str) -> Result<f64> {
    let meminfo = fs::read_to_string("/proc/meminfo")?;
    proc_field(&meminfo, name)
}

/// The number after `name:` in a file of `/proc`.
pub(crate) fn proc_field(text: &str, name: &str) -> Result<f64> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| value.split_whitespace().next()?.parse().ok())
        .with_context(|| format!("no {name} in /proc"))
}

/// The numbers of the processors that this process may run on.
pub(crate) fn cpus() -> Result<Vec<usize>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let mut pairs = status.lines().filter_map(|line| line.split_once(':'));
    let list = pairs
        .find(|(key, _)| *key == "Cpus_allowed_list")
        .map(|(_, value)| value.trim())
        .context("no Cpus_allowed_list in /proc/self/status")?;
    parse_cpus(list).with_context(|| format!("an unreadable list of processors: {list}"))
}

/// Reads a list like `0-3,8`.
fn parse_cpus(list: &str) -> Option<Vec<usize>> {
    let mut cpus = Vec::new();
    for part in list.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let from: usize = from.parse().ok()?;
        cpus.extend(from..=to.parse().ok()?);
    }
    Some(cpus)
}

/// The share of the machine's time that was used over a short while, in
/// percent. Nothing of ours may be running.
pub(crate) fn load_by_others() -> Result<f64> {
    let before = busy_and_total()?;
    thread::sleep(Duration::from_secs(2));
    let after = busy_and_total()?;
    Ok(100.0 * (after.0 - before.0) / (after.1 - before.1).max(1.0))
}

/// Ticks since boot, of all processors together.
fn busy_and_total() -> Result<(f64, f64)> {
    let stat = fs::read_to_string("/proc/stat")?;
    let ticks: Vec<usize> = stat
        .lines()
        .next()
        .map(|line| {
            let fields = line.split_whitespace().skip(1);
            fields.filter_map(|field| field.parse().ok()).collect()
        })
        .context("an empty /proc/stat")?;
    // user nice system idle iowait irq softirq steal; what follows is in them.
    let total: usize = ticks.iter().take(8).sum();
    let idle: usize = ticks.iter().skip(3).take(2).sum();
    Ok((to_float(total - idle), to_float(total)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_processors_has_ranges_and_single_ones() {
        assert_eq!(parse_cpus("0-2,5"), Some(vec![0, 1, 2, 5]));
        assert_eq!(parse_cpus("7"), Some(vec![7]));
        assert_eq!(parse_cpus(""), None);
    }

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "VmPeak:\t  9 kB\nVmHWM:\t  51200 kB\n";
        assert!((proc_field(text, "VmHWM").unwrap() - 51200.0).abs() < f64::EPSILON);
        assert!(proc_field(text, "VmRSS").is_err());
    }
}
