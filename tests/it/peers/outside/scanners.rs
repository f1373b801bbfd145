//! What nmap and sslyze say about servers, and what we say, in the same words: one word for each thing that is looked at.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::SignedDuration;
use jiff::Timestamp;
use rdpfix::certificate::Certificate;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::survey::Reply;
use rdpfix::survey::Survey;
use rdpfix::survey::Trust;
use rdpfix::survey::VersionReply;
use serde_json::Value;

use super::certificates::Kind;
use super::servers::Fleet;
use super::servers::Program;
use super::servers::Server;
use crate::peers::json;
use crate::peers::run;
use crate::support;

/// What is said about one server: a thing that is looked at, and a word for it.
pub(super) type Words = BTreeMap<&'static str, String>;

/// What a scanner said about each server, in their order; nothing where it broke down.
pub(super) type Seen = Vec<Words>;

const NOTHING: &str = "nothing";

/// The rows of nmap's `rdp-enum-encryption`, with our names for them.
const PROTOCOLS: [(&str, &str, &str); 5] = [
    ("Native RDP", "classic", "rdp"),
    ("SSL", "TLS", "tls"),
    ("CredSSP (NLA)", "NLA", "nla"),
    ("RDSTLS", "RDSTLS", "rdstls"),
    ("CredSSP with Early User Auth", "early result", "hybrid_ex"),
];

/// The rows of nmap's `rdp-ntlm-info`, with our names for them.
const IDENTITY: [(&str, &str); 5] = [
    ("NetBIOS_Computer_Name", "computer"),
    ("NetBIOS_Domain_Name", "domain"),
    ("DNS_Computer_Name", "DNS name"),
    ("DNS_Domain_Name", "DNS domain"),
    ("Product_Version", "version"),
];

/// The names of nmap's refusals, with their numbers ([MS-RDPBCGR] 2.2.1.2.2).
const REFUSALS: [(&str, &str); 5] = [
    ("SSL_REQUIRED_BY_SERVER", "1"),
    ("SSL_NOT_ALLOWED_BY_SERVER", "2"),
    ("SSL_CERT_NOT_ON_SERVER", "3"),
    ("INCONSISTENT_FLAGS", "4"),
    ("HYBRID_REQUIRED_BY_SERVER", "5"),
];

/// Right when it differs from our clock by less than two minutes.
fn clock(time: Timestamp) -> String {
    let skew = time.duration_since(SystemClock.now());
    let right = skew.abs() < SignedDuration::from_mins(2);
    if right {
        "right".to_owned()
    } else {
        skew.to_string()
    }
}

/// What we say about the things that nmap looks at.
pub(super) fn as_nmap(survey: &Survey) -> Words {
    let mut words = Words::new();
    for (_, about, protocol) in PROTOCOLS {
        let word = match survey.reply(protocol) {
            _ if survey.offers(protocol) => "yes".to_owned(),
            Some(Reply::Refused(code)) => format!("no, code {}", code.0),
            _ => "no".to_owned(),
        };
        words.insert(about, word);
    }
    let told = survey.ntlm.clone().unwrap_or_default();
    let version = told
        .version
        .map(|(major, minor, build)| format!("{major}.{minor}.{build}"));
    for (about, word) in [
        ("computer", told.computer),
        ("domain", told.domain),
        ("DNS name", told.dns_computer),
        ("DNS domain", told.dns_domain),
        ("version", version),
        ("clock", told.time.map(clock)),
        ("certificate", leaf(survey).map(|leaf| leaf.common_name)),
    ] {
        words.insert(about, word.unwrap_or_else(|| NOTHING.to_owned()));
    }
    words
}

fn leaf(survey: &Survey) -> Option<Certificate> {
    survey.tls.as_ref()?.chain.first().cloned()
}

/// Asks nmap about all servers at once. The plus signs make the scripts run on other ports than 3389, and the debugging
/// output tells why a protocol was refused.
pub(super) async fn nmap(fleet: &Fleet) -> Option<Seen> {
    let nmap = support::peer_program("nmap")?;
    let ports: Vec<String> = fleet.servers.iter().map(port).collect();
    let scripts = "+rdp-enum-encryption,+rdp-ntlm-info,+ssl-cert";
    let ports = ports.join(",");
    let arguments = ["-d", "-n", "-Pn", "-sT", "-p", &ports];
    let arguments = [&arguments[..], &["--script", scripts, "127.0.0.1"]].concat();
    let output = run(&nmap, &arguments, "").await;
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    // Some answers are more than nmap's script can take, and then it says nothing about the server.
    let crashes = [&*text, &*errors].map(|said| said.matches("data string too short").count());
    let mut crashes = crashes.iter().sum::<usize>();
    let words = fleet.servers.iter().map(|server| {
        let section = section(&text, &port(server));
        let words = by_nmap(&section);
        if !section.contains("Security layer") {
            assert!(crashes > 0, "{}: {text}{errors}", server.row.name());
            crashes -= 1;
        }
        words
    });
    Some(words.collect())
}

fn port(server: &Server) -> String {
    server.address().port().to_string()
}

/// What nmap says below a port.
fn section(text: &str, port: &str) -> String {
    let begin = format!("{port}/tcp open");
    let mut lines = text
        .lines()
        .skip_while(|line| !line.starts_with(&begin))
        .skip(1);
    let below: Vec<&str> = lines
        .by_ref()
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_start_matches(['|', '_', ' ']))
        .collect();
    below.join("\n")
}

fn by_nmap(section: &str) -> Words {
    let value = |name: &str| {
        let begin = format!("{name}: ");
        section.lines().find_map(|line| line.strip_prefix(&begin))
    };
    let mut words = Words::new();
    for (name, about, _) in PROTOCOLS {
        if let Some(told) = value(name) {
            words.insert(about, support_word(told));
        }
    }
    for (name, about) in IDENTITY {
        words.insert(about, value(name).unwrap_or(NOTHING).to_owned());
    }
    let time = value("System_Time").map(|time| {
        let time = format!("{}Z", time.trim_end_matches("+00:00"));
        clock(time.parse().unwrap())
    });
    words.insert("clock", time.unwrap_or_else(|| NOTHING.to_owned()));
    let subject = value("ssl-cert: Subject").unwrap_or(NOTHING);
    let subject = subject.trim_start_matches("commonName=");
    words.insert("certificate", subject.to_owned());
    words
}

/// What nmap says about a protocol.
fn support_word(told: &str) -> String {
    if told == "SUCCESS" {
        return "yes".to_owned();
    }
    let refusal = told
        .strip_prefix("FAILED (")
        .and_then(|told| told.strip_suffix(')'))
        .and_then(|told| REFUSALS.iter().find(|(name, _)| *name == told));
    match refusal {
        Some((_, code)) => format!("no, code {code}"),
        None => told.to_owned(),
    }
}

/// The versions that sslyze tries, with our names for them.
const VERSIONS: [(&str, &str, &str); 4] = [
    ("tls_1_0_cipher_suites", "TLS 1.0", "1.0"),
    ("tls_1_1_cipher_suites", "TLS 1.1", "1.1"),
    ("tls_1_2_cipher_suites", "TLS 1.2", "1.2"),
    ("tls_1_3_cipher_suites", "TLS 1.3", "1.3"),
];

/// What we say about the things that sslyze looks at.
pub(super) fn as_sslyze(survey: &Survey) -> Words {
    let tls = survey.tls.clone().unwrap_or_default();
    let mut words = Words::new();
    for (_, about, version) in VERSIONS {
        let on = tls.versions.iter().any(|(tried, reply)| {
            tried.word() == version && matches!(reply, VersionReply::Accepted(_))
        });
        words.insert(about, if on { "on" } else { "off" }.to_owned());
    }
    let trusted = tls.trust.map(|trust| match trust {
        Trust::Trusted => "trusted".to_owned(),
        Trust::Untrusted(_) => "not trusted".to_owned(),
    });
    let leaf = leaf(survey);
    let of_leaf = |word: fn(&Certificate) -> String| leaf.as_ref().map(word);
    for (about, word) in [
        ("subject", of_leaf(|leaf| leaf.subject.clone())),
        ("issuer", of_leaf(|leaf| leaf.issuer.clone())),
        ("valid from", of_leaf(|leaf| leaf.not_before.to_string())),
        ("valid until", of_leaf(|leaf| leaf.not_after.to_string())),
        (
            "key",
            of_leaf(|leaf| format!("{} {}", leaf.key_type, leaf.key_bits)),
        ),
        ("signature", of_leaf(|leaf| leaf.signature.clone())),
        ("SHA-256", of_leaf(|leaf| leaf.sha256.clone())),
        ("trust", trusted),
    ] {
        words.insert(about, word.unwrap_or_else(|| NOTHING.to_owned()));
    }
    words
}

/// sslyze tries each suite of a version on a connection of its own, which takes long, so that it is asked about these
/// versions of these servers only.
const TRIED: [(Program, Kind, &[&str]); 3] = [
    (Program::Xrdp("tls"), Kind::Good, &["--tlsv1"]),
    (Program::LenientXrdp("tls"), Kind::Short, &["--tlsv1_1"]),
    (
        Program::Shadow("nla"),
        Kind::Good,
        &["--tlsv1_2", "--tlsv1_3"],
    ),
];

/// Asks sslyze about all servers.
pub(super) async fn sslyze(fleet: &Fleet) -> Option<Seen> {
    let sslyze = support::peer_script("sslyze")?;
    let places: Vec<String> = fleet
        .servers
        .iter()
        .map(|server| server.address().to_string())
        .collect();
    let mut questions = vec![(vec!["--certinfo"], places)];
    for (program, certificate, versions) in TRIED {
        let of_row = |server: &&Server| {
            (server.row.program, server.row.certificate) == (program, certificate)
        };
        let place = fleet.servers.iter().find(of_row).unwrap().address();
        questions.push((versions.to_vec(), vec![place.to_string()]));
    }
    let asking = questions.iter().map(async |(options, places)| {
        let mut arguments = vec!["--starttls", "rdp", "--json_out=-"];
        arguments.extend(options);
        arguments.extend(places.iter().map(String::as_str));
        let report = json(&sslyze, &arguments, "").await;
        report["server_scan_results"].as_array().unwrap().clone()
    });
    let results: Vec<Value> = join_all(asking).await.into_iter().flatten().collect();
    let words = fleet.servers.iter().map(|server| {
        let mut words = Words::new();
        let port = server.address().port();
        for result in &results {
            if result["server_location"]["port"] == port {
                words.extend(versions_by_sslyze(result));
                words.extend(certificate_by_sslyze(result));
            }
        }
        words
    });
    Some(words.collect())
}

fn versions_by_sslyze(result: &Value) -> Words {
    let mut words = Words::new();
    for (name, about, _) in VERSIONS {
        let suites = &result["scan_result"][name]["result"]["accepted_cipher_suites"];
        if let Some(suites) = suites.as_array() {
            let word = if suites.is_empty() { "off" } else { "on" };
            words.insert(about, word.to_owned());
        }
    }
    words
}

/// Nothing when it was not asked about certificates.
fn certificate_by_sslyze(result: &Value) -> Words {
    let mut words = Words::new();
    let asked = &result["scan_result"]["certificate_info"];
    if asked["status"] == "NOT_SCHEDULED" {
        return words;
    }
    let deployment = &asked["result"]["certificate_deployments"][0];
    let leaf = &deployment["received_certificate_chain"][0];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let moment = |value: &Value| {
        let time = value.as_str()?;
        let time = time.parse().or_else(|_| format!("{time}Z").parse());
        time.ok().map(|time: Timestamp| time.to_string())
    };
    let key = &leaf["public_key"];
    let key = key["key_size"].as_u64().map(|bits| {
        let kind = match key["algorithm"].as_str() {
            Some("RSAPublicKey") => "rsa",
            Some("ECPublicKey") => "ec",
            other => panic!("{other:?}"),
        };
        format!("{kind} {bits}")
    });
    let trust = deployment["path_validation_results"].as_array().map(|all| {
        let trusted = all.iter().any(|one| one["validation_error"].is_null());
        if trusted { "trusted" } else { "not trusted" }.to_owned()
    });
    let hash = text(&leaf["fingerprint_sha256"]).map(|hash| hex(&hash));
    for (about, word) in [
        ("subject", text(&leaf["subject"]["rfc4514_string"])),
        ("issuer", text(&leaf["issuer"]["rfc4514_string"])),
        ("valid from", moment(&leaf["not_valid_before"])),
        ("valid until", moment(&leaf["not_valid_after"])),
        ("key", key),
        ("signature", text(&leaf["signature_algorithm_oid"]["name"])),
        ("SHA-256", hash),
        ("trust", trust),
    ] {
        words.insert(about, word.unwrap_or_else(|| NOTHING.to_owned()));
    }
    words
}

/// Base64 as hexadecimal digits in upper case.
fn hex(base64: &str) -> String {
    use base64::Engine as _;
    use std::fmt::Write as _;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(base64)
        .unwrap();
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02X}").unwrap();
        text
    })
}
