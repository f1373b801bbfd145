//! `--ca`: root certificates from a PEM file.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::certificate::Certificate;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::output::Refusal;

/// The certificates of the file; none without a file.
pub(super) fn roots(path: Option<&Path>) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    let unusable = |why: String| {
        Refusal::new(
            ExitStatus::Invalid,
            format!("`{}` has no usable certificates: {why}", path.display()),
        )
        .hint("`--ca` takes a PEM file with the root certificate of your authority (-----BEGIN CERTIFICATE-----)")
    };
    let bytes = files::read(path).map_err(|error| unusable(format!("{error:#}")))?;
    let mut roots = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        Certificate::from_der(&certificate).map_err(|error| unusable(error.to_string()))?;
        roots.push(certificate);
    }
    if roots.is_empty() {
        return Err(unusable("there is none in it".to_owned()).into());
    }
    Ok(roots)
}
