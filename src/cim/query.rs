//! What may be asked of a host: [`Read`] and the parts it is made of. WQL is spelled here
//! and, for its conditions, in [`crate::cim::comparison`], nowhere else.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::cim::comparison::Comparison;
use crate::cim::comparison::quoted;
use crate::cim::event::EventQuery;
use crate::cim::event::LogEvent;
use crate::cim::question::Question;
use crate::cim::value::Instance;
use crate::cim::value::Value;

/// A CIM namespace, with forward slashes and without a leading `root` being implied: `root/cimv2`.
#[derive(Debug, Clone)]
pub struct Namespace(Cow<'static, str>);

impl Namespace {
    /// Most of Windows.
    pub const CIMV2: Self = Self(Cow::Borrowed("root/cimv2"));
    /// Remote Desktop settings; demands an encrypted session.
    pub const TERMINAL_SERVICES: Self = Self(Cow::Borrowed("root/cimv2/TerminalServices"));
    /// Firewall and network settings, Windows 8 / Server 2012 and later.
    pub const STANDARD_CIMV2: Self = Self(Cow::Borrowed("root/StandardCimv2"));

    /// A namespace by name; backslashes become slashes.
    pub fn new(name: &str) -> Self {
        Self(Cow::Owned(name.replace('\\', "/")))
    }

    /// The name with forward slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

// Hosts answer with another letter case than they were asked in.
impl PartialEq for Namespace {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Namespace {}

impl std::hash::Hash for Namespace {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl PartialOrd for Namespace {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Namespace {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(&other.folded())
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The name of one object, or of a class when there are no keys (static methods, singletons).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectPath {
    /// Where the class lives.
    pub namespace: Namespace,
    /// The class.
    pub class: String,
    /// Every key property with its value as text; an empty value is a value and must be sent.
    pub keys: BTreeMap<String, String>,
}

impl ObjectPath {
    /// The path of a class or a singleton.
    pub fn class(namespace: Namespace, class: impl Into<String>) -> Self {
        Self {
            namespace,
            class: class.into(),
            keys: BTreeMap::new(),
        }
    }

    /// Adds a key.
    #[must_use]
    pub fn key(mut self, name: &str, value: impl Into<String>) -> Self {
        self.keys.insert(name.to_owned(), value.into());
        self
    }
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.class)?;
        for (index, (name, value)) in self
            .keys
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .enumerate()
        {
            let separator = if index == 0 { '.' } else { ',' };
            write!(formatter, "{separator}{name}=\"{value}\"")?;
        }
        Ok(())
    }
}

/// Which instances of a class are meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter {
    /// All of them.
    All,
    /// Those whose property equals the text.
    Equals {
        /// Property name.
        property: String,
        /// Wanted value; compared by the host without regard to letter case.
        value: String,
    },
    /// Those whose property equals one of the texts.
    OneOf {
        /// Property name.
        property: String,
        /// Wanted values, at least one.
        values: Vec<String>,
    },
    /// Those for which every condition holds; without conditions, all of them.
    Every(Vec<Comparison>),
}

/// A query for instances, always of all properties (one shape of answer, see wsman-wire 6).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    /// Where the class lives.
    pub namespace: Namespace,
    /// The class.
    pub class: String,
    /// Which of its instances.
    pub filter: Filter,
}

impl Query {
    /// All instances of a class.
    pub fn all(namespace: Namespace, class: impl Into<String>) -> Self {
        Self {
            namespace,
            class: class.into(),
            filter: Filter::All,
        }
    }

    /// The instances whose property equals the text.
    pub fn equals(
        namespace: Namespace,
        class: impl Into<String>,
        property: &str,
        value: impl Into<String>,
    ) -> Self {
        let filter = Filter::Equals {
            property: property.to_owned(),
            value: value.into(),
        };
        Self {
            namespace,
            class: class.into(),
            filter,
        }
    }

    /// The instances for which every condition holds.
    pub fn every(
        namespace: Namespace,
        class: impl Into<String>,
        conditions: Vec<Comparison>,
    ) -> Self {
        Self {
            namespace,
            class: class.into(),
            filter: Filter::Every(conditions),
        }
    }

    /// The query as WQL text.
    pub fn wql(&self) -> String {
        let select = format!("SELECT * FROM {}", self.class);
        match &self.filter {
            Filter::All => select,
            Filter::Equals { property, value } => {
                format!("{select} WHERE {property}={}", quoted(value))
            }
            Filter::OneOf { property, values } => {
                let terms: Vec<String> = values
                    .iter()
                    .map(|value| format!("{property}={}", quoted(value)))
                    .collect();
                format!("{select} WHERE {}", terms.join(" OR "))
            }
            Filter::Every(conditions) if conditions.is_empty() => select,
            Filter::Every(conditions) => {
                let terms: Vec<String> = conditions.iter().map(ToString::to_string).collect();
                format!("{select} WHERE {}", terms.join(" AND "))
            }
        }
    }
}

/// A question for the objects that an object is linked with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Association {
    /// The object that stands on one side of the link.
    pub of: ObjectPath,
    /// The class of the link itself, when only one kind is meant.
    pub association_class: Option<String>,
    /// The class of the objects wanted.
    pub result_class: Option<String>,
    /// The reference property of the link that `of` must stand in, such as `Antecedent`.
    pub role: Option<String>,
}

/// A root of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hive {
    /// `HKLM`
    LocalMachine,
    /// `HKU`
    Users,
    /// `HKCR`
    ClassesRoot,
    /// `HKCC`
    CurrentConfig,
}

impl Hive {
    /// StdRegProv's `hDefKey` (StdRegProv class, Microsoft Learn).
    pub fn number(self) -> u32 {
        match self {
            Self::ClassesRoot => 0x8000_0000,
            Self::LocalMachine => 0x8000_0002,
            Self::Users => 0x8000_0003,
            Self::CurrentConfig => 0x8000_0005,
        }
    }

    /// The short name: `HKLM`.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::ClassesRoot => "HKCR",
            Self::LocalMachine => "HKLM",
            Self::Users => "HKU",
            Self::CurrentConfig => "HKCC",
        }
    }

    /// The root that a number of [`Hive::number`] stands for.
    pub fn from_number(number: u64) -> Option<Self> {
        [
            Self::ClassesRoot,
            Self::LocalMachine,
            Self::Users,
            Self::CurrentConfig,
        ]
        .into_iter()
        .find(|hive| u64::from(hive.number()) == number)
    }
}

/// A key of the registry; two spellings that differ in letter case are the same key to the host but not to `==`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegistryKey {
    /// The root.
    pub hive: Hive,
    /// The path below it, backslashes between, none at either end.
    pub path: String,
}

impl RegistryKey {
    /// A key below `HKLM`.
    pub fn local_machine(path: impl Into<String>) -> Self {
        Self {
            hive: Hive::LocalMachine,
            path: path.into(),
        }
    }

    /// A value in this key.
    pub fn value(&self, name: &str, kind: RegistryKind) -> RegistryPath {
        RegistryPath {
            key: self.clone(),
            name: name.to_owned(),
            kind,
        }
    }

    /// A key below this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        Self {
            hive: self.hive,
            path: format!("{}\\{name}", self.path),
        }
    }
}

impl fmt::Display for RegistryKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\\{}", self.hive.short_name(), self.path)
    }
}

/// The type of a registry value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RegistryKind {
    /// `REG_SZ`
    Text,
    /// `REG_EXPAND_SZ`
    ExpandText,
    /// `REG_BINARY`
    Binary,
    /// `REG_DWORD`
    Dword,
    /// `REG_MULTI_SZ`
    MultiText,
    /// `REG_QWORD`
    Qword,
}

impl RegistryKind {
    /// All of them, with the number that `EnumValues` reports in `Types` (StdRegProv class, Microsoft Learn).
    pub const NUMBERS: [(Self, u32); 6] = [
        (Self::Text, 1),
        (Self::ExpandText, 2),
        (Self::Binary, 3),
        (Self::Dword, 4),
        (Self::MultiText, 7),
        (Self::Qword, 11),
    ];

    /// The kind that a number of [`RegistryKind::NUMBERS`] stands for.
    pub fn from_number(number: u64) -> Option<Self> {
        Self::NUMBERS
            .iter()
            .find(|(_, known)| u64::from(*known) == number)
            .map(|(kind, _)| *kind)
    }
}

/// A value of the registry with the type that it is expected to have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegistryPath {
    /// The key that holds it.
    pub key: RegistryKey,
    /// Its name; empty for the default value.
    pub name: String,
    /// The type it is read as: StdRegProv refuses to read a value as another type.
    pub kind: RegistryKind,
}

impl fmt::Display for RegistryPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\\{}", self.key, self.name)
    }
}

/// What a registry value holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryData {
    /// `REG_SZ`
    Text(String),
    /// `REG_EXPAND_SZ`, variables unexpanded where the host allows
    ExpandText(String),
    /// `REG_BINARY`
    Binary(Vec<u8>),
    /// `REG_DWORD`
    Dword(u32),
    /// `REG_MULTI_SZ`
    MultiText(Vec<String>),
    /// `REG_QWORD`
    Qword(u64),
}

impl RegistryData {
    /// The type.
    pub fn kind(&self) -> RegistryKind {
        match self {
            Self::Text(_) => RegistryKind::Text,
            Self::ExpandText(_) => RegistryKind::ExpandText,
            Self::Binary(_) => RegistryKind::Binary,
            Self::Dword(_) => RegistryKind::Dword,
            Self::MultiText(_) => RegistryKind::MultiText,
            Self::Qword(_) => RegistryKind::Qword,
        }
    }
}

/// One question. Equal questions have equal answers within one pass over a host, so they are sent once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Read {
    /// Instances by query; answered by [`Answer::Instances`].
    Query(Query),
    /// One instance by its keys; answered by [`Answer::Instance`].
    Get(ObjectPath),
    /// Linked instances; answered by [`Answer::Instances`].
    Associated(Association),
    /// One registry value; answered by [`Answer::Registry`].
    Registry(RegistryPath),
    /// The names of the keys below a key; answered by [`Answer::SubKeys`].
    SubKeys(RegistryKey),
    /// The names and types of the values in a key; answered by [`Answer::ValueTypes`].
    ValueTypes(RegistryKey),
    /// A method that only tells something; answered by [`Answer::Output`].
    Ask(Question),
    /// Events of one log; answered by [`Answer::Events`].
    Events(EventQuery),
}

impl fmt::Display for Read {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query(query) => formatter.write_str(&query.wql()),
            Self::Get(path) => write!(formatter, "{path}"),
            Self::Associated(association) => {
                write!(formatter, "the objects linked with {}", association.of)
            }
            Self::Registry(path) => write!(formatter, "{path}"),
            Self::SubKeys(key) => write!(formatter, "the keys below {key}"),
            Self::ValueTypes(key) => write!(formatter, "the values in {key}"),
            Self::Ask(question) => write!(formatter, "{question}"),
            Self::Events(query) => write!(formatter, "the events of {}", query.log),
        }
    }
}

/// The answer to a [`Read`]; which variant is said there.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Any number of instances.
    Instances(Vec<Instance>),
    /// The instance, or `None` when there is no such object.
    Instance(Option<Instance>),
    /// The data, or `None` when the key or the value is missing.
    Registry(Option<RegistryData>),
    /// The names, or `None` when the key is missing.
    SubKeys(Option<Vec<String>>),
    /// Names with types (`None` for a type that StdRegProv cannot read), or `None` when the key is missing.
    ValueTypes(Option<Vec<(String, Option<RegistryKind>)>>),
    /// Output parameters, `ReturnValue` among them; what the return value means is the caller's to judge.
    Output(Vec<(String, Value)>),
    /// Events, oldest first.
    Events(Vec<LogEvent>),
}

#[cfg(test)]
mod tests {
    use super::Namespace;
    use super::ObjectPath;
    use super::Query;
    use crate::cim::Comparison;
    use crate::cim::Literal;

    #[test]
    fn wql_quotes_backslash_and_quote() {
        let query = Query::equals(Namespace::CIMV2, "CIM_DataFile", "Name", r"C:\it's");
        assert_eq!(
            query.wql(),
            r"SELECT * FROM CIM_DataFile WHERE Name='C:\\it\'s'"
        );
    }

    #[test]
    fn conditions_are_joined() {
        let query = Query::every(
            Namespace::STANDARD_CIMV2,
            "MSFT_NetTCPConnection",
            vec![
                Comparison::equal("State", Literal::Number(2)),
                Comparison::equal("LocalPort", Literal::AnyOf(vec![3389, 443])),
            ],
        );
        assert_eq!(
            query.wql(),
            "SELECT * FROM MSFT_NetTCPConnection WHERE State=2 AND (LocalPort=3389 OR LocalPort=443)"
        );
        let all = Query::every(Namespace::CIMV2, "C", Vec::new());
        assert_eq!(all.wql(), "SELECT * FROM C");
    }

    #[test]
    fn namespaces_compare_without_regard_to_case() {
        assert_eq!(
            Namespace::new(r"ROOT\StandardCimv2"),
            Namespace::STANDARD_CIMV2
        );
    }

    #[test]
    fn a_path_reads_like_a_wmi_path() {
        let path = ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", "TermService");
        assert_eq!(path.to_string(), "Win32_Service.Name=\"TermService\"");
    }
}
