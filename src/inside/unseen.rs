//! Why a part was not seen, and what lets it be seen.

use crate::cim::CimError;
use crate::inside::Unseen;

/// A part, as far as it matters when it cannot be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Topic {
    /// What is read, for people: "the settings of Remote Desktop".
    pub(super) what: &'static str,
    /// Which right it takes.
    pub(super) right: Right,
    /// Where what it is read from exists: a release of Windows, a role.
    pub(super) exists: &'static str,
}

/// Which right it takes to read something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// That of an administrator.
    Administrators,
    /// That of those who read event logs.
    EventLogReaders,
    /// The same for the log named Security, which the management service must be able to read as well.
    SecurityLog,
}

impl Right {
    fn remedy(self) -> &'static str {
        match self {
            Self::Administrators => {
                "sign in with an account of `Administrators`; a local one other than the built-in one also needs \
                 `LocalAccountTokenFilterPolicy` 1 on the host"
            }
            Self::EventLogReaders => {
                "put the account into `Event Log Readers` on the host, or sign in with one of `Administrators`"
            }
            Self::SecurityLog => {
                "put the account into `Event Log Readers` on the host, and `NETWORK SERVICE`, which the management \
                 service runs as, too"
            }
        }
    }
}

/// Codes with which a host says that it has no such namespace, class or object: those of WS-Management (wsman-wire 8) and
/// of WMI itself (WbemErrorEnum, Microsoft Learn). A query for a class that is missing is answered as one that cannot be
/// processed.
const ABSENT: [u32; 5] = [
    2_150_858_752, // the resource is not there
    2_150_858_778, // the filter cannot be processed
    0x8004_1002,   // WBEM_E_NOT_FOUND
    0x8004_100E,   // WBEM_E_INVALID_NAMESPACE
    0x8004_1010,   // WBEM_E_INVALID_CLASS
];

/// Whether the host does not have what it was asked for at all.
pub(super) fn is_absent(error: &CimError) -> bool {
    matches!(error, CimError::Fault { code, .. } if ABSENT.contains(code))
}

impl Topic {
    /// What an error means for this part.
    pub(super) fn unseen(&self, error: &CimError) -> Unseen {
        let (why, remedy) = match error {
            CimError::Denied { .. } => (
                format!("access to {} was denied", self.what),
                self.right.remedy().to_owned(),
            ),
            error if is_absent(error) => (
                format!("the host does not have {}", self.what),
                self.exists.to_owned(),
            ),
            error => {
                let otherwise = "try again, and look at the host itself when it stays so";
                let remedy = error.hint().unwrap_or_else(|| otherwise.to_owned());
                (format!("{} could not be read: {error}", self.what), remedy)
            }
        };
        Unseen { why, remedy }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Right;
    use super::Topic;
    use crate::cim::CimError;

    const LOG: Topic = Topic {
        what: "the log `System`",
        right: Right::EventLogReaders,
        exists: "every host has it",
    };

    #[test]
    fn each_error_has_a_remedy_of_its_own() {
        let operation = || "a question".to_owned();
        let fault = |code| CimError::Fault {
            operation: operation(),
            code,
            message: String::new(),
        };
        for (error, why, remedy) in [
            (
                CimError::Denied {
                    operation: operation(),
                },
                "access to the log `System` was denied",
                "Event Log Readers",
            ),
            (fault(0x8004_1010), "does not have the log", "every host"),
            (fault(2_150_858_778), "does not have the log", "every host"),
            (
                fault(0x8004_1001),
                "could not be read",
                "rdpfix explain hresult:0x80041001",
            ),
            (fault(0x1234_5678), "could not be read", "try again"),
            (
                CimError::TimedOut {
                    operation: operation(),
                    after: Duration::from_secs(20),
                },
                "no answer to a question within 20 s",
                "--timeout",
            ),
        ] {
            let unseen = LOG.unseen(&error);
            assert!(unseen.why.contains(why), "{unseen:?}");
            assert!(unseen.remedy.contains(remedy), "{unseen:?}");
        }
    }
}
