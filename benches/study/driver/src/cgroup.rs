//! CPU quotas of control groups, version 1 or 2.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Lambda enforces quotas in periods of 20 ms.
const PERIOD_US: u64 = 20_000;
/// The memory size with a whole CPU: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>.
pub const WHOLE_CPU_MB: u64 = 1769;

/// Returns the share of a CPU that a memory size has, in thousandths: 71 for 128 MB.
pub fn share(memory_mb: u64) -> u64 {
    if memory_mb >= WHOLE_CPU_MB { 1000 } else { memory_mb * 71 / 128 }
}

/// Returns the CPU time that a memory size has in each period. The kernel requires at least 1 ms.
fn quota_us(memory_mb: u64) -> u64 {
    (PERIOD_US * share(memory_mb) / 1000).max(1000)
}

/// Files of a version that limit the CPU time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Version {
    V1,
    V2,
}

impl Version {
    /// Returns the version whose CPU controller can be used, or the reason why none can be used.
    pub fn detect() -> Result<Self, String> {
        let mut reasons = Vec::new();
        for version in [Self::V2, Self::V1] {
            match Cgroup::create(version).and_then(|cgroup| cgroup.limit(128)) {
                Ok(()) => return Ok(version),
                Err(error) => reasons.push(format!("{}: {error}", version.root().display())),
            }
        }
        Err(reasons.join(", "))
    }

    fn root(self) -> &'static Path {
        Path::new(match self {
            Self::V1 => "/sys/fs/cgroup/cpu",
            Self::V2 => "/sys/fs/cgroup",
        })
    }
}

/// A control group, which is removed when it is dropped. Its processes must have exited by then.
pub struct Cgroup {
    folder: PathBuf,
    version: Version,
}

impl Cgroup {
    /// Creates a control group without a limit.
    pub fn create(version: Version) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let root = version.root();
        match version {
            // The folder may exist without being one of control groups.
            Version::V2 => {
                let controllers = fs::read_to_string(root.join("cgroup.controllers"))?;
                if !controllers.split_whitespace().any(|controller| controller == "cpu") {
                    return Err(io::Error::other("the controller `cpu` is not available"));
                }
                fs::write(root.join("cgroup.subtree_control"), "+cpu")?;
            }
            Version::V1 => drop(fs::read_to_string(root.join("cgroup.procs"))?),
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = root.join(format!("lrt-study-{}-{number}", std::process::id()));
        fs::create_dir(&folder)?;
        Ok(Self { folder, version })
    }

    pub fn add(&self, process: u32) -> io::Result<()> {
        fs::write(self.folder.join("cgroup.procs"), process.to_string())
    }

    /// Limits the CPU time to the share of a memory size.
    pub fn limit(&self, memory_mb: u64) -> io::Result<()> {
        let quota = quota_us(memory_mb);
        match self.version {
            Version::V1 => {
                fs::write(self.folder.join("cpu.cfs_period_us"), PERIOD_US.to_string())?;
                fs::write(self.folder.join("cpu.cfs_quota_us"), quota.to_string())
            }
            Version::V2 => fs::write(self.folder.join("cpu.max"), format!("{quota} {PERIOD_US}")),
        }
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // The kernel removes an exited process from its group a moment later.
        for _ in 0..2000 {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        eprintln!("{} is not empty and was not removed", self.folder.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_is_proportional_to_the_memory() {
        assert_eq!([128, 256, 512, WHOLE_CPU_MB, 3008].map(share), [71, 142, 284, 1000, 1000]);
    }

    #[test]
    fn quota_is_the_share_of_a_period() {
        assert_eq!([128, 256, WHOLE_CPU_MB].map(quota_us), [1420, 2840, 20_000]);
    }

    #[test]
    fn quota_is_at_least_the_minimum_of_the_kernel() {
        assert_eq!(quota_us(64), 1000);
    }
}
