//! Certificates of the machine and what the listener is told to use (windows-facts 2.1).

use futures_util::future::try_join_all;
use futures_util::future::try_join5;

use crate::certificate::Certificate;
use crate::certificate::StoredCertificate;
use crate::certificate::hex;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::place;
use crate::inside::Certificates;
use crate::inside::settings::LISTENER;
use crate::inside::sight;
use crate::inside::sight::Sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the certificates of the computer",
    right: Right::Administrators,
    exists: "every release of Windows has `StdRegProv`: is this a Windows host?",
};

/// More certificates than any computer has a use for; each costs a request.
const MOST: usize = 64;

/// Stores and binding.
pub(super) async fn look(sight: &Sight<'_>) -> Result<Certificates, CimError> {
    let host = sight.host;
    let (listener, stations) = (place::listener(LISTENER), place::stations());
    let (bound, self_signed, remote_desktop, personal, template) = try_join5(
        sight::binary(host, &listener, "SSLCertificateSHA1Hash"),
        sight::binary(host, &stations, "SelfSignedCertificate"),
        store(host, "Remote Desktop"),
        sight.personal.clone(),
        template(sight),
    )
    .await?;
    Ok(Certificates {
        bound: bound.as_deref().map(hex),
        self_signed: self_signed.as_deref().map(hex),
        remote_desktop,
        personal,
        template,
    })
}

/// The certificates of a store that can be read; none when it is missing.
pub(super) async fn store(
    host: &dyn CimReader,
    name: &'static str,
) -> Result<Vec<Certificate>, CimError> {
    let store = place::certificate_store(name);
    let names = host.sub_keys(store.clone()).await?.unwrap_or_default();
    let keys = names.iter().take(MOST).map(|name| store.child(name));
    let keys: Vec<_> = keys.collect();
    let blobs = keys.iter().map(|key| sight::binary(host, key, "Blob"));
    let blobs = try_join_all(blobs).await?;
    let stored = blobs
        .iter()
        .flatten()
        .filter_map(|blob| StoredCertificate::from_blob(blob).ok());
    Ok(stored.map(|stored| stored.certificate).collect())
}

async fn template(sight: &Sight<'_>) -> Result<Option<String>, CimError> {
    const NAME: &str = "CertTemplateName";
    if !sight.policy.clone().await?.contains(&NAME.to_lowercase()) {
        return Ok(None);
    }
    let template = sight::text(sight.host, &place::policy(), NAME).await?;
    Ok(template.filter(|template| !template.is_empty()))
}
