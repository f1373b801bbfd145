//! Signs of missing updates: builds and files against the least that they should be (windows-facts 4.4, 4.5).

use super::Answer;
use super::Looked;
use super::Sign;
use super::outside;
use super::part;
use super::told;
use super::unseen;
use crate::diagnosis::Case;

/// TSpkg.dll is older than the CredSSP update of 2018.
pub(in crate::diagnosis) static TSPKG_OLD: Sign = Sign::new("tspkg-old", tspkg_old);
/// The host's revision is older than the CredSSP update of 2018.
pub(in crate::diagnosis) static REVISION_OLD: Sign = Sign::new("revision-old", revision_old);
/// The host answers with a version of CredSSP that lacks the update.
pub(in crate::diagnosis) static CREDSSP_OLD: Sign = Sign::new("credssp-old", credssp_old);
/// The release gets no updates any more.
pub(in crate::diagnosis) static RELEASE_OLD: Sign = Sign::new("release-old", |case| {
    let system = part(case, "the build", |inside| &inside.system)?;
    told(
        (system.build < FIRST_SUPPORTED).then(|| {
            format!(
                "build {} is of a release that gets no updates any more",
                system.build
            )
        }),
        format!("build {} is of a release that gets updates", system.build),
    )
});

/// The first build of the releases from 2016 on.
const FIRST_SUPPORTED: u32 = 14_393;
/// The first version of CredSSP with the update for CVE-2018-0886 ([MS-CSSP] 2.2.1: versions 5 and 6).
const FIRST_UPDATED_CREDSSP: u32 = 5;

/// The least version of TSpkg.dll with the CredSSP update of 2018, by build, and the update that brought it.
///
/// Source: KB4093492, by windows-facts 4.5. Later builds have it from the start.
pub(in crate::diagnosis) const LEAST_TSPKG: [(u32, [u32; 4], &str); 7] = [
    (7_601, [6, 1, 7_601, 24_117], "KB4103718"),
    (9_200, [6, 2, 9_200, 22_432], "KB4103730"),
    (9_600, [6, 3, 9_600, 18_999], "KB4103725"),
    (14_393, [10, 0, 14_393, 2_248], "KB4103723"),
    (15_063, [10, 0, 15_063, 1_088], "KB4103731"),
    (16_299, [10, 0, 16_299, 431], "KB4103727"),
    (17_134, [10, 0, 17_134, 1], "the release itself"),
];

fn least(build: u32) -> Option<&'static (u32, [u32; 4], &'static str)> {
    LEAST_TSPKG.iter().find(|(known, _, _)| *known == build)
}

fn version(text: &str) -> Option<[u32; 4]> {
    let mut parts = text.split('.').map(str::parse::<u32>);
    let mut next = || parts.next()?.ok();
    Some([next()?, next()?, next()?, next()?])
}

fn tspkg_old(case: &Case<'_>) -> Looked {
    let credssp = part(case, "the version of TSpkg.dll", |inside| &inside.credssp)?;
    let Some(text) = &credssp.tspkg else {
        return Err(unseen("the version of TSpkg.dll was not seen"));
    };
    let Some(seen) = version(text) else {
        return Err(unseen(format!("`{text}` is not a version of TSpkg.dll")));
    };
    let [_, _, build, _] = seen;
    let Some((_, wanted, update)) = least(build) else {
        return told(
            None,
            format!("TSpkg.dll {text} has the CredSSP update of 2018"),
        );
    };
    told(
        (seen < *wanted).then(|| {
            format!("TSpkg.dll {text} lacks the CredSSP update of 2018 ({update}), so updated clients refuse the host")
        }),
        format!("TSpkg.dll {text} has the CredSSP update of 2018"),
    )
}

fn revision_old(case: &Case<'_>) -> Looked {
    let system = part(case, "the build", |inside| &inside.system)?;
    let Some(revision) = system.ubr else {
        return Err(unseen("the revision of the build (`UBR`) was not seen"));
    };
    // Older releases count their revisions otherwise.
    let Some((_, [_, _, _, wanted], update)) =
        least(system.build).filter(|(build, ..)| *build >= FIRST_SUPPORTED)
    else {
        return Ok(Answer::Beside);
    };
    told(
        (revision < *wanted).then(|| {
            format!(
                "build {}.{revision} is older than the CredSSP update of 2018 ({}.{wanted}, {update})",
                system.build, system.build
            )
        }),
        format!("build {}.{revision} has the CredSSP update of 2018", system.build),
    )
}

fn credssp_old(case: &Case<'_>) -> Looked {
    let Some(number) = outside(case)?
        .ntlm
        .as_ref()
        .and_then(|ntlm| ntlm.credssp_version)
    else {
        return Err(unseen("the version of CredSSP was not seen from outside"));
    };
    told(
        (number < FIRST_UPDATED_CREDSSP).then(|| {
            format!(
                "the host answers with version {number} of CredSSP, updated ones with 5 or later"
            )
        }),
        format!("the host answers with version {number} of CredSSP"),
    )
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_compare_by_numbers() {
        assert!(version("10.0.14393.99") < version("10.0.14393.2248"));
        assert_eq!(version("10.0"), None);
        assert_eq!(version("10.0.a.1"), None);
    }
}
