//! Encrypted passwords of many hosts, opened side by side before the hosts are made one after the other: a key takes
//! milliseconds on purpose, and hosts with passwords of their own have as many salts.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Arc;

use super::names::PASSWORD_COMMAND;
use super::names::PASSWORD_ENVIRONMENT;
use super::names::PASSWORD_FILE;
use super::names::PSRP;
use super::names::WINRM;
use crate::inventory::HostVars;
use crate::syntax::Content;
use crate::syntax::template;
use crate::vault::Keyring;
use crate::vault::Sealed;

/// How many variables may name each other on the way to a password.
const DETOURS: usize = 8;

/// Derives the keys of the passwords that making these hosts will ask for; nothing else is opened. What does not open is
/// told by whoever makes the host.
pub(in crate::inventory) fn open_passwords(hosts: &BTreeMap<usize, HostVars>, keyring: &Keyring) {
    let mut seen = HashSet::new();
    let sealed: Vec<&Sealed> = hosts
        .values()
        .flat_map(passwords)
        .filter(|sealed| seen.insert(Arc::as_ptr(sealed).addr()))
        .map(|sealed| &**sealed)
        .collect();
    if sealed.len() > 1 {
        drop(keyring.open_all(&sealed));
    }
}

/// The encrypted text behind the password of a host, for each plugin that it may be reached by.
fn passwords(vars: &HostVars) -> impl Iterator<Item = &Arc<Sealed>> {
    let is_set = |name: &&'static str| {
        let value = vars.get(name).map(|node| &node.content);
        !matches!(value, None | Some(Content::Null))
    };
    let sources = [&PASSWORD_COMMAND, &PASSWORD_ENVIRONMENT, &PASSWORD_FILE];
    let is_elsewhere = sources.into_iter().any(|names| names.iter().any(is_set));
    let plugins = [WINRM.password, PSRP.password];
    plugins
        .into_iter()
        .filter(move |_| !is_elsewhere)
        .filter_map(|names| {
            names
                .iter()
                .rev()
                .copied()
                .find(|name| vars.get(name).is_some())
        })
        .filter_map(|name| behind(vars, name))
}

fn behind<'v>(vars: &'v HostVars, name: &str) -> Option<&'v Arc<Sealed>> {
    let mut node = vars.get(name)?;
    for _ in 0..DETOURS {
        match &node.content {
            Content::Sealed(sealed) => return Some(sealed),
            Content::Text(text) => node = vars.get(template::single_variable(text)?)?,
            _ => return None,
        }
    }
    None
}
