//! The gateway role (windows-facts 9.4).

use crate::certificate::hex;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Query;
use crate::cim::Question;
use crate::cim::Value;
use crate::inside::GatewayRole;
use crate::inside::sight::Sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;
use crate::inside::unseen::is_absent;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the gateway role",
    right: Right::Administrators,
    exists: "install the role `RDS-Gateway`",
};

const CLASS: &str = "Win32_TSGatewayServerSettings";
/// `TransportType` of HTTP.
const HTTP: &str = "1";

/// The role; `None` when the host does not have it.
pub(super) async fn look(sight: &Sight<'_>) -> Result<Option<GatewayRole>, CimError> {
    let query = Query::all(Namespace::TERMINAL_SERVICES, CLASS);
    let found = match sight.host.query(query).await {
        Err(error) if is_absent(&error) => return Ok(None),
        result => result?,
    };
    let Some(settings) = found.first() else {
        return Ok(None);
    };
    let certificate = thumbprint(settings);
    let personal = sight.personal.clone().await?;
    let found = certificate.as_ref().and_then(|thumbprint| {
        let mut personal = personal.into_iter();
        personal.find(|one| one.thumbprint.eq_ignore_ascii_case(thumbprint))
    });
    Ok(Some(GatewayRole {
        certificate,
        found,
        http: http(sight.host, settings).await,
        configured: settings.bool("IsConfigured")?,
    }))
}

/// The hash of the certificate; one of zeros is none.
fn thumbprint(settings: &Instance) -> Option<String> {
    let bytes: Option<Vec<u8>> = settings
        .list("CertHash")
        .into_iter()
        .map(|byte| byte.as_uint().and_then(|byte| u8::try_from(byte).ok()))
        .collect();
    let bytes = bytes.filter(|bytes| bytes.iter().any(|byte| *byte != 0))?;
    Some(hex(&bytes))
}

/// Whether the HTTP transport is on; `None` when the host does not tell.
async fn http(host: &dyn CimReader, settings: &Instance) -> Option<bool> {
    let key = settings.uint("MaxConnections").ok()?.to_string();
    let target = ObjectPath::class(Namespace::TERMINAL_SERVICES, CLASS).key("MaxConnections", key);
    let question = Question::new(target, "IsTransportEnabled").with("TransportType", HTTP);
    let output = host.ask(question).await.ok()?;
    let (_, enabled) = output.iter().find(|(name, _)| name == "Enabled")?;
    match enabled {
        Value::Uint(number) => Some(*number != 0),
        other => other.as_bool(),
    }
}
