//! Looks at a host's certificate, asking no more than the desired state and what was seen so far make necessary.

use futures_util::future::try_join;
use futures_util::future::try_join3;

use crate::certificate::StoredCertificate;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::RegistryKind;
use crate::cim::RegistryPath;
use crate::cim::Value;
use crate::cim::place;
use crate::resource::rdp_certificate::Binding;
use crate::resource::rdp_certificate::Held;
use crate::resource::rdp_certificate::Host;
use crate::resource::rdp_certificate::Naming;
use crate::resource::rdp_certificate::Observed;
use crate::resource::rdp_certificate::Own;
use crate::resource::rdp_certificate::RdpCertificate;
use crate::resource::rdp_certificate::Source;
use crate::resource::rdp_certificate::judge;
use crate::resource::rdp_certificate::thumbprint::Thumbprint;
use crate::resource::service::seen::Seen;
use crate::resource::service::seen::State;
use crate::resource::terminal_services;

/// Remote Desktop Configuration (windows-facts 2.3).
///
/// Assumption: this service makes the self-signed certificate when it starts and finds none; the vendor's pages disagree,
/// some restart TermService for it.
pub(super) const MAKER: &str = "SessionEnv";

/// The store of the listener's own certificates.
pub(super) fn own_store() -> RegistryKey {
    place::certificate_store("Remote Desktop")
}

/// The pointer to the certificate in use when none is bound.
pub(super) fn pointer() -> RegistryPath {
    place::stations().value("SelfSignedCertificate", RegistryKind::Binary)
}

/// The name of the store that the pointer points into.
pub(super) fn store_name() -> RegistryPath {
    place::stations().value("SelfSignedCertStore", RegistryKind::Text)
}

/// Asks side by side what does not depend on each other: a healthy host costs three round trips.
pub(super) async fn look(
    wanted: &RdpCertificate,
    reader: &dyn CimReader,
) -> Result<Observed, CimError> {
    let found = reader.query(terminal_services::general()).await?;
    let Some(general) = found.into_iter().next() else {
        return Ok(Observed::Missing);
    };
    let binding = binding(&general)?;
    let (system, personal, own) = try_join3(
        reader.only(Namespace::CIMV2, "Win32_OperatingSystem"),
        personal(wanted, &binding, reader),
        own_in_use(wanted, &general, reader),
    )
    .await?;
    let mut host = Host {
        now: system.moment("LocalDateTime")?,
        // Cut to 15 characters where the whole name is longer.
        names: vec![system.text("CSName")?.to_lowercase()],
        personal,
        binding,
        own: None,
    };
    if needs_own(wanted, &host) {
        host.own = Some(match own {
            Some(own) => own,
            None => own_by_pointer(reader).await?,
        });
    }
    if wanted.naming == Naming::OfHost && !judge::is_named(&host) {
        host.names.extend(longer_names(reader).await?);
    }
    if let Some(own) = host.own.take() {
        host.own = Some(with_maker(wanted, own, &host, reader).await?);
    }
    Ok(Observed::Found(Box::new(host)))
}

/// The names that a host has besides its short one; asked only when that is not on the certificate.
async fn longer_names(reader: &dyn CimReader) -> Result<Vec<String>, CimError> {
    let class = "Win32_ComputerSystem";
    let computer = reader.only(Namespace::CIMV2, class).await?;
    let own = computer
        .get("DNSHostName")
        .and_then(Value::as_text)
        .map(str::to_lowercase);
    let mut names = Vec::new();
    if let Some(own) = own {
        if computer.bool("PartOfDomain")? {
            names.push(format!("{own}.{}", computer.text("Domain")?.to_lowercase()));
        }
        names.push(own);
    }
    Ok(names)
}

fn binding(general: &Instance) -> Result<Binding, CimError> {
    let hash = shown_thumbprint(general);
    Ok(match general.uint("SSLCertificateSHA1HashType")? {
        1 => Binding::SelfSigned,
        2 => Binding::Policy(hash),
        _ => Binding::Custom(hash),
    })
}

fn shown_thumbprint(general: &Instance) -> Option<Thumbprint> {
    general
        .get("SSLCertificateSHA1Hash")
        .and_then(Value::as_text)
        .and_then(|text| Thumbprint::parse(text).ok())
        .map(|(thumbprint, _)| thumbprint)
}

/// The certificate of the personal store that matters.
async fn personal(
    wanted: &RdpCertificate,
    binding: &Binding,
    reader: &dyn CimReader,
) -> Result<Option<Held>, CimError> {
    let thumbprint = match (&wanted.source, binding) {
        (Source::Thumbprint(wanted), _) => Some(wanted),
        (Source::Whatever, Binding::Policy(bound) | Binding::Custom(bound)) => bound.as_ref(),
        (Source::Whatever, Binding::SelfSigned) | (Source::SelfSigned, _) => None,
    };
    match thumbprint {
        None => Ok(None),
        Some(thumbprint) => {
            let (held, _) = held(&place::certificate_store("MY"), thumbprint, reader).await?;
            Ok(Some(held))
        }
    }
}

async fn held(
    store: &RegistryKey,
    thumbprint: &Thumbprint,
    reader: &dyn CimReader,
) -> Result<(Held, Option<Vec<u8>>), CimError> {
    let place = store
        .child(&thumbprint.to_string())
        .value("Blob", RegistryKind::Binary);
    let Some(RegistryData::Binary(blob)) = reader.registry(place).await? else {
        return Ok((Held::Gone, None));
    };
    let held = match StoredCertificate::from_blob(&blob) {
        Ok(stored) => Held::Stored(Box::new(stored)),
        Err(_) => Held::Unreadable,
    };
    Ok((held, Some(blob)))
}

/// Whether the host's own certificate is, or is going to be, the one in use.
fn needs_own(wanted: &RdpCertificate, host: &Host) -> bool {
    match (&wanted.source, &host.binding) {
        (Source::Thumbprint(_), _) | (_, Binding::Policy(_)) => false,
        (Source::SelfSigned, _) | (Source::Whatever, Binding::SelfSigned) => true,
        (Source::Whatever, Binding::Custom(_)) => host
            .personal
            .as_ref()
            .is_none_or(|held| judge::is_lost(&judge::personal_flaws(wanted, held, host))),
    }
}

/// The host's own certificate, when it is in use and the setting says which one it is.
///
/// Assumption: while no certificate is bound, SSLCertificateSHA1Hash shows the thumbprint that SelfSignedCertificate
/// points to. Before anything is mended, the pointer itself is asked.
async fn own_in_use(
    wanted: &RdpCertificate,
    general: &Instance,
    reader: &dyn CimReader,
) -> Result<Option<Own>, CimError> {
    let in_use = general.uint("SSLCertificateSHA1HashType")? == 1;
    match shown_thumbprint(general) {
        Some(shown) if in_use && !matches!(wanted.source, Source::Thumbprint(_)) => {
            let (store, (held, blob)) =
                try_join(named_store(reader), held(&own_store(), &shown, reader)).await?;
            Ok(Some(Own {
                pointer: None,
                store,
                blob,
                held,
                maker: None,
            }))
        }
        _ => Ok(None),
    }
}

async fn named_store(reader: &dyn CimReader) -> Result<Option<String>, CimError> {
    Ok(match reader.registry(store_name()).await? {
        Some(RegistryData::Text(name)) => Some(name),
        _ => None,
    })
}

async fn own_by_pointer(reader: &dyn CimReader) -> Result<Own, CimError> {
    let store = named_store(reader).await?;
    let (pointer, held, blob) = pointed_to(reader).await?;
    Ok(Own {
        pointer,
        store,
        blob,
        held,
        maker: None,
    })
}

type Pointed = (Option<Vec<u8>>, Held, Option<Vec<u8>>);

async fn pointed_to(reader: &dyn CimReader) -> Result<Pointed, CimError> {
    let bytes = match reader.registry(pointer()).await? {
        Some(RegistryData::Binary(bytes)) => Some(bytes),
        _ => None,
    };
    let (held, blob) = match bytes.as_deref().and_then(Thumbprint::from_bytes) {
        Some(thumbprint) => held(&own_store(), &thumbprint, reader).await?,
        None => (Held::Gone, None),
    };
    Ok((bytes, held, blob))
}

/// Adds what mending needs to know, when there is something to mend.
async fn with_maker(
    wanted: &RdpCertificate,
    mut own: Own,
    host: &Host,
    reader: &dyn CimReader,
) -> Result<Own, CimError> {
    if judge::own_flaws(wanted, &own, host).is_empty() {
        return Ok(own);
    }
    (own.pointer, own.held, own.blob) = pointed_to(reader).await?;
    own.maker = Seen::look(reader, MAKER).await?;
    if let Some(maker) = &mut own.maker
        && maker.state != State::Stopped
    {
        maker.follow_dependents(reader).await?;
    }
    Ok(own)
}
