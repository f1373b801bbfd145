//! What mstsc knows: every stock setting with its type, its values, and whether a clean file keeps it.
//!
//! Sources: Microsoft Learn, "Supported RDP properties" and "rdp-files"; names that mstsc itself writes beyond that
//! (windows-facts 8.1); extensions of the MsRdpEx wrapper, which stock mstsc ignores.

use crate::rdp_file::ValueKind;

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its name, lower case.
    pub name: &'static str,
    /// The type and values that it takes.
    pub values: Values,
    /// What becomes of it in a clean file.
    pub cleaning: Cleaning,
}

/// The values that a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Any text.
    Text,
    /// Host with or without a port.
    Address,
    /// A whole number between these, both included.
    Range(i64, i64),
    /// Bytes in hex.
    Bytes,
}

impl Values {
    /// The type that goes with the values.
    pub fn kind(self) -> ValueKind {
        match self {
            Self::Text | Self::Address => ValueKind::Text,
            Self::Range(..) => ValueKind::Integer,
            Self::Bytes => ValueKind::Binary,
        }
    }
}

/// What becomes of a setting in a clean file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleaning {
    /// It decides about the connection: kept when its value is possible.
    Connection,
    /// It is about comfort (window, sound, redirection): kept when its value is possible.
    Comfort,
    /// It is replaced by what a safe connection takes.
    Replaced,
    /// It goes: it holds for one user on one machine, or vouches for the file as it was.
    Dropped,
}

const FLAG: Values = Values::Range(0, 1);

const fn known(name: &'static str, values: Values, cleaning: Cleaning) -> Known {
    Known {
        name,
        values,
        cleaning,
    }
}

const fn connection(name: &'static str, values: Values) -> Known {
    known(name, values, Cleaning::Connection)
}

const fn comfort(name: &'static str, values: Values) -> Known {
    known(name, values, Cleaning::Comfort)
}

/// Names of the MsRdpEx wrapper; without it they do nothing.
pub const EXTENSIONS: [&str; 6] = [
    "disableudptransport",
    "kdcproxyurl",
    "restrictedlogon",
    "redirectedauthentication",
    "disablecredentialsdelegation",
    "userspecifiedservername",
];

/// Every stock setting.
pub static STOCK: &[Known] = &[
    connection("full address", Values::Address),
    connection("alternate full address", Values::Address),
    connection("server port", Values::Range(1, 65535)),
    connection("username", Values::Text),
    connection("domain", Values::Text),
    known("enablecredsspsupport", FLAG, Cleaning::Replaced),
    known("negotiate security layer", FLAG, Cleaning::Replaced),
    known(
        "authentication level",
        Values::Range(0, 3),
        Cleaning::Replaced,
    ),
    connection("prompt for credentials", FLAG),
    connection("prompt for credentials on client", FLAG),
    connection("promptcredentialonce", FLAG),
    connection("gatewayhostname", Values::Address),
    connection("gatewayusagemethod", Values::Range(0, 4)),
    connection("gatewaycredentialssource", Values::Range(0, 5)),
    connection("gatewayprofileusagemethod", FLAG),
    connection("gatewaybrokeringtype", FLAG),
    known("gatewayaccesstoken", Values::Text, Cleaning::Dropped),
    connection("enablerdsaadauth", FLAG),
    connection("targetisaadjoined", FLAG),
    connection("kdcproxyname", Values::Text),
    connection("rdgiskdcproxy", FLAG),
    connection("loadbalanceinfo", Values::Text),
    connection("use redirection server name", FLAG),
    connection("administrative session", FLAG),
    connection("connect to console", FLAG),
    connection("disableconnectionsharing", FLAG),
    connection("autoreconnection enabled", FLAG),
    connection("autoreconnect max retries", Values::Range(0, 200)),
    connection("networkautodetect", FLAG),
    connection("bandwidthautodetect", FLAG),
    connection("connection type", Values::Range(1, 7)),
    connection("compression", FLAG),
    connection("pcb", Values::Text),
    connection("workspaceid", Values::Text),
    connection("workspace id", Values::Text),
    comfort("drivestoredirect", Values::Text),
    comfort("devicestoredirect", Values::Text),
    comfort("usbdevicestoredirect", Values::Text),
    comfort("camerastoredirect", Values::Text),
    comfort("redirectdrives", FLAG),
    comfort("redirectclipboard", FLAG),
    comfort("redirectprinters", FLAG),
    comfort("redirectcomports", FLAG),
    comfort("redirectsmartcards", FLAG),
    comfort("redirectposdevices", FLAG),
    comfort("redirectdirectx", FLAG),
    comfort("redirectlocation", FLAG),
    comfort("redirectwebauthn", FLAG),
    comfort("disableprinterredirection", FLAG),
    comfort("disableclipboardredirection", FLAG),
    comfort("encode redirected video capture", FLAG),
    comfort(
        "redirected video capture encoding quality",
        Values::Range(0, 2),
    ),
    comfort("audiomode", Values::Range(0, 2)),
    comfort("audiocapturemode", FLAG),
    comfort("audioqualitymode", Values::Range(0, 2)),
    comfort("videoplaybackmode", FLAG),
    comfort("keyboardhook", Values::Range(0, 2)),
    comfort("disable ctrl+alt+del", FLAG),
    comfort("screen mode id", Values::Range(1, 2)),
    comfort("use multimon", FLAG),
    comfort("span monitors", FLAG),
    comfort("selectedmonitors", Values::Text),
    comfort("maximizetocurrentdisplays", FLAG),
    comfort("singlemoninwindowedmode", FLAG),
    comfort("desktopwidth", Values::Range(200, 8192)),
    comfort("desktopheight", Values::Range(200, 8192)),
    comfort("desktop size id", Values::Range(0, 4)),
    comfort("desktopscalefactor", Values::Range(100, 500)),
    comfort("dynamic resolution", FLAG),
    comfort("smart sizing", FLAG),
    comfort("session bpp", Values::Range(8, 32)),
    comfort("winposstr", Values::Text),
    comfort("displayconnectionbar", FLAG),
    comfort("pinconnectionbar", FLAG),
    comfort("enablesuperpan", FLAG),
    comfort("superpanaccelerationfactor", Values::Range(0, 100)),
    comfort("public mode", FLAG),
    comfort("disable wallpaper", FLAG),
    comfort("allow font smoothing", FLAG),
    comfort("allow desktop composition", FLAG),
    comfort("disable full window drag", FLAG),
    comfort("disable menu anims", FLAG),
    comfort("disable themes", FLAG),
    comfort("disable cursor setting", FLAG),
    comfort("bitmapcachepersistenable", FLAG),
    comfort("bitmapcachesize", Values::Range(0, 32000)),
    comfort("alternate shell", Values::Text),
    comfort("shell working directory", Values::Text),
    comfort("remoteapplicationmode", FLAG),
    comfort("remoteapplicationname", Values::Text),
    comfort("remoteapplicationprogram", Values::Text),
    comfort("remoteapplicationcmdline", Values::Text),
    comfort("remoteapplicationexpandcmdline", FLAG),
    comfort("remoteapplicationexpandworkingdir", FLAG),
    comfort("remoteapplicationfile", Values::Text),
    comfort("remoteapplicationguid", Values::Text),
    comfort("remoteapplicationicon", Values::Text),
    comfort("disableremoteappcapscheck", FLAG),
    comfort("eventloguploadaddress", Values::Text),
    known("password 51", Values::Bytes, Cleaning::Dropped),
    known("signature", Values::Text, Cleaning::Dropped),
    known("signscope", Values::Text, Cleaning::Dropped),
];

/// The stock setting of this name; letter case does not matter.
pub fn stock(name: &str) -> Option<&'static Known> {
    STOCK
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(name))
}

/// Whether the name belongs to the MsRdpEx wrapper.
pub fn is_extension(name: &str) -> bool {
    EXTENSIONS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::STOCK;
    use std::collections::BTreeSet;

    #[test]
    fn no_setting_stands_twice() {
        let names: BTreeSet<&str> = STOCK.iter().map(|known| known.name).collect();
        assert_eq!(names.len(), STOCK.len());
        assert!(names.iter().all(|name| *name == name.to_lowercase()));
    }
}
