//! The local accounts and groups of a simulated host: who may sign in, and who may use Remote Desktop.
//!
//! Passwords are in [`crate::auth::Account`]; here is what Windows knows about an account besides.

use crate::auth::Account;

/// The group whose members may use Remote Desktop.
pub const REMOTE_DESKTOP_USERS: &str = "Remote Desktop Users";
/// The group of those who may do everything.
pub const ADMINISTRATORS: &str = "Administrators";
/// The account that people work with on a host whose accounts are the trouble; nobody knows its password.
pub const EVERYDAY_USER: &str = "rdpuser";

/// How an account stands with its host. Concerns sign-ins for Remote Desktop; the management service takes every
/// account that knows its password, so that a host can be managed whatever its accounts are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// It may sign in.
    #[default]
    Active,
    /// Locked after too many wrong passwords.
    Locked,
    /// Switched off.
    Disabled,
    /// Its password is too old.
    PasswordExpired,
    /// Its password must be changed at the next sign-in.
    MustChange,
    /// Past its last day.
    Expired,
    /// May not sign in now or from here, or has an empty password.
    Restricted,
    /// Lacks the right to be used over the network at all.
    NotGranted,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Active,
        Self::Locked,
        Self::Disabled,
        Self::PasswordExpired,
        Self::MustChange,
        Self::Expired,
        Self::Restricted,
        Self::NotGranted,
    ];

    /// The NTSTATUS with which a sign-in ends, `None` when it succeeds ([MS-ERREF] 2.3.1, windows-facts 11).
    pub fn refusal(self) -> Option<u32> {
        match self {
            Self::Active => None,
            Self::Locked => Some(0xC000_0234),
            Self::Disabled => Some(0xC000_0072),
            Self::PasswordExpired => Some(0xC000_0071),
            Self::MustChange => Some(0xC000_0224),
            Self::Expired => Some(0xC000_0193),
            Self::Restricted => Some(0xC000_006E),
            Self::NotGranted => Some(0xC000_015B),
        }
    }
}

/// A local account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalUser {
    /// Its name; letter case does not count.
    pub name: String,
    /// How it stands.
    pub standing: Standing,
}

/// A local group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalGroup {
    /// Its name.
    pub name: String,
    /// The names of its members.
    pub members: Vec<String>,
}

/// Who holds the right "Allow log on through Remote Desktop Services".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RemoteDesktopRight {
    /// Administrators and Remote Desktop Users, as Windows is delivered.
    #[default]
    AdministratorsAndUsers,
    /// Remote Desktop Users alone.
    UsersAlone,
}

/// The accounts and groups of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Accounts that are there besides those that the lab knows a password of, and the standing of any that is not
    /// [`Standing::Active`].
    pub users: Vec<LocalUser>,
    /// Groups; the lab's own accounts are administrators without being listed.
    pub groups: Vec<LocalGroup>,
    /// Who may use Remote Desktop.
    pub remote_desktop: RemoteDesktopRight,
}

impl Default for Directory {
    fn default() -> Self {
        let user = |name: &str, standing| LocalUser {
            name: name.to_owned(),
            standing,
        };
        let group = |name: &str, members: &[&str]| LocalGroup {
            name: name.to_owned(),
            members: members.iter().map(|&name| name.to_owned()).collect(),
        };
        Self {
            users: vec![
                user("Administrator", Standing::Active),
                user("DefaultAccount", Standing::Disabled),
                user("Guest", Standing::Disabled),
            ],
            groups: vec![
                group(ADMINISTRATORS, &["Administrator"]),
                group(REMOTE_DESKTOP_USERS, &[]),
            ],
            remote_desktop: RemoteDesktopRight::default(),
        }
    }
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

impl Directory {
    /// How an account stands; one that is not listed is active.
    pub fn standing(&self, user: &str) -> Standing {
        self.users
            .iter()
            .find(|listed| same(&listed.name, user))
            .map_or(Standing::Active, |listed| listed.standing)
    }

    /// Gives an account this standing, listing it when it was not.
    pub fn set_standing(&mut self, user: &str, standing: Standing) {
        match self
            .users
            .iter_mut()
            .find(|listed| same(&listed.name, user))
        {
            Some(listed) => listed.standing = standing,
            None => self.users.push(LocalUser {
                name: user.to_owned(),
                standing,
            }),
        }
    }

    /// Makes an account a member of a group, and the group when it is missing.
    pub fn add_member(&mut self, group: &str, user: &str) {
        if self.is_member(group, user) {
            return;
        }
        let user = user.to_owned();
        match self
            .groups
            .iter_mut()
            .find(|listed| same(&listed.name, group))
        {
            Some(listed) => listed.members.push(user),
            None => self.groups.push(LocalGroup {
                name: group.to_owned(),
                members: vec![user],
            }),
        }
    }

    /// Every account: those listed, and those of the lab that are not.
    pub fn everybody(&self, accounts: &[Account]) -> Vec<LocalUser> {
        let known = |user: &str| self.users.iter().any(|listed| same(&listed.name, user));
        let besides = accounts
            .iter()
            .filter(|account| !known(&account.user))
            .map(|account| LocalUser {
                name: account.user.clone(),
                standing: Standing::Active,
            });
        self.users.iter().cloned().chain(besides).collect()
    }

    /// Every member of a group; the lab's accounts are administrators.
    pub fn members(&self, group: &str, accounts: &[Account]) -> Vec<String> {
        let mut members: Vec<String> = self
            .groups
            .iter()
            .filter(|listed| same(&listed.name, group))
            .flat_map(|listed| listed.members.clone())
            .collect();
        if same(group, ADMINISTRATORS) {
            for account in accounts {
                if !members.iter().any(|member| same(member, &account.user)) {
                    members.push(account.user.clone());
                }
            }
        }
        members
    }

    /// Whether this account of the lab may open a desktop, once it has signed in.
    pub fn may_use_remote_desktop(&self, user: &str, accounts: &[Account]) -> bool {
        let is_in = |group| {
            self.members(group, accounts)
                .iter()
                .any(|member| same(member, user))
        };
        is_in(REMOTE_DESKTOP_USERS)
            || (self.remote_desktop == RemoteDesktopRight::AdministratorsAndUsers
                && is_in(ADMINISTRATORS))
    }

    fn is_member(&self, group: &str, user: &str) -> bool {
        self.members(group, &[])
            .iter()
            .any(|member| same(member, user))
    }
}

#[cfg(test)]
mod tests {
    use super::ADMINISTRATORS;
    use super::Directory;
    use super::REMOTE_DESKTOP_USERS;
    use super::RemoteDesktopRight;
    use super::Standing;
    use crate::auth::Account;
    use crate::secret::Secret;

    fn accounts() -> Vec<Account> {
        vec![Account {
            user: "labadmin".to_owned(),
            password: Secret::new("x"),
        }]
    }

    #[test]
    fn accounts_of_the_lab_are_administrators_and_active() {
        let directory = Directory::default();
        assert_eq!(directory.standing("LabAdmin"), Standing::Active);
        assert_eq!(
            directory.members(ADMINISTRATORS, &accounts()),
            ["Administrator", "labadmin"]
        );
        assert_eq!(directory.everybody(&accounts()).len(), 4);
        assert!(directory.may_use_remote_desktop("LABADMIN", &accounts()));
    }

    #[test]
    fn without_the_right_only_members_of_the_group_get_in() {
        let mut directory = Directory {
            remote_desktop: RemoteDesktopRight::UsersAlone,
            ..Directory::default()
        };
        assert!(!directory.may_use_remote_desktop("labadmin", &accounts()));
        directory.add_member(REMOTE_DESKTOP_USERS, "labadmin");
        directory.add_member(REMOTE_DESKTOP_USERS, "LABADMIN");
        assert!(directory.may_use_remote_desktop("labadmin", &accounts()));
        assert_eq!(
            directory.members(REMOTE_DESKTOP_USERS, &accounts()).len(),
            1
        );
    }

    #[test]
    fn a_standing_is_kept_under_the_name_whatever_its_case() {
        let mut directory = Directory::default();
        directory.set_standing("guest", Standing::Locked);
        directory.set_standing("labadmin", Standing::Locked);
        assert_eq!(directory.users.len(), 4);
        assert_eq!(directory.standing("Guest"), Standing::Locked);
        assert_eq!(directory.everybody(&accounts()).len(), 4);
    }

    #[test]
    fn every_standing_but_one_has_its_own_refusal() {
        let mut refusals: Vec<_> = Standing::ALL.iter().filter_map(|s| s.refusal()).collect();
        refusals.sort_unstable();
        refusals.dedup();
        assert_eq!(refusals.len(), Standing::ALL.len() - 1);
    }
}
