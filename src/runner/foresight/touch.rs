//! Registry keys that are the same, or lie below each other; hosts do not tell letter case apart.

use crate::cim::RegistryKey;

/// Whether two paths name the same key.
pub(super) fn same_key(one: &RegistryKey, two: &RegistryKey) -> bool {
    one.hive == two.hive && one.path.eq_ignore_ascii_case(&two.path)
}

/// Whether a key lies somewhere below another one.
pub(super) fn lies_below(inner: &RegistryKey, outer: &RegistryKey) -> bool {
    let (inner_path, outer_path) = (inner.path.to_lowercase(), outer.path.to_lowercase());
    inner.hive == outer.hive
        && inner_path
            .strip_prefix(&outer_path)
            .is_some_and(|rest| rest.starts_with('\\'))
}

/// Whether a key is another one or lies below it.
pub(super) fn is_within(inner: &RegistryKey, outer: &RegistryKey) -> bool {
    same_key(inner, outer) || lies_below(inner, outer)
}

/// Whether one of two keys is within the other.
pub(super) fn overlap(one: &RegistryKey, two: &RegistryKey) -> bool {
    is_within(one, two) || lies_below(two, one)
}
