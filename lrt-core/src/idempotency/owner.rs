//! Identifiers of executions.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Returns an identifier that no other execution has: the process has 128 random bits, and a counter.
pub(super) fn unique() -> String {
    static PROCESS: OnceLock<u128> = OnceLock::new();
    static EXECUTIONS: AtomicU64 = AtomicU64::new(0);
    let process = PROCESS.get_or_init(|| (u128::from(random()) << 64) | u128::from(random()));
    let execution = EXECUTIONS.fetch_add(1, Ordering::Relaxed);
    format!("{process:032x}-{execution:x}")
}

/// Returns 64 random bits: std seeds its hash maps with random keys of the operating system.
fn random() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(0);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::unique;
    use std::collections::HashSet;

    #[test]
    fn owners_are_unique() {
        let owners: HashSet<String> = (0..1000).map(|_| unique()).collect();
        assert_eq!(owners.len(), 1000);
    }
}
