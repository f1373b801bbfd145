//! Signs of ports: where the host listens, where it is looked for, what its firewall lets in.

use super::Answer;
use super::Looked;
use super::Sign;
use super::firewall::Gate;
use super::firewall::gate;
use super::outside;
use super::part;
use super::told;
use super::way;
use crate::diagnosis::Case;
use crate::inside::Unseen;
use crate::survey::Tcp;

/// The port that everybody expects (windows-facts 4.1).
pub(in crate::diagnosis) const USUAL: u32 = 3389;

/// The host listens on an unusual port, and clients ask at another one.
pub(in crate::diagnosis) static PORT_MOVED: Sign =
    Sign::new("port-moved", |case| elsewhere(case, |own| own != USUAL));
/// The host listens on the usual port, and clients ask at another one; a forwarded port looks the same.
pub(in crate::diagnosis) static PORT_ASKED_ELSEWHERE: Sign =
    Sign::new("port-asked-elsewhere", |case| {
        elsewhere(case, |own| own == USUAL)
    });
/// The port on which the host listens answers, the one that was asked does not.
pub(in crate::diagnosis) static OWN_PORT_ANSWERS: Sign = Sign::new("own-port-answers", |case| {
    let (own, asked) = ports(case)?;
    let survey = outside(case)?;
    let answers = survey
        .other_ports
        .iter()
        .any(|(port, outcome)| u32::from(*port) == own && *outcome == Tcp::Open);
    if own == asked || way::tcp(survey)? == Tcp::Open {
        return Ok(Answer::Beside);
    }
    told(
        answers.then(|| {
            format!("port {own}, on which the host listens, answers; port {asked} does not")
        }),
        format!("port {own}, on which the host listens, does not answer either"),
    )
});
/// The firewall lets Remote Desktop in on another port than the one in use.
pub(in crate::diagnosis) static FIREWALL_ELSEWHERE: Sign =
    Sign::new("firewall-elsewhere", |case| {
        let own = own(case)?;
        let firewall = part(case, "the firewall rules", |inside| &inside.firewall)?;
        match gate(firewall, own) {
            Gate::Elsewhere(ports) => told(
                Some(format!(
                    "the host listens on port {own}, its firewall lets in {}",
                    ports.join(", ")
                )),
                "",
            ),
            Gate::Open(_) => told(None, format!("the firewall lets in port {own}")),
            Gate::Closed(_) | Gate::Partly(_) => Ok(Answer::Beside),
        }
    });

fn own(case: &Case<'_>) -> Result<u32, Unseen> {
    let settings = part(case, "the settings of Remote Desktop", |inside| {
        &inside.settings
    })?;
    Ok(settings.port.value)
}

/// The port of the settings, and the one that was asked for.
fn ports(case: &Case<'_>) -> Result<(u32, u32), Unseen> {
    Ok((own(case)?, u32::from(outside(case)?.port)))
}

fn elsewhere(case: &Case<'_>, wanted: fn(u32) -> bool) -> Looked {
    let (own, asked) = ports(case)?;
    let shut = way::tcp(outside(case)?)? != Tcp::Open;
    if !wanted(own) {
        return Ok(Answer::Beside);
    }
    told(
        (own != asked && shut).then(|| {
            format!("`PortNumber` is {own}, clients ask at port {asked}, and that does not open")
        }),
        format!("`PortNumber` is {own}, and clients are answered"),
    )
}
