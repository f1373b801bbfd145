//! Resource URIs and endpoint references: what names a class or an object on the wire.

use std::collections::BTreeMap;

use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::wsman::name::ANONYMOUS;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::writer::Writer;

const WMI: &str = "http://schemas.microsoft.com/wbem/wsman/1/wmi/";
const DMTF: &str = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/";
const DMTF_ANY: &str = "http://schemas.dmtf.org/wbem/wscim/1/*";
const CONFIG: &str = "http://schemas.microsoft.com/wbem/wsman/1/config";
/// What stands for the service's own configuration, as the winrm command calls it.
const CONFIG_NAMESPACE: &str = "winrm/config";
const CONFIG_CLASS: &str = "Config";
/// The event logs ([MS-WSMV] 3.1.4.6).
pub(super) const EVENT_LOG: &str = "http://schemas.microsoft.com/wbem/wsman/1/windows/EventLog";
/// What stands for them, which are no class.
const EVENT_LOG_NAMESPACE: &str = "windows";
const EVENT_LOG_CLASS: &str = "EventLog";
/// The namespace of a DMTF URI without the selector that names one (wsman-wire 4).
const DMTF_DEFAULT: &str = "root/hardware";
/// The selector that names the namespace of a DMTF URI.
pub(super) const NAMESPACE_SELECTOR: &str = "__cimnamespace";

/// A resource URI taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource {
    /// The namespace is in the URI.
    Wmi(ObjectPath),
    /// The namespace is a selector.
    Dmtf {
        /// The class, `*` for any.
        class: String,
    },
}

impl Resource {
    /// Takes a URI apart, without regard to letter case; `None` for what is neither a class nor the configuration nor the
    /// event logs.
    pub(super) fn parse(uri: &str) -> Option<Self> {
        if uri.eq_ignore_ascii_case(CONFIG) {
            let config = ObjectPath::class(Namespace::new(CONFIG_NAMESPACE), CONFIG_CLASS);
            return Some(Self::Wmi(config));
        }
        if uri.eq_ignore_ascii_case(EVENT_LOG) {
            let logs = ObjectPath::class(Namespace::new(EVENT_LOG_NAMESPACE), EVENT_LOG_CLASS);
            return Some(Self::Wmi(logs));
        }
        if uri.eq_ignore_ascii_case(DMTF_ANY) {
            let class = "*".to_owned();
            return Some(Self::Dmtf { class });
        }
        if let Some(class) = strip_prefix(uri, DMTF) {
            let named = !class.is_empty() && !class.contains('/');
            let class = class.to_owned();
            return named.then_some(Self::Dmtf { class });
        }
        let (namespace, class) = strip_prefix(uri, WMI)?.rsplit_once('/')?;
        if namespace.is_empty() || class.is_empty() {
            return None;
        }
        Some(Self::Wmi(ObjectPath::class(
            Namespace::new(namespace),
            class,
        )))
    }

    /// The object that the URI and these selectors name. The error is the namespace of a selector that contradicts the
    /// URI.
    pub(super) fn with_selectors(
        self,
        selectors: Vec<(String, String)>,
    ) -> Result<ObjectPath, Namespace> {
        let mut namespace = None;
        let mut keys = BTreeMap::new();
        for (name, value) in selectors {
            if name.eq_ignore_ascii_case(NAMESPACE_SELECTOR) {
                namespace = Some(Namespace::new(value.trim()));
            } else {
                keys.insert(name, value);
            }
        }
        let class = match (self, namespace) {
            (Self::Wmi(path), Some(other)) if path.namespace != other => return Err(other),
            (Self::Wmi(path), _) => path,
            (Self::Dmtf { class }, namespace) => {
                let namespace = namespace.unwrap_or_else(|| Namespace::new(DMTF_DEFAULT));
                ObjectPath::class(namespace, class)
            }
        };
        Ok(ObjectPath { keys, ..class })
    }
}

/// `text` without `prefix`, whose letter case does not matter.
pub(super) fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Whether a target stands for the event logs.
pub(super) fn is_event_log(target: &ObjectPath) -> bool {
    target.class == EVENT_LOG_CLASS && target.namespace.as_str() == EVENT_LOG_NAMESPACE
}

/// Whether a namespace stands for the service's own configuration.
pub(super) fn is_config(namespace: &Namespace) -> bool {
    namespace.as_str().eq_ignore_ascii_case(CONFIG_NAMESPACE)
}

/// The URI of a class, which is also the XML namespace of its properties.
pub(super) fn of_class(namespace: &Namespace, class: &str) -> String {
    let name = namespace.as_str();
    if is_config(namespace) {
        return CONFIG.to_owned();
    }
    // A namespace that is a URI itself came from an element that belongs to no class.
    if name.contains("://") {
        return name.to_owned();
    }
    if name.is_empty() {
        return [DMTF, class].concat();
    }
    [WMI, name, "/", class].concat()
}

/// Where the class of an element lives, by the element's namespace; empty for a DMTF URI, which does not say.
pub(super) fn namespace_of(ns: &Ns) -> Namespace {
    let uri = ns.uri();
    if uri.eq_ignore_ascii_case(CONFIG) {
        return Namespace::new(CONFIG_NAMESPACE);
    }
    if let Some((namespace, _)) = strip_prefix(uri, WMI).and_then(|rest| rest.rsplit_once('/')) {
        return Namespace::new(namespace);
    }
    if strip_prefix(uri, DMTF).is_some() {
        return Namespace::new("");
    }
    Namespace::new(uri)
}

/// The selectors of a `w:SelectorSet`. A key that is itself a reference becomes a path as text.
pub(super) fn selectors(set: &Node) -> Vec<(String, String)> {
    set.children
        .iter()
        .filter(|child| child.is(&Ns::Wsman, "Selector"))
        .filter_map(|child| {
            let name = child.attribute(&Ns::Absent, "Name")?.to_owned();
            let value = match child.child(&Ns::Addressing, "EndpointReference") {
                Some(inner) => reference(inner).map(|path| path.to_string())?,
                None => child.text.clone(),
            };
            Some((name, value))
        })
        .collect()
}

/// The object that an element with `a:ReferenceParameters` points to.
pub(super) fn reference(node: &Node) -> Option<ObjectPath> {
    if let Some(inner) = node.child(&Ns::Addressing, "EndpointReference") {
        return reference(inner);
    }
    let parameters = node.child(&Ns::Addressing, "ReferenceParameters")?;
    let uri = parameters.child_text(&Ns::Wsman, "ResourceURI")?;
    let selectors = parameters
        .child(&Ns::Wsman, "SelectorSet")
        .map(selectors)
        .unwrap_or_default();
    Resource::parse(uri)?.with_selectors(selectors).ok()
}

/// Writes what an `a:EndpointReference` holds, for a place where `a` and `w` are declared.
pub(super) fn write_reference(writer: &mut Writer, path: &ObjectPath) {
    writer.leaf("a", "Address", ANONYMOUS);
    writer.open("a", "ReferenceParameters", &[]);
    let uri = of_class(&path.namespace, &path.class);
    writer.leaf("w", "ResourceURI", &uri);
    write_selectors(writer, path);
    writer.close("a", "ReferenceParameters");
}

/// Writes the keys of an object as `w:SelectorSet`, when there are any.
pub(super) fn write_selectors(writer: &mut Writer, path: &ObjectPath) {
    if path.keys.is_empty() {
        return;
    }
    writer.open("w", "SelectorSet", &[]);
    for (name, value) in &path.keys {
        writer.leaf_with("w", "Selector", &[("Name", name)], value);
    }
    writer.close("w", "SelectorSet");
}

#[cfg(test)]
mod tests {
    use super::Resource;
    use super::of_class;
    use crate::cim::Namespace;
    use crate::cim::ObjectPath;

    fn path(uri: &str, selectors: &[(&str, &str)]) -> Option<Result<ObjectPath, Namespace>> {
        let selectors = selectors
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Some(Resource::parse(uri)?.with_selectors(selectors))
    }

    #[test]
    fn a_uri_of_a_class_comes_back() {
        let uri = of_class(&Namespace::TERMINAL_SERVICES, "Win32_TSGeneralSetting");
        let expected = ObjectPath::class(Namespace::TERMINAL_SERVICES, "Win32_TSGeneralSetting");
        assert_eq!(path(&uri, &[]), Some(Ok(expected)));
    }

    #[test]
    fn a_dmtf_uri_takes_its_namespace_from_the_selector() {
        let uri = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/Win32_Service";
        let expected = ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", "x");
        let selectors = [("__CimNamespace", "root/cimv2"), ("Name", "x")];
        assert_eq!(path(uri, &selectors), Some(Ok(expected)));
    }

    #[test]
    fn a_contradicting_namespace_selector_is_told() {
        let uri = of_class(&Namespace::CIMV2, "Win32_Service");
        let found = path(&uri, &[("__cimnamespace", "root/default")]);
        assert_eq!(found, Some(Err(Namespace::new("root/default"))));
    }

    #[test]
    fn what_names_no_class_is_not_a_resource() {
        for uri in [
            "",
            "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd",
            "http://schemas.microsoft.com/wbem/wsman/1/wmi/Win32_Service",
            "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/",
        ] {
            assert_eq!(Resource::parse(uri), None, "{uri}");
        }
    }
}
