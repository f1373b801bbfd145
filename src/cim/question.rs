//! Methods that only tell something. Which ones do is a table, so that a method that changes a host cannot be called as
//! a question.

use std::fmt;

use crate::cim::query::ObjectPath;
use crate::cim::schema::CimType;
use crate::cim::schema::Scalar;
use crate::cim::schema::type_of;
use crate::cim::value::Value;

/// A method that changes nothing, such as `GetGracePeriodDays`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// The object, or the class for a static method.
    pub target: ObjectPath,
    /// The method.
    pub method: &'static str,
    /// Input parameters by name, as text; what their class's table says decides how they are sent.
    pub arguments: Vec<(&'static str, String)>,
}

/// Classes with those of their methods that change nothing (Microsoft Learn, the class's page; windows-facts 3, 9.2, 9.4).
const TELLING: &[(&str, &[&str])] = &[
    (
        "Win32_TerminalServiceSetting",
        &[
            "GetGracePeriodDays",
            "GetSpecifiedLicenseServerList",
            "GetTSLanaIds",
            "GetTStoLSConnectivityStatus",
        ],
    ),
    ("Win32_TSGatewayServerSettings", &["IsTransportEnabled"]),
    (
        "Win32_LogicalFileSecuritySetting",
        &["GetSecurityDescriptor"],
    ),
];

impl Question {
    /// A method without parameters.
    pub fn new(target: ObjectPath, method: &'static str) -> Self {
        Self {
            target,
            method,
            arguments: Vec::new(),
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }

    /// Whether the method is known to change nothing. What is not must not be sent.
    pub fn only_tells(&self) -> bool {
        TELLING.iter().any(|(class, methods)| {
            class.eq_ignore_ascii_case(&self.target.class) && methods.contains(&self.method)
        })
    }

    /// The parameters with the types that the class's table gives them; a text that is nothing of its type stays a text,
    /// for the host to refuse.
    pub fn values(&self) -> Vec<(String, Value)> {
        let scope = format!("{}.{}", self.target.class, self.method);
        self.arguments
            .iter()
            .map(|(name, text)| ((*name).to_owned(), typed(text, type_of(&scope, name))))
            .collect()
    }
}

fn typed(text: &str, kind: Option<CimType>) -> Value {
    let read = |scalar| match scalar {
        Scalar::Bool => text.to_lowercase().parse().ok().map(Value::Bool),
        Scalar::Uint => text.parse().ok().map(Value::Uint),
        Scalar::Sint => text.parse().ok().map(Value::Sint),
        Scalar::Real => text.parse().ok().map(Value::Real),
        Scalar::DateTime => text.parse().ok().map(Value::DateTime),
        Scalar::Interval => text.parse().ok().map(Value::Interval),
        Scalar::Text => None,
    };
    match kind {
        None => Value::text(text),
        Some(CimType::One(scalar)) => read(scalar).unwrap_or_else(|| Value::text(text)),
        Some(CimType::Many(scalar)) => {
            Value::List(vec![read(scalar).unwrap_or_else(|| Value::text(text))])
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}", self.method, self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::Question;
    use crate::cim::Namespace;
    use crate::cim::ObjectPath;
    use crate::cim::Value;

    fn ask(class: &str, method: &'static str) -> Question {
        Question::new(
            ObjectPath::class(Namespace::TERMINAL_SERVICES, class),
            method,
        )
    }

    #[test]
    fn a_method_that_changes_something_is_no_question() {
        let class = "Win32_TerminalServiceSetting";
        assert!(ask(class, "GetGracePeriodDays").only_tells());
        for method in ["SetAllowTSConnections", "ChangeMode", ""] {
            assert!(!ask(class, method).only_tells(), "{method}");
        }
        assert!(!ask("Win32_Service", "GetGracePeriodDays").only_tells());
    }

    #[test]
    fn the_table_of_the_class_types_parameters() {
        let question =
            ask("Win32_TSGatewayServerSettings", "IsTransportEnabled").with("TransportType", "1");
        assert_eq!(
            question.values(),
            [("TransportType".to_owned(), Value::Uint(1))]
        );
        let question = ask("Win32_TSGatewayServerSettings", "IsTransportEnabled")
            .with("TransportType", "one")
            .with("Other", "2");
        assert_eq!(
            question.values(),
            [
                ("TransportType".to_owned(), Value::text("one")),
                ("Other".to_owned(), Value::text("2"))
            ]
        );
    }
}
