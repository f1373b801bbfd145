//! Who is in a group of a simulated host, and which of its accounts may not sign in, as the management service tells it.

use crate::lab::machine::Machine;
use crate::lab::machine::account::REMOTE_DESKTOP_USERS;
use crate::lab::machine::account::Standing;

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
        let accounts = self.directory.everybody(&self.accounts).into_iter();
        accounts
            .map(|user| LocalAccount {
                name: user.name,
                bar: match user.standing {
                    Standing::Locked => Some(Bar::LockedOut),
                    Standing::Disabled => Some(Bar::Disabled),
                    _ => None,
                },
            })
            .collect()
    }

    /// The members of Remote Desktop Users.
    pub fn remote_desktop_users(&self) -> Vec<String> {
        self.directory.members(REMOTE_DESKTOP_USERS, &self.accounts)
    }
}
