//! Who is in a group of a simulated host, and which of its accounts may not sign in, as the management service tells it.

use crate::lab::machine::Machine;

/// A local account as far as Win32_UserAccount tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalAccount {
    /// Its name.
    pub name: String,
    /// Why it may not sign in.
    pub bar: Option<Bar>,
}

/// Why an account may not sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// Too many wrong passwords.
    LockedOut,
    /// Switched off.
    Disabled,
}

impl Machine {
    /// The local accounts.
    pub fn local_accounts(&self) -> Vec<LocalAccount> {
        let delivered = [("Administrator", None), ("Guest", Some(Bar::Disabled))];
        let own = delivered.into_iter().map(|(name, bar)| LocalAccount {
            name: name.to_owned(),
            bar,
        });
        let further = self.accounts.iter().map(|account| LocalAccount {
            name: account.user.clone(),
            bar: None,
        });
        own.chain(further).collect()
    }

    /// The members of Remote Desktop Users.
    pub fn remote_desktop_users(&self) -> Vec<String> {
        Vec::new()
    }
}
