//! Signs of Group Policy: which deviating values it owns, so that a change on the host would be undone (windows-facts 0.2).

use super::Looked;
use super::Sign;
use super::listener::settings;
use super::told;
use crate::diagnosis::Case;
use crate::inside::Decider;
use crate::inside::Setting;
use crate::inside::Settings;

/// Policy denies connections.
pub(in crate::diagnosis) static POLICY_DENIES: Sign = Sign::new("policy-denies", |case| {
    owned(case, "fDenyTSConnections", |settings| {
        (
            settings.deny_connections,
            settings.deny_connections.value != 0,
        )
    })
});
/// Policy switches NLA off.
pub(in crate::diagnosis) static POLICY_NLA: Sign = Sign::new("policy-nla", |case| {
    owned(case, "UserAuthentication", |settings| {
        (
            settings.user_authentication,
            settings.user_authentication.value == 0,
        )
    })
});
/// Policy asks for classic RDP security.
pub(in crate::diagnosis) static POLICY_LAYER: Sign = Sign::new("policy-layer", |case| {
    owned(case, "SecurityLayer", |settings| {
        (settings.security_layer, settings.security_layer.value == 0)
    })
});
/// Policy limits the number of sessions to those that there are.
pub(in crate::diagnosis) static POLICY_LIMIT: Sign = Sign::new("policy-limit", |case| {
    owned(case, "MaxInstanceCount", |settings| {
        let limit = settings.max_instances;
        let reached = settings
            .sessions
            .is_some_and(|sessions| sessions >= limit.value);
        (
            limit,
            limit.value == 0 || (limit.value != u32::MAX && reached),
        )
    })
});

fn owned(case: &Case<'_>, name: &str, deviates: fn(&Settings) -> (Setting, bool)) -> Looked {
    let (setting, deviating) = deviates(settings(case)?);
    told(
        (deviating && setting.decided_by == Decider::Policy).then(|| {
            format!(
                "Group Policy sets `{name}` to {}, so a change on the host would be undone",
                setting.value
            )
        }),
        format!("Group Policy does not keep `{name}` from being mended"),
    )
}
