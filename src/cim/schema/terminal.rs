//! Types of the Remote Desktop settings (root/cimv2/TerminalServices).

use super::BOOL;
use super::TEXT;
use super::TEXTS;
use super::TIME;
use super::Table;
use super::UINT;
use super::UINTS;

/// Every class of this part.
///
/// Assumption: types and names are as documented; no recording of a real host has one of these objects.
pub(super) static CLASSES: &[(&str, Table)] = &[
    ("Win32_TerminalServiceSetting", SERVICE_SETTING),
    ("Win32_TSGeneralSetting", GENERAL_SETTING),
    ("Win32_TSNetworkAdapterSetting", NETWORK_ADAPTER_SETTING),
    ("Win32_TSGatewayServerSettings", GATEWAY_SETTINGS),
    ("Win32_TerminalServiceSetting.SetAllowTSConnections", ALLOW),
    ("Win32_TerminalServiceSetting.GetGracePeriodDays", GRACE),
    (
        "Win32_TerminalServiceSetting.GetSpecifiedLicenseServerList",
        LICENCE_SERVERS,
    ),
    (
        "Win32_TerminalServiceSetting.GetTStoLSConnectivityStatus",
        CONNECTIVITY,
    ),
    ("Win32_TerminalServiceSetting.GetTSLanaIds", LANA_IDS),
    (
        "Win32_TSGatewayServerSettings.IsTransportEnabled",
        TRANSPORT_ENABLED,
    ),
    (
        "Win32_TerminalServiceSetting.SetSingleSession",
        SINGLE_SESSION,
    ),
    (
        "Win32_TSGeneralSetting.SetUserAuthenticationRequired",
        USER_AUTHENTICATION,
    ),
    ("Win32_TSGeneralSetting.SetSecurityLayer", SECURITY_LAYER),
    (
        "Win32_TSGeneralSetting.SetEncryptionLevel",
        ENCRYPTION_LEVEL,
    ),
    (
        "Win32_TSNetworkAdapterSetting.SelectNetworkAdapterIP",
        ADAPTER_IP,
    ),
    (
        "Win32_TSNetworkAdapterSetting.SetNetworkAdapterLanaID",
        ADAPTER_LANA,
    ),
];

// Microsoft Learn, Win32_TerminalServiceSetting; `Logons` is a string there, "0" or "1".
const SERVICE_SETTING: Table = &[
    ("ActiveDesktop", UINT),
    ("AllowTSConnections", UINT),
    ("Caption", TEXT),
    ("DeleteTempFolders", UINT),
    ("Description", TEXT),
    ("DirectConnectLicenseServers", TEXT),
    ("DisableForcibleLogoff", UINT),
    ("EnableAutomaticReconnection", UINT),
    ("EnableDFSS", UINT),
    ("EnableDiskFSS", UINT),
    ("EnableNetworkFSS", UINT),
    ("EnableRemoteDesktopMSI", UINT),
    ("FallbackPrintDriverType", UINT),
    ("GetCapabilitiesID", TEXT),
    ("Help", UINT),
    ("HomeDirectory", TEXT),
    ("InstallDate", TIME),
    ("LicensingDescription", TEXT),
    ("LicensingName", TEXT),
    ("LicensingType", UINT),
    ("LimitedUserSessions", UINT),
    ("Logons", TEXT),
    ("Name", TEXT),
    ("NetworkFSSCatchAllWeight", UINT),
    ("NetworkFSSLocalSystemWeight", UINT),
    ("NetworkFSSUserSessionWeight", UINT),
    ("PolicySourceAllowTSConnections", UINT),
    ("PolicySourceConfiguredLicenseServers", UINT),
    ("PolicySourceDeleteTempFolders", UINT),
    ("PolicySourceDirectConnectLicenseServers", UINT),
    ("PolicySourceEnableAutomaticReconnection", UINT),
    ("PolicySourceEnableDFSS", UINT),
    ("PolicySourceEnableRemoteDesktopMSI", UINT),
    ("PolicySourceFallbackPrintDriverType", UINT),
    ("PolicySourceHomeDirectory", UINT),
    ("PolicySourceLicensingType", UINT),
    ("PolicySourceProfilePath", UINT),
    ("PolicySourceRedirectSmartCards", UINT),
    ("PolicySourceSessionDirectoryActive", UINT),
    ("PolicySourceSessionDirectoryAdditionalParams", UINT),
    ("PolicySourceSessionDirectoryClusterName", UINT),
    ("PolicySourceSessionDirectoryExposeServerIP", UINT),
    ("PolicySourceSessionDirectoryLocation", UINT),
    ("PolicySourceSingleSession", UINT),
    ("PolicySourceTimeZoneRedirection", UINT),
    ("PolicySourceUseRDEasyPrintDriver", UINT),
    ("PolicySourceUseTempFolders", UINT),
    ("PossibleLicensingTypes", TEXT),
    ("ProfilePath", TEXT),
    ("RedirectSmartCards", UINT),
    ("ServerName", TEXT),
    ("SessionBrokerDrainMode", UINT),
    ("SessionDirectoryActive", UINT),
    ("SessionDirectoryAdditionalParams", TEXT),
    ("SessionDirectoryClusterName", TEXT),
    ("SessionDirectoryExposeServerIP", UINT),
    ("SessionDirectoryIPAddress", TEXT),
    ("SessionDirectoryLocation", TEXT),
    ("SingleSession", UINT),
    ("Status", TEXT),
    ("TerminalServerMode", UINT),
    ("TimeZoneRedirection", UINT),
    ("UserPermission", UINT),
    ("UseRDEasyPrintDriver", UINT),
    ("UseTempFolders", UINT),
];

// Microsoft Learn, Win32_TSGeneralSetting, and the properties of its base class Win32_TerminalSetting.
const GENERAL_SETTING: Table = &[
    ("Caption", TEXT),
    ("CertificateName", TEXT),
    ("Certificates", UINTS),
    ("Comment", TEXT),
    ("Description", TEXT),
    ("InstallDate", TIME),
    ("MinEncryptionLevel", UINT),
    ("Name", TEXT),
    ("PolicySourceMinEncryptionLevel", UINT),
    ("PolicySourceSecurityLayer", UINT),
    ("PolicySourceUserAuthenticationRequired", UINT),
    ("SecurityLayer", UINT),
    ("SSLCertificateSHA1Hash", TEXT),
    ("SSLCertificateSHA1HashType", UINT),
    ("Status", TEXT),
    ("TerminalName", TEXT),
    ("TerminalProtocol", TEXT),
    ("Transport", TEXT),
    ("UserAuthenticationRequired", UINT),
    ("WindowsAuthentication", UINT),
];

// Microsoft Learn, Win32_TSNetworkAdapterSetting, and the properties of its base class Win32_TerminalSetting.
const NETWORK_ADAPTER_SETTING: Table = &[
    ("Caption", TEXT),
    ("Description", TEXT),
    ("DeviceIDList", TEXTS),
    ("InstallDate", TIME),
    ("MaximumConnections", UINT),
    ("Name", TEXT),
    ("NetworkAdapterID", TEXT),
    ("NetworkAdapterIP", TEXT),
    ("NetworkAdapterLanaID", UINT),
    ("NetworkAdapterList", TEXTS),
    ("PolicySourceMaximumConnections", UINT),
    ("Status", TEXT),
    ("TerminalName", TEXT),
];

// Microsoft Learn, Win32_TSGatewayServerSettings.
const GATEWAY_SETTINGS: Table = &[
    ("AuthenticationPluginInUse", TEXT),
    ("AuthorizationPluginInUse", TEXT),
    ("CentralCAPEnabled", BOOL),
    ("CertHash", UINTS),
    ("EnforceChannelBinding", BOOL),
    ("IsConfigured", BOOL),
    ("MaxConnections", UINT),
    ("MaximumAllowedConnectionsBySku", UINT),
    ("OnlyConsentCapableClients", BOOL),
    ("RequestSOH", BOOL),
    ("SslBridging", UINT),
    ("UnlimitedConnections", BOOL),
];

// Microsoft Learn, GetGracePeriodDays.
const GRACE: Table = &[("DaysLeft", UINT)];

// Microsoft Learn, GetSpecifiedLicenseServerList.
const LICENCE_SERVERS: Table = &[("SpecifiedLSList", TEXTS)];

// Microsoft Learn, GetTStoLSConnectivityStatus.
const CONNECTIVITY: Table = &[("ServerName", TEXT), ("TStoLSConnectivityStatus", UINT)];

// Microsoft Learn, GetTSLanaIds.
const LANA_IDS: Table = &[("LanaIdList", UINTS), ("LanaIdDescriptions", TEXTS)];

// Microsoft Learn, IsTransportEnabled of Win32_TSGatewayServerSettings.
const TRANSPORT_ENABLED: Table = &[("TransportType", UINT), ("Enabled", BOOL)];

// Microsoft Learn, SetAllowTSConnections: both are uint32 and both are required.
const ALLOW: Table = &[
    ("AllowTSConnections", UINT),
    ("ModifyFirewallException", UINT),
];

// Microsoft Learn, SetSingleSession.
const SINGLE_SESSION: Table = &[("SingleSession", UINT)];

// Microsoft Learn, SetUserAuthenticationRequired.
const USER_AUTHENTICATION: Table = &[("UserAuthenticationRequired", UINT)];

// Microsoft Learn, SetSecurityLayer.
const SECURITY_LAYER: Table = &[("SecurityLayer", UINT)];

// Microsoft Learn, SetEncryptionLevel.
const ENCRYPTION_LEVEL: Table = &[("MinEncryptionLevel", UINT)];

// Microsoft Learn, SelectNetworkAdapterIP.
const ADAPTER_IP: Table = &[("NetworkAdapterIP", TEXT)];

// Microsoft Learn, SetNetworkAdapterLanaID.
const ADAPTER_LANA: Table = &[("NetworkAdapterLanaID", UINT)];
