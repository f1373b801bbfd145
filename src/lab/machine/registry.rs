//! The registry of a simulated host: a tree of keys with typed values. Letter case is kept but never compared.

use std::collections::BTreeMap;

use crate::cim::Hive;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;

/// Keys and values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Registry {
    /// By root and folded path, so that the keys below a key follow it.
    keys: BTreeMap<(Hive, String), Key>,
}

/// A key: its own name as spelled, and its values by folded name.
#[derive(Debug, Clone, PartialEq, Default)]
struct Key {
    name: String,
    values: BTreeMap<String, (String, RegistryData)>,
}

/// Why a key was not removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKept {
    /// There is no such key.
    Missing,
    /// Keys below it must go first.
    HasSubKeys,
}

fn folded(key: &RegistryKey) -> (Hive, String) {
    (key.hive, key.path.trim_matches('\\').to_lowercase())
}

impl Registry {
    /// Whether the key is there; roots always are.
    pub fn has_key(&self, key: &RegistryKey) -> bool {
        let place = folded(key);
        place.1.is_empty() || self.keys.contains_key(&place)
    }

    /// What the value holds; `None` when the key or the value is missing.
    pub fn get(&self, key: &RegistryKey, name: &str) -> Option<&RegistryData> {
        let (_, data) = self
            .keys
            .get(&folded(key))?
            .values
            .get(&name.to_lowercase())?;
        Some(data)
    }

    /// The number, when the value is there and is a DWORD.
    pub fn dword(&self, key: &RegistryKey, name: &str) -> Option<u32> {
        if let Some(RegistryData::Dword(number)) = self.get(key, name) {
            Some(*number)
        } else {
            None
        }
    }

    /// The text, when the value is there and is one.
    pub fn text(&self, key: &RegistryKey, name: &str) -> Option<&str> {
        if let Some(RegistryData::Text(text)) = self.get(key, name) {
            Some(text)
        } else {
            None
        }
    }

    /// The bytes, when the value is there and is binary.
    pub fn binary(&self, key: &RegistryKey, name: &str) -> Option<&[u8]> {
        if let Some(RegistryData::Binary(bytes)) = self.get(key, name) {
            Some(bytes)
        } else {
            None
        }
    }

    /// Writes a value, whatever type it had before, and makes the key with its parents when it is missing.
    pub fn set(&mut self, key: &RegistryKey, name: &str, data: RegistryData) {
        self.create_key(key);
        let Some(found) = self.keys.get_mut(&folded(key)) else {
            return;
        };
        // An existing value keeps the spelling that it was made with.
        let spelled = found
            .values
            .remove(&name.to_lowercase())
            .map_or_else(|| name.to_owned(), |(spelled, _)| spelled);
        found.values.insert(name.to_lowercase(), (spelled, data));
    }

    /// Makes a key with its parents; those that exist keep their spelling.
    pub fn create_key(&mut self, key: &RegistryKey) {
        let mut path = String::new();
        for name in key.path.split('\\').filter(|name| !name.is_empty()) {
            if !path.is_empty() {
                path.push('\\');
            }
            path.push_str(&name.to_lowercase());
            self.keys
                .entry((key.hive, path.clone()))
                .or_insert_with(|| Key {
                    name: name.to_owned(),
                    values: BTreeMap::new(),
                });
        }
    }

    /// Removes a value and gives what it held.
    pub fn remove_value(&mut self, key: &RegistryKey, name: &str) -> Option<RegistryData> {
        let (_, data) = self
            .keys
            .get_mut(&folded(key))?
            .values
            .remove(&name.to_lowercase())?;
        Some(data)
    }

    /// Removes a key with its values.
    pub fn remove_key(&mut self, key: &RegistryKey) -> Result<(), KeyKept> {
        match self.sub_keys(key) {
            None => Err(KeyKept::Missing),
            Some(below) if !below.is_empty() => Err(KeyKept::HasSubKeys),
            Some(_) => {
                self.keys.remove(&folded(key));
                Ok(())
            }
        }
    }

    /// The names of the keys directly below a key, in the registry's order.
    pub fn sub_keys(&self, key: &RegistryKey) -> Option<Vec<&str>> {
        if !self.has_key(key) {
            return None;
        }
        let (hive, path) = folded(key);
        let prefix = if path.is_empty() { path } else { path + "\\" };
        let names = self
            .keys
            .range((hive, prefix.clone())..)
            .take_while(|((found, path), _)| *found == hive && path.starts_with(&prefix))
            .filter(|((_, path), _)| !path.chars().skip(prefix.chars().count()).any(|c| c == '\\'))
            .map(|(_, key)| key.name.as_str())
            .collect();
        Some(names)
    }

    /// The values in a key with their names as spelled.
    pub fn values(&self, key: &RegistryKey) -> Option<Vec<(&str, &RegistryData)>> {
        if !self.has_key(key) {
            return None;
        }
        let values = self.keys.get(&folded(key)).map(|key| {
            key.values
                .values()
                .map(|(name, data)| (name.as_str(), data))
                .collect()
        });
        Some(values.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::KeyKept;
    use super::Registry;
    use crate::cim::RegistryData;
    use crate::cim::RegistryKey;

    fn key(path: &str) -> RegistryKey {
        RegistryKey::local_machine(path)
    }

    #[test]
    fn letter_case_is_kept_but_not_compared() {
        let mut registry = Registry::default();
        registry.set(&key(r"SOFTWARE\Acme"), "Level", RegistryData::Dword(1));
        registry.set(&key(r"software\ACME"), "LEVEL", RegistryData::Dword(2));
        assert_eq!(registry.dword(&key(r"Software\acme"), "level"), Some(2));
        assert_eq!(registry.sub_keys(&key("software")), Some(vec!["Acme"]));
        let values = registry.values(&key(r"SOFTWARE\Acme")).unwrap();
        assert_eq!(values, [("Level", &RegistryData::Dword(2))]);
    }

    #[test]
    fn only_direct_children_are_listed() {
        let mut registry = Registry::default();
        registry.create_key(&key(r"A\B\C"));
        registry.create_key(&key(r"A\B D"));
        registry.create_key(&key("AB"));
        assert_eq!(registry.sub_keys(&key("A")), Some(vec!["B", "B D"]));
        assert_eq!(registry.sub_keys(&key("")), Some(vec!["A", "AB"]));
        assert_eq!(registry.sub_keys(&key("Z")), None);
    }

    #[test]
    fn a_key_with_keys_below_stays() {
        let mut registry = Registry::default();
        registry.create_key(&key(r"A\B"));
        assert_eq!(registry.remove_key(&key("A")), Err(KeyKept::HasSubKeys));
        assert_eq!(registry.remove_key(&key(r"a\b")), Ok(()));
        assert_eq!(registry.remove_key(&key(r"A\B")), Err(KeyKept::Missing));
    }
}
