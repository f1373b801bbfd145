//! What a machine is to those who sign in over Remote Desktop: its names, release and clock, and whom it lets in,
//! derived from its state. Must not know messages or sockets.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::auth::Account;
use crate::auth::ServerNames;
use crate::cim::RegistryKey;
use crate::lab::machine::Machine;
use crate::lab::machine::account::Directory;
use crate::lab::machine::account::Standing;
use crate::lab::machine::os::Build;
use crate::lab::machine::os::Membership;
use crate::lab::machine::os::SecureChannel;
use crate::rdp::credssp;

/// `STATUS_LOGON_FAILURE`: user or password is wrong; Windows does not tell which ([MS-ERREF] 2.3.1).
pub const LOGON_FAILURE: u32 = 0xC000_006D;
/// `STATUS_NO_LOGON_SERVERS`
const NO_LOGON_SERVERS: u32 = 0xC000_005E;
/// `STATUS_TRUSTED_RELATIONSHIP_FAILURE`
const TRUST_FAILURE: u32 = 0xC000_018D;
/// `STATUS_TIME_DIFFERENCE_AT_DC`
const TIME_DIFFERENCE: u32 = 0xC000_0133;
/// How far a member's clock may be from its domain's (the default of Kerberos).
const TOLERATED_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The revision of Windows Server 2016 that brought the CredSSP update of March 2018 (KB4088787).
const UPDATED_2016: u32 = 2125;
/// What a host answered with before that update.
///
/// Assumption: a host of 2016 without the CredSSP update answers with version 4.
const BEFORE_UPDATE: u32 = 4;
/// The oldest version that there is.
const OLDEST: u32 = 2;

/// From 1601 to 1970, in units of 100 ns.
const UNIX_EPOCH: i128 = 116_444_736_000_000_000;

/// What a machine is to those who sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What it calls itself.
    pub names: ServerNames,
    /// Its build of Windows 10.0.
    pub build: u16,
    /// How far its clock is ahead of ours.
    pub clock_skew: SignedDuration,
    /// The version of CredSSP that it answers with.
    pub credssp: u32,
    /// The oldest version of CredSSP that it accepts of a client.
    pub oldest_client: u32,
    /// The accounts whose passwords it knows.
    pub accounts: Vec<Account>,
    /// How accounts stand.
    pub directory: Directory,
    /// How it stands with its domain.
    pub secure_channel: SecureChannel,
}

impl Default for Identity {
    /// A computer of a workgroup that knows nobody.
    fn default() -> Self {
        Self {
            names: ServerNames::in_workgroup("WIN-LAB01"),
            build: build_number(Build::Server2022),
            clock_skew: SignedDuration::ZERO,
            credssp: credssp::NEWEST,
            oldest_client: OLDEST,
            accounts: Vec::new(),
            directory: Directory::default(),
            secure_channel: SecureChannel::Working,
        }
    }
}

/// Whether a client proved to know the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Password {
    /// It did.
    Right,
    /// It did not, or there is no such account.
    Wrong,
}

/// Derives it.
pub fn of(machine: &Machine) -> Identity {
    let computer = &machine.computer_name;
    Identity {
        names: match &machine.membership {
            Membership::Workgroup(_) => ServerNames::in_workgroup(computer),
            Membership::Domain(domain) => ServerNames::in_domain(computer, domain),
        },
        build: build_number(machine.os.build),
        clock_skew: machine.os.clock_skew,
        credssp: credssp_version(machine),
        oldest_client: oldest_client(machine),
        accounts: machine.accounts.clone(),
        directory: machine.directory.clone(),
        secure_channel: machine.secure_channel,
    }
}

fn build_number(build: Build) -> u16 {
    u16::try_from(build.number()).unwrap_or(u16::MAX)
}

fn credssp_version(machine: &Machine) -> u32 {
    let windows = RegistryKey::local_machine(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
    let revision = machine.registry.dword(&windows, "UBR");
    let lacks_update = machine.os.build == Build::Server2016
        && revision.is_some_and(|revision| revision < UPDATED_2016);
    if lacks_update {
        BEFORE_UPDATE
    } else {
        credssp::NEWEST
    }
}

/// `AllowEncryptionOracle` 0 is "force updated clients"; with 1 and 2 a host takes old clients too (windows-facts 4.5).
fn oldest_client(machine: &Machine) -> u32 {
    let parameters = RegistryKey::local_machine(
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters",
    );
    match machine.registry.dword(&parameters, "AllowEncryptionOracle") {
        Some(0) => credssp::WITH_NONCE,
        _ => OLDEST,
    }
}

impl Identity {
    /// What the machine's own clock shows, in units of 100 ns since 1601.
    pub fn filetime(&self, now: Timestamp) -> u64 {
        let clock = now.saturating_add(self.clock_skew).unwrap_or(now);
        u64::try_from(clock.as_nanosecond() / 100 + UNIX_EPOCH).unwrap_or(0)
    }

    /// The NTSTATUS with which a sign-in ends; `None` when it succeeds. A domain's account is looked up by the domain,
    /// so that nothing is said about it while the domain cannot be asked.
    ///
    /// Assumption: a locked account is told whatever the password, every other standing only to those who know it.
    pub fn refusal(&self, user: &str, domain: &str, password: Password) -> Option<u32> {
        let (name, realm) = user.split_once('@').unwrap_or((user, domain));
        if let Some(status) = self.domain_refusal(realm) {
            return Some(status);
        }
        let standing = self.directory.standing(name);
        match (standing, password) {
            (Standing::Locked, _) | (_, Password::Right) => standing.refusal(),
            (_, Password::Wrong) => Some(LOGON_FAILURE),
        }
    }

    /// Assumption: a member whose clock is off by more than Kerberos tolerates refuses accounts of its domain with
    /// 0xC0000133, over NTLM too.
    fn domain_refusal(&self, realm: &str) -> Option<u32> {
        let names = &self.names;
        let same = |name: &str| name.eq_ignore_ascii_case(realm);
        if !names.is_in_domain() || !(same(&names.domain) || same(&names.dns_domain)) {
            return None;
        }
        match self.secure_channel {
            SecureChannel::Broken => Some(TRUST_FAILURE),
            SecureChannel::NoController => Some(NO_LOGON_SERVERS),
            SecureChannel::Working => {
                (self.clock_skew.abs() > TOLERATED_SKEW).then_some(TIME_DIFFERENCE)
            }
        }
    }

    /// Whether an account that signed in may open a desktop.
    pub fn may_use_remote_desktop(&self, user: &str) -> bool {
        let name = user.split('@').next().unwrap_or_default();
        self.directory.may_use_remote_desktop(name, &self.accounts)
    }

    /// Whether this is the account's password.
    pub fn knows(&self, user: &str, password: &str) -> bool {
        let name = user.split('@').next().unwrap_or_default().to_lowercase();
        self.accounts.iter().any(|account| {
            account.user.to_lowercase() == name && account.password.reveal() == password
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::Identity;
    use super::LOGON_FAILURE;
    use super::Password;
    use crate::auth::ServerNames;
    use crate::lab::machine::account::Standing;
    use crate::lab::machine::os::SecureChannel;

    #[test]
    fn only_a_lock_is_told_to_those_who_do_not_know_the_password() {
        let mut identity = Identity::default();
        for standing in Standing::ALL {
            identity.directory.set_standing("anna", standing);
            let right = identity.refusal("anna", "", Password::Right);
            let wrong = identity.refusal("ANNA@corp.test", "", Password::Wrong);
            assert_eq!(right, standing.refusal());
            let told = if standing == Standing::Locked {
                0xC000_0234
            } else {
                LOGON_FAILURE
            };
            assert_eq!(wrong, Some(told), "{standing:?}");
        }
    }

    #[test]
    fn trouble_with_the_domain_is_trouble_of_its_accounts_alone() {
        let member = |secure_channel, minutes| Identity {
            names: ServerNames::in_domain("PC-1", "corp.test"),
            secure_channel,
            clock_skew: SignedDuration::from_mins(minutes),
            ..Identity::default()
        };
        for (identity, status) in [
            (member(SecureChannel::Broken, 0), Some(0xC000_018D)),
            (member(SecureChannel::NoController, 0), Some(0xC000_005E)),
            (member(SecureChannel::Working, -120), Some(0xC000_0133)),
            (member(SecureChannel::Working, 4), None),
        ] {
            for (user, domain) in [("anna", "corp"), ("anna", "CORP.TEST"), ("a@corp.test", "")] {
                assert_eq!(identity.refusal(user, domain, Password::Right), status);
            }
            for domain in ["", "PC-1"] {
                assert_eq!(identity.refusal("anna", domain, Password::Right), None);
            }
        }
    }
}
