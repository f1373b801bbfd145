//! A large inventory in both spellings: sites with hosts, regions with sites, variables on every level.

use std::fmt::Write;

/// How many hosts.
pub(crate) const HOSTS: usize = 50_000;
/// How many groups: the regions, and the sites below them.
pub(crate) const GROUPS: usize = 1_000;
const REGIONS: usize = 20;
const SITES: usize = GROUPS - REGIONS;

/// The hosts of a site, by number.
fn hosts(site: usize) -> std::ops::Range<usize> {
    site * HOSTS / SITES..(site + 1) * HOSTS / SITES
}

fn name(host: usize) -> String {
    format!("rdp{host:05}.corp.example")
}

fn address(host: usize) -> String {
    format!(
        "10.{}.{}.{}",
        host / 62_500,
        host / 250 % 250,
        host % 250 + 1
    )
}

/// As INI.
pub(crate) fn ini() -> String {
    let mut text = String::new();
    for site in 0..SITES {
        line(&mut text, &format!("[site{site:03}]"));
        for host in hosts(site) {
            let (name, address) = (name(host), address(host));
            let port = 3389 + host % 7;
            line(
                &mut text,
                &format!(
                    "{name} ansible_host={address} rdp_port={port} owner=\"team {}\"",
                    host % 9
                ),
            );
        }
        line(&mut text, &format!("[site{site:03}:vars]\nsite={site}"));
    }
    for region in 0..REGIONS {
        line(&mut text, &format!("[region{region:02}:children]"));
        for site in (region..SITES).step_by(REGIONS) {
            line(&mut text, &format!("site{site:03}"));
        }
        line(
            &mut text,
            &format!(
                "[region{region:02}:vars]\nregion={region}\nntp=['ntp1.example', 'ntp2.example']"
            ),
        );
    }
    line(
        &mut text,
        "[all:vars]\nansible_connection=winrm\nansible_user=admin",
    );
    text
}

/// As YAML.
pub(crate) fn yaml() -> String {
    let mut text =
        "all:\n  vars:\n    ansible_connection: winrm\n    ansible_user: admin\n  children:\n"
            .to_owned();
    for region in 0..REGIONS {
        line(&mut text, &format!("    region{region:02}:"));
        line(
            &mut text,
            &format!(
                "      vars:\n        region: {region}\n        ntp: [ntp1.example, ntp2.example]\n      children:"
            ),
        );
        for site in (region..SITES).step_by(REGIONS) {
            line(
                &mut text,
                &format!(
                    "        site{site:03}:\n          vars:\n            site: {site}\n          hosts:"
                ),
            );
            for host in hosts(site) {
                let (name, address) = (name(host), address(host));
                let port = 3389 + host % 7;
                line(
                    &mut text,
                    &format!(
                        "            {name}:\n              ansible_host: {address}\n              rdp_port: {port}\n              owner: team {}",
                        host % 9
                    ),
                );
            }
        }
    }
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _written = writeln!(text, "{line}");
}
