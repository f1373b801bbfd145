//! Where nmap and sslyze say something else than we do, and why. What is not in the table is a mistake of somebody.

use rdpfix::survey::Survey;

use super::scanners;
use super::scanners::Seen;
use super::scanners::Words;
use super::servers::Fleet;
use super::servers::Program;

/// A difference that is understood.
#[derive(Debug)]
pub(crate) struct Difference {
    /// Who says it.
    pub(crate) scanner: &'static str,
    /// Of which servers.
    pub(crate) of: &'static [Program],
    /// About what.
    pub(crate) about: &'static [&'static str],
    /// What we say; empty for whatever the server is.
    pub(crate) ours: &'static str,
    /// What it says; empty for whatever the server is.
    pub(crate) theirs: &'static str,
    /// Why, in whole sentences.
    pub(crate) why: &'static str,
}

use Program::LenientXrdp;
use Program::Shadow;
use Program::Xrdp;

const IDENTITY: &[&str] = &[
    "computer",
    "domain",
    "DNS name",
    "DNS domain",
    "version",
    "clock",
];

const CERTIFICATE: &[&str] = &[
    "subject",
    "issuer",
    "valid from",
    "valid until",
    "key",
    "signature",
    "SHA-256",
    "trust",
];

/// All of them.
pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        scanner: "nmap",
        of: &[
            Xrdp("negotiate"),
            LenientXrdp("negotiate"),
            Xrdp("rdp"),
            LenientXrdp("rdp"),
        ],
        about: &["NLA", "RDSTLS", "early result"],
        ours: "no",
        theirs: "yes",
        why: "nmap counts every answer that is no refusal, and does not read which protocol it selects. xrdp does not refuse: it \
              selects less than it was asked for.",
    },
    Difference {
        scanner: "nmap",
        of: &[Xrdp("negotiate"), Xrdp("rdp"), LenientXrdp("rdp")],
        about: &["TLS"],
        ours: "no",
        theirs: "yes",
        why: "As above; with `negotiate` it is the server without a key that does no TLS.",
    },
    Difference {
        scanner: "nmap",
        of: &[Xrdp("tls"), LenientXrdp("tls"), Shadow("tls")],
        about: &["NLA"],
        ours: "no",
        theirs: "yes",
        why: "nmap asks for NLA or TLS together and does not read which was selected, so that whoever does TLS does NLA for it.",
    },
    Difference {
        scanner: "nmap",
        of: &[Xrdp("tls"), LenientXrdp("tls"), Shadow("tls")],
        about: &["early result"],
        ours: "no",
        theirs: "no, code 1",
        why: "nmap asks for the early result alone; we ask as clients do, with TLS and NLA besides, and the host takes one of these.",
    },
    Difference {
        scanner: "nmap",
        of: &[Shadow("nla")],
        about: &["early result"],
        ours: "no",
        theirs: "no, code 5",
        why: "As above: asked as clients ask, the host takes NLA without the early result.",
    },
    Difference {
        scanner: "nmap",
        of: &[Shadow("any")],
        about: &["early result"],
        ours: "no",
        theirs: "no, code 2",
        why: "The same again; only the reason of the refusal is another.",
    },
    Difference {
        scanner: "nmap",
        of: &[Shadow("rdp")],
        about: IDENTITY,
        ours: "nothing",
        theirs: "",
        why: "nmap goes on with TLS and CredSSP after a refusal, and this server lets it. No client would, so that we stop there.",
    },
    Difference {
        scanner: "nmap",
        of: &[
            Xrdp("tls"),
            LenientXrdp("tls"),
            Xrdp("negotiate"),
            LenientXrdp("negotiate"),
            Shadow("nla"),
            Shadow("tls"),
            Shadow("any"),
        ],
        about: &["certificate"],
        ours: "",
        theirs: "nothing",
        why: "nmap begins TLS at once, without the negotiation around it. Windows answers that; these servers do not.",
    },
    Difference {
        scanner: "sslyze",
        of: &[Shadow("rdp")],
        about: CERTIFICATE,
        ours: "nothing",
        theirs: "",
        why: "sslyze goes on with TLS after any answer, a refusal too, and this server lets it. No client would, so that we stop there.",
    },
];

impl Difference {
    fn covers(&self, program: Program, about: &str, words: (&str, &str)) -> bool {
        let fits = |expected: &str, word: &str| expected == word || expected.is_empty();
        self.of.contains(&program)
            && self.about.contains(&about)
            && fits(self.ours, words.0)
            && fits(self.theirs, words.1)
    }

    /// Each server program with each thing that the row is about.
    fn cases(&'static self) -> impl Iterator<Item = (Program, &'static str)> {
        let about = |program: &Program| {
            let program = *program;
            self.about.iter().map(move |about| (program, *about))
        };
        self.of.iter().flat_map(about)
    }
}

/// Every difference has to be in the table, and whatever is in the table has to be one.
pub(super) fn check(scanner: &str, fleet: &Fleet, ours: &[Survey], seen: &Seen) {
    let known = || DIFFERENCES.iter().filter(|known| known.scanner == scanner);
    let mut unexplained = Vec::new();
    // A scanner that broke down at a server disagrees about nothing there; that is no news about the table.
    let mut met: Vec<(&str, Program, &str)> = Vec::new();
    let mut agreed = 0;
    for ((server, survey), theirs) in fleet.servers.iter().zip(ours).zip(seen) {
        let program = server.row.program;
        for (about, our) in in_words_of(scanner, survey) {
            let Some(their) = theirs.get(about) else {
                met.extend(known().map(|known| (known.why, program, about)));
                continue;
            };
            if our == *their {
                agreed += 1;
                continue;
            }
            match known().find(|known| known.covers(program, about, (&our, their))) {
                Some(known) => met.push((known.why, program, about)),
                None => unexplained.push(format!(
                    "{}: {about}: we say `{our}`, {scanner} says `{their}`",
                    server.row.name()
                )),
            }
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    for known in known() {
        for (program, about) in known.cases() {
            let met = met.contains(&(known.why, program, about));
            assert!(met, "{scanner} and we agree by now on {program:?}: {about}");
        }
    }
    assert!(agreed > 100, "only {agreed} words were compared");
}

fn in_words_of(scanner: &str, survey: &Survey) -> Words {
    match scanner {
        "nmap" => scanners::as_nmap(survey),
        _ => scanners::as_sslyze(survey),
    }
}
