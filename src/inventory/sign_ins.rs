//! What it takes to sign in to hosts, where that is encrypted or a template: worked out only for hosts that are signed in
//! to, so that nobody is asked for the key of another one's password.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::inventory::Defaults;
use crate::inventory::Host;
use crate::inventory::HostVars;
use crate::inventory::Inventory;
use crate::inventory::connection::AllTold;
use crate::inventory::connection::Reader;
use crate::inventory::connection::SignIn;
use crate::inventory::connection::open_passwords;

/// What hosts of an inventory still need to be signed in to: users and passwords that are encrypted or templates.
#[derive(Default)]
pub struct SignIns {
    /// The variables of hosts, secrets among them, by position.
    pub(super) waiting: BTreeMap<usize, HostVars>,
    /// Mistakes that were told before.
    pub(super) told: AllTold,
}

/// Says how many wait, not for what.
impl fmt::Debug for SignIns {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SignIns({})", self.waiting.len())
    }
}

impl SignIns {
    /// Works it out for those hosts of their inventory that take part. The mistakes are those that were not told when it was
    /// read; one that keeps rdpfix from signing in is the host's [`WinRm::obstacle`](crate::inventory::WinRm::obstacle).
    pub fn open(
        &mut self,
        inventory: &mut Inventory,
        defaults: &Defaults,
        takes_part: &dyn Fn(&Host) -> bool,
    ) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let mut reader = Reader::new(defaults, &mut diagnostics, SignIn::Now);
        reader.told = std::mem::take(&mut self.told);
        let hosts = &mut inventory.hosts;
        let chosen: BTreeMap<usize, HostVars> = self
            .waiting
            .extract_if(.., |at, _| {
                hosts.get(*at).is_some_and(|host| takes_part(host))
            })
            .collect();
        open_passwords(&chosen, &defaults.keyring);
        for (at, vars) in chosen {
            let Some(place) = hosts.get_mut(at) else {
                continue;
            };
            let made = reader.bare(&place.name, &vars);
            *place = Arc::new(Host {
                vars: place.vars.clone(),
                ..made.host
            });
        }
        self.told = reader.told;
        diagnostics
    }
}
