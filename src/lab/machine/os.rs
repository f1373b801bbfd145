//! What operating system a simulated host is.

use jiff::SignedDuration;
use jiff::Timestamp;

/// A release of Windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// Windows Server 2016.
    Server2016,
    /// Windows Server 2019.
    Server2019,
    /// Windows Server 2022.
    Server2022,
    /// Windows Server 2025.
    Server2025,
    /// Windows 11 24H2.
    Windows11,
}

impl Build {
    /// All of them, oldest first.
    pub const ALL: [Self; 5] = [
        Self::Server2016,
        Self::Server2019,
        Self::Server2022,
        Self::Server2025,
        Self::Windows11,
    ];

    /// `Caption` without the maker's name.
    pub fn product(self) -> &'static str {
        match self {
            Self::Server2016 => "Windows Server 2016 Standard",
            Self::Server2019 => "Windows Server 2019 Standard",
            Self::Server2022 => "Windows Server 2022 Standard",
            Self::Server2025 => "Windows Server 2025 Standard",
            Self::Windows11 => "Windows 11 Enterprise",
        }
    }

    /// `BuildNumber`.
    pub fn number(self) -> u32 {
        match self {
            Self::Server2016 => 14393,
            Self::Server2019 => 17763,
            Self::Server2022 => 20348,
            Self::Server2025 | Self::Windows11 => 26100,
        }
    }

    /// `UBR` in the registry, which rises with each cumulative update.
    pub fn revision(self) -> u32 {
        match self {
            Self::Server2016 => 7699,
            Self::Server2019 => 6775,
            Self::Server2022 => 3091,
            Self::Server2025 | Self::Windows11 => 3194,
        }
    }

    /// `ProductType`: 1 workstation, 3 server.
    pub fn product_type(self) -> u32 {
        match self {
            Self::Windows11 => 1,
            Self::Server2016 | Self::Server2019 | Self::Server2022 | Self::Server2025 => 3,
        }
    }

    /// `OperatingSystemSKU`: 4 Enterprise, 7 Standard Server.
    pub fn sku(self) -> u32 {
        match self {
            Self::Windows11 => 4,
            Self::Server2016 | Self::Server2019 | Self::Server2022 | Self::Server2025 => 7,
        }
    }

    /// `InstallationType` in the registry.
    pub fn installation_type(self) -> &'static str {
        match self {
            Self::Windows11 => "Client",
            Self::Server2016 | Self::Server2019 | Self::Server2022 | Self::Server2025 => "Server",
        }
    }
}

/// What the host belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// A workgroup of this name.
    Workgroup(String),
    /// A domain of this name.
    Domain(String),
}

/// How a member of a domain stands with the domain's controllers; without meaning in a workgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecureChannel {
    /// It works.
    #[default]
    Working,
    /// The domain no longer takes the machine's own password.
    Broken,
    /// No controller can be reached.
    NoController,
}

/// Facts about the running system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatingSystem {
    /// The release.
    pub build: Build,
    /// When it was started.
    pub booted: Timestamp,
    /// When it was installed.
    pub installed: Timestamp,
    /// How far its clock is ahead of ours.
    pub clock_skew: SignedDuration,
    /// Memory in kilobytes.
    pub memory: u64,
    /// Unused memory in kilobytes.
    pub free_memory: u64,
}
