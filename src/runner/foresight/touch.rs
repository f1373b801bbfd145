//! What calls touch: whether two of them are about the same thing.

use crate::cim::Call;
use crate::cim::ObjectPath;
use crate::cim::RegistryKey;

/// What a call is about.
enum About<'a> {
    Object(&'a ObjectPath),
    Class(&'a str),
    Value(&'a RegistryKey, &'a str),
    Key(&'a RegistryKey),
}

fn about(call: &Call) -> About<'_> {
    match call {
        Call::Method { target, .. } | Call::Put { target, .. } | Call::Delete { target } => {
            About::Object(target)
        }
        Call::Create { class, .. } => About::Class(class),
        Call::SetRegistry { key, name, .. } => About::Value(key, name),
        Call::DeleteRegistryValue(path) => About::Value(&path.key, &path.name),
        Call::CreateRegistryKey(key) | Call::DeleteRegistryKey(key) => About::Key(key),
    }
}

/// Whether two calls are about the same thing, so that the second may undo what the first did.
pub(in crate::runner) fn overlap(first: &Call, second: &Call) -> bool {
    match (about(first), about(second)) {
        (About::Object(one), About::Object(two)) => same_object(one, two),
        (About::Class(class), About::Object(object))
        | (About::Object(object), About::Class(class)) => object.class.eq_ignore_ascii_case(class),
        (About::Class(one), About::Class(two)) => one.eq_ignore_ascii_case(two),
        (About::Value(one, name), About::Value(two, other)) => {
            same_key(one, two) && name.eq_ignore_ascii_case(other)
        }
        (About::Value(value, _), About::Key(key)) | (About::Key(key), About::Value(value, _)) => {
            same_key(value, key) || lies_below(value, key)
        }
        (About::Key(one), About::Key(two)) => {
            same_key(one, two) || lies_below(one, two) || lies_below(two, one)
        }
        (About::Object(_) | About::Class(_), About::Value(..) | About::Key(_))
        | (About::Value(..) | About::Key(_), About::Object(_) | About::Class(_)) => false,
    }
}

/// Whether two paths name the same object; hosts do not tell letter case apart.
pub(super) fn same_object(one: &ObjectPath, two: &ObjectPath) -> bool {
    one.namespace == two.namespace
        && one.class.eq_ignore_ascii_case(&two.class)
        && one.keys.len() == two.keys.len()
        && one.keys.iter().zip(&two.keys).all(|(one, two)| {
            one.0.eq_ignore_ascii_case(two.0) && one.1.eq_ignore_ascii_case(two.1)
        })
}

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
