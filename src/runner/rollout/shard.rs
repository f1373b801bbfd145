//! Shares of a fleet: each host is in exactly one, the same on every machine and whatever other hosts there are.
//!
//! A host's share is the remainder of a number by the count of shares, plus 1. The number is the first eight bytes of the
//! SHA-256 of its name in UTF-8, the most significant first. `printf %s NAME | sha256sum` shows it to anybody.

use std::num::NonZeroU64;

use sha2::Digest;
use sha2::Sha256;

/// One share of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    number: u64,
    of: NonZeroU64,
}

/// Why a text names no share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadShard {
    /// It is not two numbers.
    #[error("`{text}` is no share: it is neither `2/5` nor `auto/5`")]
    Form {
        /// The text.
        text: String,
    },
    /// There is no such share.
    #[error("there is no share {number} of {of}: they are numbered from 1 to {of}")]
    Range {
        /// Which one was asked for.
        number: u64,
        /// How many there are.
        of: u64,
    },
    /// `auto` where the environment says no number.
    #[error("`{text}` takes its number from JOB_COMPLETION_INDEX, which is not set")]
    NoIndex {
        /// The text.
        text: String,
    },
    /// `auto` where the environment says something else than a number.
    #[error("JOB_COMPLETION_INDEX is `{index}`, which is no number from 0")]
    BadIndex {
        /// What it says.
        index: String,
    },
}

impl Shard {
    /// Reads `2/5`, or `auto/5` with the value of JOB_COMPLETION_INDEX, which counts from 0.
    pub fn parse(text: &str, index: Option<&str>) -> Result<Self, BadShard> {
        let form = || BadShard::Form {
            text: text.to_owned(),
        };
        let (number, of) = text.trim().split_once('/').ok_or_else(form)?;
        let of: NonZeroU64 = of.trim().parse().ok().ok_or_else(form)?;
        let number = match number.trim() {
            "auto" => completed(text, index)?,
            number => number.parse().ok().ok_or_else(form)?,
        };
        if number == 0 || number > of.get() {
            return Err(BadShard::Range {
                number,
                of: of.get(),
            });
        }
        Ok(Self { number, of })
    }

    /// Whether a host is in this share.
    pub fn holds(self, name: &str) -> bool {
        number(name) % self.of == self.number - 1
    }
}

fn completed(text: &str, index: Option<&str>) -> Result<u64, BadShard> {
    let index = index.ok_or_else(|| BadShard::NoIndex {
        text: text.to_owned(),
    })?;
    let number: Option<u64> = index.trim().parse().ok();
    number
        .and_then(|number| number.checked_add(1))
        .ok_or_else(|| BadShard::BadIndex {
            index: index.to_owned(),
        })
}

fn number(name: &str) -> u64 {
    let digest = Sha256::digest(name.as_bytes());
    let first = digest.iter().take(8);
    first.fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::BadShard;
    use super::Shard;
    use super::number;

    fn shard(text: &str) -> Shard {
        Shard::parse(text, None).unwrap()
    }

    /// As Python's hashlib says.
    #[test]
    fn a_hosts_number_is_the_same_everywhere() {
        for (name, expected) in [
            ("ts01.corp.example", 0x9e0b_9a0f_3672_7ec9),
            ("ts02.corp.example", 0x6095_35a2_62cc_4129),
            ("web1", 0x659a_7fb2_af47_6fae),
            ("büro-7", 0xec2e_faee_1d69_f1f9),
            ("a", 0xca97_8112_ca1b_bdca),
        ] {
            assert_eq!(number(name), expected, "{name}");
        }
        assert!(shard("4/5").holds("ts01.corp.example"));
        assert!(shard("7/10").holds("web1"));
        assert!(shard("10/10").holds("büro-7"));
    }

    #[test]
    fn the_index_of_a_job_counts_from_0() {
        assert_eq!(Shard::parse("auto/5", Some("0")).unwrap(), shard("1/5"));
        assert_eq!(Shard::parse("auto/5", Some("4")).unwrap(), shard("5/5"));
        assert_eq!(
            Shard::parse("auto/5", Some("5")),
            Err(BadShard::Range { number: 6, of: 5 })
        );
        for (index, told) in [
            (None, "which is not set"),
            (Some("-1"), "no number from 0"),
            (Some("18446744073709551615"), "no number from 0"),
        ] {
            let error = Shard::parse("auto/5", index).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in [
            "", "2", "2/", "/5", "0/5", "6/5", "1/0", "a/b", "1/2/3", "-1/5",
        ] {
            assert!(Shard::parse(text, Some("1")).is_err(), "{text}");
        }
    }

    #[test]
    fn shares_are_about_equal() {
        for of in [2, 3, 7, 16] {
            let shares: Vec<Shard> = (1..=of).map(|n| shard(&format!("{n}/{of}"))).collect();
            let fair = 4_000 / of;
            for share in shares {
                let held = (0..4_000)
                    .filter(|index| share.holds(&format!("ts{index:04}.corp.example")))
                    .count();
                let held = u64::try_from(held).unwrap();
                assert!(held.abs_diff(fair) < fair / 4, "{share:?}: {held}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_host_is_in_exactly_one_share(name in ".*", of in 1_u64..40) {
            let holding = (1..=of)
                .filter(|number| shard(&format!("{number}/{of}")).holds(&name))
                .count();
            prop_assert_eq!(holding, 1);
        }
    }
}
