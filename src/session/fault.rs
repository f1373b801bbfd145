//! What the host's faults and return values mean for the caller (wsman-wire 7 and 8).

use std::time::Duration;

use crate::cim::CimError;
use crate::wsman::Fault;
use crate::wsman::fault as codes;

/// A fault in the caller's terms.
pub(super) fn judge(fault: Fault, operation: &str, limit: Duration) -> CimError {
    let operation = operation.to_owned();
    match fault.code {
        code if is_denial(code) => CimError::Denied { operation },
        code if is_quota(code) => CimError::Quota { operation, code },
        // CIM status "server limits exceeded", when a fault carries nothing better.
        27 => CimError::Quota {
            operation,
            code: 27,
        },
        codes::TIMED_OUT => CimError::TimedOut {
            operation,
            after: limit,
        },
        code => CimError::Fault {
            operation,
            code,
            message: fault.message,
        },
    }
}

/// Whether an enumeration was forgotten by the host and has to be started again.
pub(super) fn is_expired_enumeration(error: &CimError) -> bool {
    matches!(error, CimError::Fault { code, .. } if *code == codes::INVALID_ENUMERATION_CONTEXT)
}

/// Whether the object that was asked for does not exist.
pub(super) fn is_missing(error: &CimError) -> bool {
    matches!(error, CimError::Fault { code, .. } if [codes::NOT_FOUND, WBEM_NOT_FOUND, CIM_NOT_FOUND].contains(code))
}

/// Assumption: a Get of an object that does not exist may also end with WMI's own "not found" instead of
/// [`codes::NOT_FOUND`], and means the same.
const WBEM_NOT_FOUND: u32 = 0x8004_1002;
const CIM_NOT_FOUND: u32 = 6;

/// Codes that can mean nothing else, whether in a fault or as a method's return value.
fn is_denial(code: u32) -> bool {
    const ACCESS_DENIED: u32 = 0x8007_0005;
    const WBEM_ACCESS_DENIED: u32 = 0x8004_1003;
    /// Such as SeSecurityPrivilege for the log `Security`.
    const WBEM_PRIVILEGE_NOT_HELD: u32 = 0x8004_1062;
    code == 5
        || code == ACCESS_DENIED
        || code == WBEM_ACCESS_DENIED
        || code == WBEM_PRIVILEGE_NOT_HELD
        || (0x8033_8104..=0x8033_8106).contains(&code)
}

fn is_quota(code: u32) -> bool {
    const QUOTA_LIMIT: u32 = 0x8033_803F;
    code == QUOTA_LIMIT
        || (0x8033_81A5..=0x8033_81A8).contains(&code)
        || code == 0x8033_81AB
        || (0x8033_81E4..=0x8033_81EA).contains(&code)
}

/// What a method's return value other than 0 means; numbers mean different things in different classes.
pub(super) fn judge_return(class: &str, code: u32, operation: String) -> CimError {
    let denied = if class.eq_ignore_ascii_case("StdRegProv") {
        code == 5
    } else if class.eq_ignore_ascii_case("Win32_Service") {
        code == 2
    } else {
        code > 0xFFFF && is_denial(code)
    };
    if denied {
        CimError::Denied { operation }
    } else {
        CimError::Returned {
            operation,
            class: class.to_owned(),
            code,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::judge;
    use super::judge_return;
    use crate::cim::Blame;
    use crate::cim::CimError;
    use crate::wsman::Fault;

    fn blame(code: u32) -> Blame {
        let fault = Fault {
            code,
            ..Fault::default()
        };
        judge(fault, "a question", Duration::from_secs(20)).blame()
    }

    #[test]
    fn codes_say_who_has_to_act() {
        for denied in [5, 2_147_942_405, 0x8004_1062, 2_150_859_012, 2_150_859_014] {
            assert_eq!(blame(denied), Blame::Refusal, "{denied}");
        }
        for quota in [
            2_150_858_815,
            2_150_859_173,
            2_150_859_174,
            2_150_859_176,
            2_150_859_236,
            2_150_859_242,
            27,
        ] {
            assert_eq!(blame(quota), Blame::Quota, "{quota}");
        }
        assert_eq!(blame(2_150_858_793), Blame::Network);
        assert_eq!(blame(2_150_858_778), Blame::Refusal);
    }

    #[test]
    fn the_same_number_means_different_things_in_different_classes() {
        let means = |class, code| judge_return(class, code, "a call".to_owned());
        assert!(matches!(means("StdRegProv", 5), CimError::Denied { .. }));
        assert!(matches!(means("StdRegProv", 2), CimError::Returned { .. }));
        assert!(matches!(means("win32_service", 2), CimError::Denied { .. }));
        assert!(matches!(
            means("Win32_Service", 5),
            CimError::Returned { .. }
        ));
        assert!(matches!(
            means("Win32_TSGeneralSetting", 0x8004_1003),
            CimError::Denied { .. }
        ));
    }
}
