//! JSON lines of a probe: one `finding` for each finding, then one `probe_end` for the host, each whole in itself.
//!
//! Names are `snake_case`, and fields may be added later. `tls`, `certificate` and `ntlm` are null when they were not
//! reached; everything else that is absent is left out.

use std::io;
use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::certificate::Certificate;
use crate::code;
use crate::code::Table;
use crate::finding::Finding;
use crate::rdp::nego::ResponseFlags;
use crate::report::probe::ProbeReporter;
use crate::report::text;
use crate::survey::ASKED;
use crate::survey::GatewayAnswer;
use crate::survey::GatewayView;
use crate::survey::Login;
use crate::survey::LoginOutcome;
use crate::survey::NtlmView;
use crate::survey::Reply;
use crate::survey::StageSamples;
use crate::survey::Survey;
use crate::survey::Tcp;
use crate::survey::TlsView;
use crate::survey::Trust;
use crate::survey::VersionReply;

/// The version of the format; grows only when a field changes its meaning or goes away.
const VERSION: u8 = 1;

/// Writes JSON lines.
pub struct ProbeJsonLines {
    out: Box<dyn Write + Send>,
}

impl ProbeJsonLines {
    /// Writes to `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }

    fn line(&mut self, record: &Value) -> io::Result<()> {
        text::json_line(&mut self.out, record)
    }
}

impl ProbeReporter for ProbeJsonLines {
    fn visit(&mut self, survey: &Survey, findings: &[Finding]) -> io::Result<()> {
        let ended = survey.at.checked_add(survey.took).unwrap_or(survey.at);
        for finding in findings {
            self.line(&of_finding(survey, finding, ended))?;
        }
        self.line(&of_visit(survey, findings.len(), ended))?;
        self.out.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// One finding of a host as a record; `ts` is when the visit ended.
pub fn of_finding(survey: &Survey, finding: &Finding, ts: Timestamp) -> Value {
    let evidence: Map<String, Value> = finding
        .evidence
        .iter()
        .map(|(name, detail)| ((*name).to_owned(), json!(detail)))
        .collect();
    json!({
        "v": VERSION,
        "ts": ts,
        "type": "finding",
        "host": survey.host,
        "id": finding.cause.id(),
        "severity": finding.severity,
        "says": finding.says,
        "evidence": evidence,
        "advice": finding.advice,
    })
}

fn of_visit(survey: &Survey, findings: usize, ts: Timestamp) -> Value {
    let mut record = json!({
        "v": VERSION,
        "ts": ts,
        "type": "probe_end",
        "host": survey.host,
        "port": survey.port,
        "reachable": survey.reachable(),
        // Without an address there is no way there.
        "tcp": survey.tcp_outcome().unwrap_or(Tcp::Unreachable).word(),
        "addresses": survey.name.addresses,
        "protocols": protocols(survey),
        "flags": flags(survey),
        "tls": survey.tls.as_ref().map(tls),
        "certificate": survey.tls.as_ref().and_then(|tls| shown(&tls.chain, tls.trust.as_ref())),
        "ntlm": survey.ntlm.as_ref().map(ntlm),
        "stages_ms": stages_ms(&survey.stages),
    });
    leave_out_nulls(&mut record, &["tcp"]);
    if let Value::Object(fields) = &mut record {
        if survey.stages.iter().any(|samples| visits(samples) > 1) {
            fields.insert("stages".to_owned(), stages(&survey.stages));
        }
        if let Some(login) = &survey.login {
            fields.insert("login".to_owned(), of_login(login));
        }
        if let Some(gateway) = &survey.gateway {
            fields.insert("gateway".to_owned(), of_gateway(gateway));
        }
        fields.insert("findings".to_owned(), json!(findings));
        let took = u64::try_from(survey.took.as_millis()).unwrap_or(u64::MAX);
        fields.insert("duration_ms".to_owned(), json!(took));
    }
    record
}

fn protocols(survey: &Survey) -> Value {
    let mut all = Map::new();
    for (_, name) in ASKED {
        let mut one = Map::new();
        one.insert("offered".to_owned(), json!(survey.offers(name)));
        if name == "nla" {
            one.insert("enforced".to_owned(), json!(survey.enforces_nla()));
        }
        if let Some(Reply::Refused(code)) = survey.reply(name) {
            one.insert("refusal".to_owned(), json!(code.0));
            if let Some(meaning) = code.name() {
                one.insert("refusal_name".to_owned(), json!(meaning));
            }
        }
        all.insert(name.to_owned(), Value::Object(one));
    }
    Value::Object(all)
}

/// Of all answers together; a host sets them whatever it selects.
fn flags(survey: &Survey) -> Value {
    let set = survey
        .negotiation
        .iter()
        .filter_map(|asked| match asked.reply {
            Reply::Selected { flags, .. } => Some(flags),
            _ => None,
        })
        .fold(ResponseFlags::default(), |all, flags| all | flags);
    json!({
        "restricted_admin": set.contains(ResponseFlags::RESTRICTED_ADMIN),
        "remote_guard": set.contains(ResponseFlags::REDIRECTED_AUTHENTICATION),
    })
}

fn tls(view: &TlsView) -> Value {
    let versions: Vec<&str> = view
        .versions
        .iter()
        .filter(|(_, reply)| matches!(reply, VersionReply::Accepted(_)))
        .map(|(version, _)| version.word())
        .collect();
    let picked = view.picked.as_ref();
    let mut told = json!({
        "versions": versions,
        "picked": picked.map(|(version, _)| version.word()),
        "cipher": picked.map(|(_, cipher)| cipher),
    });
    leave_out_nulls(&mut told, &["picked", "cipher"]);
    told
}

/// Takes away what is null among these.
fn leave_out_nulls(record: &mut Value, names: &[&str]) {
    if let Value::Object(fields) = record {
        fields.retain(|name, value| !value.is_null() || !names.contains(&name.as_str()));
    }
}

fn shown(chain: &[Certificate], trust: Option<&Trust>) -> Option<Value> {
    let leaf = chain.first()?;
    let mut told = certificate(leaf);
    if let Value::Object(fields) = &mut told {
        fields.insert("trusted".to_owned(), json!(trust == Some(&Trust::Trusted)));
        let chain = chain.iter().map(certificate).collect();
        fields.insert("chain".to_owned(), Value::Array(chain));
    }
    Some(told)
}

fn certificate(one: &Certificate) -> Value {
    json!({
        "subject": one.subject,
        "issuer": one.issuer,
        "not_before": one.not_before,
        "not_after": one.not_after,
        "sha256": one.sha256,
        "thumbprint": one.thumbprint,
        "key_bits": one.key_bits,
        "key_type": one.key_type,
        "signature": one.signature,
        "self_signed": one.self_signed,
        "names": one.names(),
        "usages": one.usages,
    })
}

fn ntlm(view: &NtlmView) -> Value {
    let mut told = json!({
        "computer": view.computer,
        "domain": view.domain,
        "dns_computer": view.dns_computer,
        "dns_domain": view.dns_domain,
        "build": view.version.map(|(_, _, build)| build),
        "skew_seconds": view.skew_seconds,
        "credssp_version": view.credssp_version,
    });
    if let Value::Object(fields) = &mut told {
        fields.retain(|_, value| !value.is_null());
    }
    told
}

fn visits(samples: &StageSamples) -> usize {
    samples.took.len() + samples.failures
}

/// Milliseconds, to the microsecond.
fn millis(duration: Duration) -> f64 {
    let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1_000.0
}

/// The median of each stage that was completed.
fn stages_ms(stages: &[StageSamples]) -> Value {
    let all: Map<String, Value> = stages
        .iter()
        .filter_map(|samples| {
            let median = samples.quantile(0.5)?;
            Some((samples.stage.word().to_owned(), json!(millis(median))))
        })
        .collect();
    Value::Object(all)
}

fn stages(stages: &[StageSamples]) -> Value {
    let all: Map<String, Value> = stages
        .iter()
        .map(|samples| {
            let mut told = json!({
                "p50": samples.quantile(0.5).map(millis),
                "p99": samples.quantile(0.99).map(millis),
                "samples": visits(samples),
                "failures": samples.failures,
            });
            leave_out_nulls(&mut told, &["p50", "p99"]);
            (samples.stage.word().to_owned(), told)
        })
        .collect();
    Value::Object(all)
}

fn of_login(login: &Login) -> Value {
    let user = &login.user;
    match &login.outcome {
        LoginOutcome::Accepted => json!({ "accepted": true, "user": user }),
        LoginOutcome::Refused(status) => {
            let name = code::entry(Table::NtStatus, *status).map(|entry| entry.name);
            let mut told = json!({
                "accepted": false,
                "user": user,
                "outcome": "refused",
                "code": format!("0x{status:08X}"),
            });
            if let (Value::Object(fields), Some(name)) = (&mut told, name) {
                fields.insert("status".to_owned(), json!(name));
            }
            told
        }
        LoginOutcome::NotAuthorized => unaccepted(user, "not_authorized"),
        LoginOutcome::Closed => unaccepted(user, "closed"),
        LoginOutcome::NotOffered => unaccepted(user, "not_offered"),
        LoginOutcome::Failed(reason) => {
            json!({ "accepted": false, "user": user, "outcome": "failed", "reason": reason })
        }
    }
}

fn unaccepted(user: &str, outcome: &str) -> Value {
    json!({ "accepted": false, "user": user, "outcome": outcome })
}

fn of_gateway(gateway: &GatewayView) -> Value {
    let mut told = json!({
        "address": gateway.address,
        "tcp": gateway.tcp.map(Tcp::word),
        "certificate": shown(&gateway.chain, gateway.trust.as_ref()),
        "http": gateway.http.as_ref().map(of_answer),
        "rpc": gateway.rpc.as_ref().map(of_answer),
    });
    leave_out_nulls(&mut told, &["tcp", "http", "rpc"]);
    told
}

fn of_answer(answer: &GatewayAnswer) -> Value {
    match answer {
        GatewayAnswer::Healthy { schemes } => json!({ "healthy": true, "schemes": schemes }),
        GatewayAnswer::Other { status, server } => {
            let mut told = json!({ "healthy": false, "status": status, "server": server });
            leave_out_nulls(&mut told, &["server"]);
            told
        }
        GatewayAnswer::Broken(reason) => json!({ "healthy": false, "reason": reason }),
    }
}
