//! `tcp-blocked`, `port-mismatch`, `listener-broken`: whether the port opens, and whether RDP answers on it.

use jiff::Timestamp;

use crate::finding::Cause;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::proof::Stage;
use crate::survey::Reply;
use crate::survey::Survey;
use crate::survey::Tcp;
use crate::survey::TcpTry;
use crate::survey::judge;

/// Where Remote Desktop listens unless told otherwise.
const USUAL_PORT: u16 = 3389;

/// Judges TCP, and what came of the connections that opened.
pub(super) fn judge(survey: &Survey, _now: Timestamp, found: &mut Vec<Finding>) {
    match judge::tcp(survey) {
        Some(Tcp::Open) => {
            found.extend(dead_addresses(survey));
            found.extend(mute(survey));
        }
        Some(outcome) => {
            found.push(blocked(survey, outcome));
            found.extend(on_usual_port(survey));
        }
        None => found.extend(untried(survey)),
    }
}

/// The name has addresses, and time was up before one of them was tried.
fn untried(survey: &Survey) -> Option<Finding> {
    let anything_to_try = survey.name.literal || !survey.name.addresses.is_empty();
    anything_to_try.then(|| {
        let finding = Finding::new(
            Cause::TcpBlocked,
            Severity::Error,
            format!("no connection to port {} came about in time", survey.port),
        );
        finding.with("port", i64::from(survey.port))
    })
}

/// Other ports that answered at all, be it with a refusal: the host is alive.
fn signs_of_life(survey: &Survey) -> Vec<u16> {
    let ports = survey.other_ports.iter();
    ports
        .filter(|(_, outcome)| matches!(outcome, Tcp::Open | Tcp::Refused))
        .map(|(port, _)| *port)
        .collect()
}

fn listed(ports: &[u16]) -> Vec<String> {
    ports.iter().map(u16::to_string).collect()
}

fn blocked(survey: &Survey, outcome: Tcp) -> Finding {
    let port = survey.port;
    let alive = signs_of_life(survey);
    let answering = listed(&alive).join(", ");
    let (says, advice) = match outcome {
        Tcp::Refused => (
            format!("port {port} refuses connections: nothing listens there, or a firewall rejects"),
            refusing(&alive),
        ),
        Tcp::Unreachable => (
            format!("there is no way to the host: connections to port {port} cannot even be tried"),
            "Look at this machine's own network first: routes, VPN, and whether the address belongs to a network that can \
             be reached from here."
                .to_owned(),
        ),
        _ if !alive.is_empty() => (
            format!("port {port} stays silent while the host answers on {answering}: a firewall drops the packets"),
            "The host is alive, so look at firewalls: on the host the rule `RemoteDesktop-UserMode-In-TCP` \
             (`firewall_rule`; `rdpfix diagnose HOST -i INVENTORY` reads it with the active profile), then those on the way."
                .to_owned(),
        ),
        _ if !survey.other_ports.is_empty() => (
            format!("nobody answers on port {port}, nor on the other ports that were tried: the host is off, or all is dropped on the way"),
            "See on the hypervisor or at its console whether the host is up and has its network; then whether the VPN or a \
             firewall on the way lets you through to its network at all."
                .to_owned(),
        ),
        _ => (
            format!("nobody answers on port {port}: packets are dropped, or the host is off"),
            Cause::TcpBlocked.entry().advice.to_owned(),
        ),
    };
    let mut finding = Finding::new(Cause::TcpBlocked, Severity::Error, says)
        .with("tcp", outcome.word())
        .with("port", i64::from(port));
    let addresses: Vec<String> = survey
        .tcp
        .iter()
        .map(|tried| tried.address.ip().to_string())
        .collect();
    if !addresses.is_empty() {
        finding = finding.with("addresses", addresses);
    }
    if !survey.other_ports.is_empty() {
        finding = finding.with("ports_that_answer", listed(&alive));
    }
    finding.advise(advice)
}

fn refusing(alive: &[u16]) -> String {
    let begin = "Something answered, so the host (or a firewall before it) is up. Find out from inside which it is: \
        `rdpfix diagnose HOST -i INVENTORY` tells apart whether Remote Desktop is off (`rdp_access`), TermService is down \
        (`service`), or the listener is on another port (`rdp_listener`).";
    if alive.is_empty() {
        format!("{begin} Check also that the address is the right one.")
    } else {
        begin.to_owned()
    }
}

/// The port that was asked for is closed while the usual one is open.
fn on_usual_port(survey: &Survey) -> Option<Finding> {
    let usual_is_open = survey.other_ports.contains(&(USUAL_PORT, Tcp::Open));
    (survey.port != USUAL_PORT && usual_is_open).then(|| {
        Finding::new(
            Cause::PortMismatch,
            Severity::Warning,
            format!(
                "port {} was asked for and does not open, while {USUAL_PORT} does",
                survey.port
            ),
        )
        .with("asked", i64::from(survey.port))
        .with("open", i64::from(USUAL_PORT))
    })
}

/// Some addresses of the name do not answer: a client that gets one of them waits or fails.
fn dead_addresses(survey: &Survey) -> Option<Finding> {
    let dead: Vec<&TcpTry> = survey
        .tcp
        .iter()
        .filter(|tried| matches!(tried.outcome, Tcp::Refused | Tcp::Timeout))
        .collect();
    if dead.is_empty() {
        return None;
    }
    let addresses: Vec<String> = dead
        .iter()
        .map(|tried| tried.address.ip().to_string())
        .collect();
    Some(
        Finding::new(
            Cause::DnsName,
            Severity::Warning,
            format!(
                "the name has {} addresses that were tried, and {} of them does not answer: {}",
                survey.tcp.len(),
                dead.len(),
                addresses.join(", ")
            ),
        )
        .with("asked", survey.name.asked.as_str())
        .with("dead_addresses", addresses)
        .advise("Remove records of addresses that the host no longer has; a client that picks one of them waits or fails."),
    )
}

/// How the connections ended that opened without an RDP answer, the most telling first.
fn mute(survey: &Survey) -> Option<Finding> {
    if survey.reachable() {
        return silent_about_tls(survey);
    }
    let replies = || survey.negotiation.iter().map(|asked| &asked.reply);
    let stranger = replies().find_map(|reply| match reply {
        Reply::NotRdp(why) => Some(why.as_str()),
        _ => None,
    });
    let (answer, says) = match stranger {
        Some(why) => (
            "not_rdp",
            format!("what answers on port {} is not RDP: {why}", survey.port),
        ),
        None if replies().any(|reply| *reply == Reply::Closed) => (
            "closed",
            "the host accepts connections and closes them without an answer".to_owned(),
        ),
        None if replies().any(|reply| *reply == Reply::Silent) => (
            "silent",
            "the host accepts connections and then says nothing".to_owned(),
        ),
        None if survey.out_of_time == Some(Stage::Negotiate) || survey.negotiation.is_empty() => (
            "silent",
            "the host accepts connections, and RDP did not answer in time".to_owned(),
        ),
        None => (
            "not_connected",
            "the port opened once and then took no further connection".to_owned(),
        ),
    };
    let finding = Finding::new(Cause::ListenerBroken, Severity::Error, says)
        .with("answer", answer)
        .with("port", i64::from(survey.port));
    Some(match answer {
        "not_rdp" => finding.advise(
            "Check host and port first: another program or another machine answers there. On the host, the owner of the port \
             is in `netstat -ano`; TermService has to be it. `rdpfix diagnose HOST -i INVENTORY` compares both, and \
             `rdp_listener` sets the port.",
        ),
        "closed" => finding.advise(
            "This is what a listener does that is damaged or has no usable certificate: `rdpfix diagnose HOST -i INVENTORY` \
             reads its key and its certificate, `rdpfix audit playbooks/fix-0x904.yml -i INVENTORY -l HOST` shows what would \
             be corrected. A host that is out of memory, or a device in between that forbids RDP, closes connections too.",
        ),
        _ => finding,
    })
}

/// RDP answers, but every offer with TLS is met with a closed connection or silence.
fn silent_about_tls(survey: &Survey) -> Option<Finding> {
    let secured: Vec<&Reply> = ["tls", "nla", "hybrid_ex"]
        .into_iter()
        .filter_map(|name| survey.reply(name))
        .collect();
    let mute = |reply: &&Reply| matches!(reply, Reply::Closed | Reply::Silent | Reply::NotRdp(_));
    let answered = survey.reply("nla").is_some_and(|reply| !mute(&reply));
    (!secured.is_empty() && !answered && secured.iter().all(mute)).then(|| {
        Finding::new(
            Cause::ListenerBroken,
            Severity::Error,
            "the host answers clients with classic security, and closes the connection on all others",
        )
        .with("answer", "closed")
        .with("port", i64::from(survey.port))
    })
}
