//! The inventory of a running lab, in the form that Ansible reads.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::lab::Lab;
use crate::lab::fleet::Carrier;

#[derive(Serialize)]
struct Inventory<'a> {
    all: Group<'a>,
}

#[derive(Serialize)]
struct Group<'a> {
    vars: Common<'a>,
    hosts: BTreeMap<&'a str, Own<'a>>,
}

/// What all hosts have in common.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names are Ansible's")]
struct Common<'a> {
    ansible_connection: &'static str,
    ansible_winrm_scheme: &'static str,
    ansible_winrm_transport: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ansible_winrm_ca_trust_path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ansible_winrm_server_cert_validation: Option<&'static str>,
}

/// What each host has of its own; whoever takes one host out of the file has all that signing in needs.
#[derive(Serialize)]
struct Own<'a> {
    ansible_host: String,
    ansible_port: u16,
    ansible_user: &'a str,
    ansible_password: &'a str,
    rdp_port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    rdp_gateway: Option<String>,
}

/// The text. It holds the password, so files made of it are for their owner only.
pub(super) fn yaml(lab: &Lab) -> String {
    let (scheme, trust, validation) = match &lab.carrier {
        Carrier::Http => ("http", None, None),
        Carrier::Https {
            trust_file: Some(file),
        } => ("https", Some(file.as_str()), None),
        Carrier::Https { trust_file: None } => ("https", None, Some("ignore")),
    };
    let vars = Common {
        ansible_connection: "winrm",
        ansible_winrm_scheme: scheme,
        ansible_winrm_transport: "ntlm",
        ansible_winrm_ca_trust_path: trust,
        ansible_winrm_server_cert_validation: validation,
    };
    let hosts = lab
        .hosts
        .iter()
        .map(|(name, place)| {
            let own = Own {
                ansible_host: place.winrm.ip().to_string(),
                ansible_port: place.winrm.port(),
                ansible_user: &lab.account.user,
                ansible_password: lab.account.password.reveal(),
                rdp_port: place.rdp.port(),
                rdp_gateway: place.gateway.map(|address| address.to_string()),
            };
            (name.as_str(), own)
        })
        .collect();
    let all = Group { vars, hosts };
    // Maps of texts and numbers always have a YAML form.
    serde_yaml::to_string(&Inventory { all }).unwrap_or_default()
}
