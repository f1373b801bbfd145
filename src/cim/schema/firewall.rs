//! Types of the firewall's rules, profiles and filters (root/StandardCimv2).

use super::BOOL;
use super::TEXT;
use super::TEXTS;
use super::Table;
use super::UINT;
use super::UINTS;

/// Every class of this part.
///
/// Assumption: types and names are as documented; no recording of a real host has one of these objects.
pub(super) static CLASSES: &[(&str, Table)] = &[
    ("MSFT_NetFirewallRule", RULE),
    ("MSFT_NetFirewallProfile", PROFILE),
    ("MSFT_NetProtocolPortFilter", PORT_FILTER),
    ("MSFT_NetAddressFilter", ADDRESS_FILTER),
    ("MSFT_NetFirewallRule.Rename", RENAME),
    ("MSFT_NetFirewallRule.CloneObject", CLONE),
];

// Microsoft Learn, MSFT_NetFirewallRule with CIM_PolicyRule's properties. No recording has one of these.
const RULE: Table = &[
    ("Action", UINT),
    ("Caption", TEXT),
    ("CommonName", TEXT),
    ("ConditionListType", UINT),
    ("CreationClassName", TEXT),
    ("Description", TEXT),
    ("Direction", UINT),
    ("DisplayGroup", TEXT),
    ("DisplayName", TEXT),
    ("EdgeTraversalPolicy", UINT),
    ("ElementName", TEXT),
    ("Enabled", UINT),
    ("EnforcementStatus", UINTS),
    ("ExecutionStrategy", UINT),
    ("InstanceID", TEXT),
    ("LocalOnlyMapping", BOOL),
    ("LooseSourceMapping", BOOL),
    ("Mandatory", BOOL),
    ("Owner", TEXT),
    ("PackageFamilyName", TEXT),
    ("Platforms", TEXTS),
    ("PolicyAppId", TEXT),
    ("PolicyKeywords", TEXTS),
    ("PolicyRoles", TEXTS),
    ("PolicyRuleName", TEXT),
    ("PolicyStoreSource", TEXT),
    ("PolicyStoreSourceType", UINT),
    ("PrimaryStatus", UINT),
    ("Priority", UINT),
    ("Profiles", UINT),
    ("RemoteDynamicKeywordAddresses", TEXTS),
    ("RuleGroup", TEXT),
    ("RuleUsage", TEXT),
    ("SequencedActions", UINT),
    ("Status", TEXT),
    ("StatusCode", UINT),
    ("SystemCreationClassName", TEXT),
    ("SystemName", TEXT),
];

// Microsoft Learn, MSFT_NetFirewallProfile.
const PROFILE: Table = &[
    ("AllowInboundRules", UINT),
    ("AllowLocalFirewallRules", UINT),
    ("AllowLocalIPsecRules", UINT),
    ("AllowUnicastResponseToMulticast", UINT),
    ("AllowUserApps", UINT),
    ("AllowUserPorts", UINT),
    ("Caption", TEXT),
    ("DefaultInboundAction", UINT),
    ("DefaultOutboundAction", UINT),
    ("Description", TEXT),
    ("DisabledInterfaceAliases", TEXTS),
    ("ElementName", TEXT),
    ("Enabled", UINT),
    ("EnableStealthModeForIPsec", UINT),
    ("InstanceID", TEXT),
    ("LogAllowed", UINT),
    ("LogBlocked", UINT),
    ("LogFileName", TEXT),
    ("LogIgnored", UINT),
    ("LogMaxSizeKilobytes", UINT),
    ("Name", TEXT),
    ("NotifyOnListen", UINT),
];

// Microsoft Learn, MSFT_NetProtocolPortFilter; ports are texts, because `Any` and `RPC` are ports too.
const PORT_FILTER: Table = &[
    ("Caption", TEXT),
    ("CreationClassName", TEXT),
    ("Description", TEXT),
    ("DynamicTarget", UINT),
    ("DynamicTransport", UINT),
    ("ElementName", TEXT),
    ("IcmpType", TEXTS),
    ("InstanceID", TEXT),
    ("IsNegated", BOOL),
    ("LocalPort", TEXTS),
    ("Name", TEXT),
    ("Protocol", TEXT),
    ("RemotePort", TEXTS),
    ("SystemCreationClassName", TEXT),
    ("SystemName", TEXT),
];

// Microsoft Learn, MSFT_NetAddressFilter; addresses are texts, ranges and words among them.
const ADDRESS_FILTER: Table = &[
    ("Caption", TEXT),
    ("CreationClassName", TEXT),
    ("Description", TEXT),
    ("ElementName", TEXT),
    ("InstanceID", TEXT),
    ("IsNegated", BOOL),
    ("LocalAddress", TEXTS),
    ("Name", TEXT),
    ("RemoteAddress", TEXTS),
    ("SystemCreationClassName", TEXT),
    ("SystemName", TEXT),
];

// Microsoft Learn, methods of MSFT_NetFirewallRule.
const RENAME: Table = &[("NewName", TEXT)];

// Microsoft Learn, methods of MSFT_NetFirewallRule.
const CLONE: Table = &[
    ("NewGPOSession", TEXT),
    ("NewName", TEXT),
    ("NewPolicyStore", TEXT),
];
