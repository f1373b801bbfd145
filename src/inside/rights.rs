//! Who may use Remote Desktop, and which local accounts are kept from signing in (windows-facts 11).

use futures_util::future::try_join;

use crate::cim::Association;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Comparison;
use crate::cim::Instance;
use crate::cim::Literal;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Query;
use crate::inside::Rights;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the local accounts and groups",
    right: Right::Administrators,
    exists: "a domain controller has no local accounts; look at the domain's own",
};

/// Remote Desktop Users, in every language.
const REMOTE_DESKTOP_USERS: &str = "S-1-5-32-555";

/// Members of the group, and accounts that cannot sign in.
pub(super) async fn look(host: &dyn CimReader) -> Result<Rights, CimError> {
    // Without the condition, a member of a domain would list the domain's accounts.
    let local = || Comparison::equal("LocalAccount", Literal::Flag(true));
    let accounts = Query::every(Namespace::CIMV2, "Win32_UserAccount", vec![local()]);
    let sid = Comparison::equal("SID", Literal::Text(REMOTE_DESKTOP_USERS.to_owned()));
    let group = Query::every(Namespace::CIMV2, "Win32_Group", vec![sid, local()]);
    let (accounts, members) = try_join(host.query(accounts), members(host, group)).await?;
    let with = |property: &str| {
        let marked = accounts
            .iter()
            .filter(|account| account.bool(property) == Ok(true));
        marked.map(full_name).collect::<Result<Vec<_>, _>>()
    };
    Ok(Rights {
        remote_desktop_users: members,
        locked_out: with("Lockout")?,
        disabled: with("Disabled")?,
    })
}

async fn members(host: &dyn CimReader, group: Query) -> Result<Vec<String>, CimError> {
    let found = host.query(group).await?;
    let group = found.first().ok_or_else(|| CimError::Property {
        class: "Win32_Group".to_owned(),
        property: "SID".to_owned(),
        wanted: "that of Remote Desktop Users",
    })?;
    let of = ObjectPath::class(Namespace::CIMV2, "Win32_Group")
        .key("Domain", group.text("Domain")?)
        .key("Name", group.text("Name")?);
    let association = Association {
        of,
        association_class: Some("Win32_GroupUser".to_owned()),
        result_class: None,
        role: Some("GroupComponent".to_owned()),
    };
    let members = host.associated(association).await?;
    members.iter().map(full_name).collect()
}

/// `DOMAIN\name`.
fn full_name(account: &Instance) -> Result<String, CimError> {
    Ok(format!(
        r"{}\{}",
        account.text("Domain")?,
        account.text("Name")?
    ))
}
