//! Splay: who is moved by how much. The same names give the same offset on every machine and in every version.

use std::time::Duration;

use sha2::Digest;
use sha2::Sha256;

use crate::job::Job;
use crate::job::Splay;
use crate::job::SplayBy;

impl Job {
    /// By how much its runs are moved; zero unless it has a splay by job. Whole seconds.
    pub fn offset(&self) -> Duration {
        self.moved(SplayBy::Job, &[&self.name])
    }

    /// How long a host of a run waits for its turn; zero unless the job has a splay by host. Whole seconds.
    pub fn host_offset(&self, host: &str) -> Duration {
        self.moved(SplayBy::Host, &[&self.name, host])
    }

    fn moved(&self, by: SplayBy, names: &[&str]) -> Duration {
        match self.splay {
            Some(splay) if splay.by == by => splay.part(names),
            Some(_) | None => Duration::ZERO,
        }
    }
}

impl Splay {
    /// The part of `up_to` that falls to these names. SHA-256, because the hashes of the standard library may change.
    fn part(self, names: &[&str]) -> Duration {
        let mut hash = Sha256::new();
        for name in names {
            hash.update(name.as_bytes());
            // No name holds a zero byte, so `a`, `bc` and `ab`, `c` differ.
            hash.update([0]);
        }
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        let seconds = u64::from_be_bytes(first).checked_rem(self.up_to.as_secs());
        Duration::from_secs(seconds.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::job::Splay;
    use crate::job::SplayBy;

    fn splay(seconds: u64) -> Splay {
        Splay {
            up_to: Duration::from_secs(seconds),
            by: SplayBy::Job,
        }
    }

    #[test]
    fn offsets_never_change() {
        // Written down, not computed: another version must give the same.
        let offsets = ["nightly", "hourly", "web"].map(|name| splay(600).part(&[name]).as_secs());
        assert_eq!(offsets, [409, 498, 100]);
    }

    #[test]
    fn offsets_stay_below_the_bound_and_differ() {
        let mut seen = std::collections::BTreeSet::new();
        for host in 0..200 {
            let offset = splay(3600).part(&["job", &format!("host{host}")]);
            assert!(offset < Duration::from_hours(1));
            seen.insert(offset);
        }
        assert!(seen.len() > 150, "only {} different offsets", seen.len());
        assert_eq!(splay(0).part(&["job"]), Duration::ZERO);
    }
}
