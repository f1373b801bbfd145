//! The sizes of waves, as Ansible counts them.

use crate::playbook::Batch;

/// How many hosts each wave of a play has, in order. The last batch repeats until all hosts have a wave; no batches, or
/// a batch of no hosts, is one wave of all that are left.
pub fn sizes(serial: &[Batch], hosts: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut left = hosts;
    let mut batches = serial.iter();
    let mut batch = batches.next();
    while left > 0 {
        let size = match batch {
            Some(Batch::Hosts(0)) | None => left,
            Some(Batch::Hosts(size)) => (*size).min(left),
            Some(Batch::Percent(percent)) => share(*percent, hosts).min(left),
        };
        sizes.push(size);
        left -= size;
        batch = batches.next().or(batch);
    }
    sizes
}

/// A percentage of hosts: rounded down, but at least 1. The order of the operations is Ansible's (`pct_to_int`), so that
/// 29 % of 100 hosts are 28 here too.
fn share(percent: f64, hosts: usize) -> usize {
    let exact = (percent / 100.0) * float(hosts);
    // The greatest whole number that is not above it.
    let (mut low, mut high) = (0, hosts);
    while low < high {
        let middle = high - (high - low) / 2;
        if float(middle) <= exact {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low.max(1)
}

/// A number of hosts; more than four thousand million count as that many.
pub(super) fn float(hosts: usize) -> f64 {
    f64::from(u32::try_from(hosts).unwrap_or(u32::MAX))
}

/// Why a text is no size of a wave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither a number of hosts, at least 1, nor a percentage from 1% to 100%")]
pub struct BadBatch {
    /// The text.
    pub text: String,
}

/// Reads `5` or `10%`.
pub fn batch(text: &str) -> Result<Batch, BadBatch> {
    let bad = || BadBatch {
        text: text.to_owned(),
    };
    let word = text.trim();
    if let Some(number) = word.strip_suffix('%') {
        let percent: f64 = number.trim().parse().ok().ok_or_else(bad)?;
        return (percent > 0.0 && percent <= 100.0)
            .then_some(Batch::Percent(percent))
            .ok_or_else(bad);
    }
    match word.parse() {
        Ok(hosts) if hosts > 0 => Ok(Batch::Hosts(hosts)),
        Ok(_) | Err(_) => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::Strategy;
    use proptest::prelude::any;
    use proptest::prelude::prop;
    use proptest::prelude::prop_oneof;
    use proptest::prop_assert;
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::batch;
    use super::sizes;
    use crate::playbook::Batch;

    fn waves(words: &[&str], hosts: usize) -> Vec<usize> {
        let serial: Vec<Batch> = words.iter().map(|word| batch(word).unwrap()).collect();
        sizes(&serial, hosts)
    }

    #[test]
    fn the_last_size_repeats() {
        assert_eq!(waves(&["1", "5", "10"], 30), [1, 5, 10, 10, 4]);
        assert_eq!(waves(&["3"], 7), [3, 3, 1]);
    }

    #[test]
    fn percentages_are_of_all_hosts_and_rounded_down() {
        assert_eq!(waves(&["10%"], 19), [1; 19]);
        assert_eq!(waves(&["30%"], 10), [3, 3, 3, 1]);
        assert_eq!(waves(&["1", "10%", "100%"], 2000), [1, 200, 1799]);
    }

    #[test]
    fn a_percentage_is_at_least_one_host() {
        assert_eq!(waves(&["1%"], 5), [1; 5]);
    }

    #[test]
    fn a_percentage_is_rounded_as_python_does() {
        assert_eq!(waves(&["29%"], 100), [28, 28, 28, 16]);
    }

    #[test]
    fn without_sizes_all_hosts_go_at_once() {
        assert_eq!(waves(&[], 7), [7]);
        assert_eq!(waves(&[], 0), [0; 0]);
        assert_eq!(sizes(&[Batch::Hosts(2), Batch::Hosts(0)], 7), [2, 5]);
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "0", "-1", "ten", "0%", "101%", "NaN%", "inf%", "%"] {
            assert!(batch(text).is_err(), "{text}");
        }
        assert_eq!(batch(" 12.5% ").unwrap(), Batch::Percent(12.5));
    }

    fn any_batch() -> impl Strategy<Value = Batch> {
        prop_oneof![
            (0_usize..50).prop_map(Batch::Hosts),
            (0.1_f64..100.0).prop_map(Batch::Percent),
        ]
    }

    proptest! {
        #[test]
        fn every_host_is_in_one_wave(serial in prop::collection::vec(any_batch(), 0..5), hosts in 0_usize..3000) {
            let sizes = sizes(&serial, hosts);
            prop_assert_eq!(sizes.iter().sum::<usize>(), hosts);
            prop_assert!(sizes.iter().all(|size| *size > 0));
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _read = batch(&text);
        }
    }
}
