//! The refusals of the management service and its providers, with the codes of wsman-wire 8.

use crate::wsman::Fault;

/// Windows: access is denied.
pub const ACCESS_DENIED: u32 = 5;
/// WS-Man: no such object, class or namespace.
pub const NOT_FOUND: u32 = 2_150_858_752;
/// WS-Man: no such method on this resource.
pub const ACTION_NOT_SUPPORTED: u32 = 2_150_858_753;
/// WS-Man: the query cannot be processed.
pub const CANNOT_PROCESS_FILTER: u32 = 2_150_858_778;
/// WS-Man: an object of this name exists.
pub const ALREADY_EXISTS: u32 = 2_150_858_803;
/// WS-Man: the body does not fit the class.
pub const SCHEMA: u32 = 2_150_858_817;
/// WS-Man: a key is missing from the selectors.
pub const TOO_FEW_SELECTORS: u32 = 2_150_858_842;
/// WS-Man: a selector is no key.
pub const UNEXPECTED_SELECTORS: u32 = 2_150_858_843;
/// WS-Man: a key would change.
pub const KEY_CHANGED: u32 = 2_150_858_989;
/// WS-Man: a parameter is missing or of the wrong type.
pub const INVALID_PARAMETER: u32 = 2_150_859_038;
/// WMI: a value is not acceptable.
pub const BAD_PARAMETER: u32 = 0x8004_1008;
/// WMI: not supported.
pub const NOT_SUPPORTED: u32 = 0x8004_100C;
/// WMI: the setting is under Group Policy.
pub const UNDER_POLICY: u32 = 0x8004_1016;
/// WMI: the property cannot be written.
pub const READ_ONLY: u32 = 0x8004_1023;
/// WMI: the value is out of range.
pub const OUT_OF_RANGE: u32 = 0x8004_102B;

/// The account may sign in but not manage.
pub fn access_denied() -> Fault {
    internal(ACCESS_DENIED, "Access is denied. ")
}

/// A refusal by a provider with a code of its own.
pub(super) fn internal(code: u32, message: &str) -> Fault {
    Fault {
        code,
        subcode: "InternalError".to_owned(),
        message: message.to_owned(),
        detail: None,
    }
}

fn sender(code: u32, subcode: &str, message: &str, detail: Option<&str>) -> Fault {
    Fault {
        code,
        subcode: subcode.to_owned(),
        message: message.to_owned(),
        detail: detail.map(str::to_owned),
    }
}

/// No such object, class or namespace.
pub(super) fn not_found() -> Fault {
    sender(
        NOT_FOUND,
        "DestinationUnreachable",
        "The WS-Management service cannot process the request. The service cannot find the resource identified by the \
         resource URI and selectors. ",
        Some("InvalidResourceURI"),
    )
}

/// No such operation on this resource.
pub(super) fn action_not_supported() -> Fault {
    sender(
        ACTION_NOT_SUPPORTED,
        "ActionNotSupported",
        "The action is not supported by the service. ",
        None,
    )
}

/// A query that cannot be processed.
pub(super) fn cannot_process_filter() -> Fault {
    sender(
        CANNOT_PROCESS_FILTER,
        "CannotProcessFilter",
        "The WS-Management service cannot process the request. The WQL query is invalid. ",
        None,
    )
}

/// Create of what exists.
pub(super) fn already_exists() -> Fault {
    sender(
        ALREADY_EXISTS,
        "AlreadyExists",
        "Cannot create a file when that file already exists. ",
        None,
    )
}

/// A property that the class does not have.
pub(super) fn schema() -> Fault {
    sender(
        SCHEMA,
        "SchemaValidationError",
        "The SOAP packet contains an element that the class does not have. ",
        None,
    )
}

/// A key is missing from the selectors.
pub(super) fn too_few_selectors() -> Fault {
    sender(
        TOO_FEW_SELECTORS,
        "InvalidSelectors",
        "The WS-Management service cannot process the request because the request contained too few selectors. ",
        Some("InsufficientSelectors"),
    )
}

/// A selector is no key.
pub(super) fn unexpected_selectors() -> Fault {
    sender(
        UNEXPECTED_SELECTORS,
        "InvalidSelectors",
        "The WS-Management service cannot process the request because the request contained invalid selectors for the \
         resource. ",
        Some("UnexpectedSelectors"),
    )
}

/// Put with another key.
pub(super) fn key_changed() -> Fault {
    internal(
        KEY_CHANGED,
        "A key property cannot be changed by the Put operation. ",
    )
}

/// A parameter that is missing or of the wrong type.
pub(super) fn invalid_parameter() -> Fault {
    internal(INVALID_PARAMETER, "A parameter is not valid. ")
}

/// A property that cannot be written.
///
/// Assumption: the providers refuse such a Put; some may ignore it instead.
pub(super) fn read_only() -> Fault {
    internal(READ_ONLY, "Property is read-only. ")
}
