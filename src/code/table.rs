//! The tables that numbers belong to: their names, how their numbers are written, and which class returns which.

/// Which table a number belongs to, likeliest meaning of a bare number first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// mstsc's "error code": the disconnect reason.
    Disconnect,
    /// mstsc's "extended error code".
    Extended,
    /// Failure codes of the RDP negotiation ([MS-RDPBCGR] 2.2.1.2.2).
    Negotiation,
    /// Failure codes of Kerberos (RFC 4120 7.5.9).
    Kerberos,
    /// Error info that a host sends during a session ([MS-RDPBCGR] 2.2.5.1.1).
    ErrorInfo,
    /// NTSTATUS.
    NtStatus,
    /// HRESULT, those of the gateway and of WMI's terminal services provider among them.
    HResult,
    /// WS-Management and WinRM faults.
    WsMan,
    /// TLS alerts (RFC 8446 6).
    TlsAlert,
    /// Events, by source.
    Event,
    /// Win32 errors.
    Win32,
    /// Return values of Win32_Service methods.
    Win32Service,
    /// HTTP statuses at the address of a gateway.
    GatewayHttp,
    /// Return values of file methods (CIM_DataFile, Win32_Directory).
    FileMethod,
    /// Return values of Win32_LogicalFileSecuritySetting.
    FileSecurity,
    /// Return values of Win32_Process.Create.
    ProcessCreate,
    /// Status of a licence server (`GetTStoLSConnectivityStatus`).
    LicenceServer,
    /// StatusCode of Win32_PingStatus.
    Ping,
    /// CIM status codes (DSP0200).
    CimStatus,
    /// Internal error states of Schannel.
    SchannelState,
    /// Links in messages of a client.
    Link,
}

impl Table {
    /// Every table, likeliest meaning of a bare number first.
    pub const ALL: [Self; 21] = [
        Self::Disconnect,
        Self::Extended,
        Self::Negotiation,
        Self::Kerberos,
        Self::ErrorInfo,
        Self::NtStatus,
        Self::HResult,
        Self::WsMan,
        Self::TlsAlert,
        Self::Event,
        Self::Win32,
        Self::Win32Service,
        Self::GatewayHttp,
        Self::FileMethod,
        Self::FileSecurity,
        Self::ProcessCreate,
        Self::LicenceServer,
        Self::Ping,
        Self::CimStatus,
        Self::SchannelState,
        Self::Link,
    ];

    /// The word in front of a number when the table is told: `ntstatus` in `ntstatus:0xC000006D`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disconnect => "disconnect",
            Self::Extended => "extended",
            Self::Negotiation => "negotiation",
            Self::ErrorInfo => "error-info",
            Self::NtStatus => "ntstatus",
            Self::HResult => "hresult",
            Self::WsMan => "wsman",
            Self::TlsAlert => "alert",
            Self::Event => "event",
            Self::Win32 => "win32",
            Self::Win32Service => "win32_service",
            Self::Kerberos => "kerberos",
            Self::GatewayHttp => "http",
            Self::FileMethod => "cim_datafile",
            Self::FileSecurity => "file-security",
            Self::ProcessCreate => "win32_process",
            Self::LicenceServer => "licence-server",
            Self::Ping => "ping",
            Self::CimStatus => "cim",
            Self::SchannelState => "schannel-state",
            Self::Link => "link",
        }
    }

    /// The table of a word, without regard to letter case; some have more than one.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase().replace(' ', "-");
        let other = match word.as_str() {
            "error-code" | "code" => Some(Self::Disconnect),
            "extended-error-code" | "extended-code" => Some(Self::Extended),
            "nego" | "failure" => Some(Self::Negotiation),
            "errorinfo" | "errinfo" => Some(Self::ErrorInfo),
            "status" | "sub-status" | "nt" => Some(Self::NtStatus),
            "winrm" | "ws-man" => Some(Self::WsMan),
            "tls" | "tls-alert" => Some(Self::TlsAlert),
            "error" | "system-error" | "windows" => Some(Self::Win32),
            "service" => Some(Self::Win32Service),
            "win32_directory" | "file" => Some(Self::FileMethod),
            "process" => Some(Self::ProcessCreate),
            "license-server" => Some(Self::LicenceServer),
            _ => None,
        };
        other.or_else(|| Self::ALL.into_iter().find(|table| table.word() == word))
    }

    /// What the numbers of the table are, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Disconnect => "error code of the client (disconnect reason)",
            Self::Extended => "extended error code of the client",
            Self::Negotiation => "failure code of the RDP negotiation",
            Self::ErrorInfo => "error info of an RDP host",
            Self::NtStatus => "NTSTATUS",
            Self::HResult => "HRESULT",
            Self::WsMan => "fault of WS-Management (WinRM)",
            Self::TlsAlert => "TLS alert",
            Self::Event => "event",
            Self::Win32 => "Win32 error",
            Self::Win32Service => "return value of Win32_Service",
            Self::Kerberos => "failure code of Kerberos",
            Self::GatewayHttp => "HTTP status at a gateway's address",
            Self::FileMethod => "return value of CIM_DataFile and Win32_Directory",
            Self::FileSecurity => "return value of Win32_LogicalFileSecuritySetting",
            Self::ProcessCreate => "return value of Win32_Process.Create",
            Self::LicenceServer => "status of a licence server",
            Self::Ping => "status of a ping (Win32_PingStatus)",
            Self::CimStatus => "CIM status code",
            Self::SchannelState => "internal error state of Schannel",
            Self::Link => "link in a message of the client",
        }
    }

    /// A number of this table as people write it: in hexadecimal where that is the custom.
    pub fn number(self, code: u32) -> String {
        match self {
            Self::NtStatus | Self::HResult | Self::WsMan => format!("0x{code:08X}"),
            Self::Disconnect | Self::ErrorInfo | Self::Kerberos => format!("0x{code:X}"),
            _ => code.to_string(),
        }
    }

    /// How people write the numbers of this table.
    pub fn custom(self) -> Custom {
        match self {
            Self::Disconnect
            | Self::Extended
            | Self::Negotiation
            | Self::ErrorInfo
            | Self::NtStatus
            | Self::HResult
            | Self::WsMan
            | Self::Win32 => Custom::Both,
            Self::Kerberos => Custom::Hexadecimal,
            Self::TlsAlert
            | Self::Event
            | Self::Win32Service
            | Self::GatewayHttp
            | Self::FileMethod
            | Self::FileSecurity
            | Self::ProcessCreate
            | Self::LicenceServer
            | Self::Ping
            | Self::CimStatus
            | Self::SchannelState
            | Self::Link => Custom::Decimal,
        }
    }

    /// The table of what the methods of a CIM class return (windows-facts 0.2, 0.3, 3 and 7.1).
    pub fn of_class(class: &str) -> Option<Self> {
        const CLASSES: [(&str, Table); 8] = [
            ("StdRegProv", Table::Win32),
            ("Win32_Service", Table::Win32Service),
            ("Win32_TerminalService", Table::Win32Service),
            ("CIM_DataFile", Table::FileMethod),
            ("Win32_Directory", Table::FileMethod),
            ("Win32_LogicalFileSecuritySetting", Table::FileSecurity),
            ("Win32_Process", Table::ProcessCreate),
            ("Win32_PingStatus", Table::Ping),
        ];
        CLASSES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(class))
            .map(|(_, table)| *table)
    }
}

/// How numbers are written by custom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custom {
    /// `36870`
    Decimal,
    /// `0x18`
    Hexadecimal,
    /// `0x904` and `2308`
    Both,
}
