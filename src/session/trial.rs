//! Domain accounts whose password has not proved right yet: signing in with them is tried on one host at a time, and no
//! more after two refusals. A whole fleet that tried a wrong password at once would lock the account out.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::sync::MutexGuard;

use crate::cim::CimError;
use crate::secret::Secret;

/// Lockout thresholds of domains begin at three; the user may have mistyped the password once before.
const MOST_REFUSALS: usize = 2;

/// The domain accounts of a run.
#[derive(Debug, Default)]
pub(super) struct Trials {
    accounts: Mutex<Vec<(String, Secret, Arc<Trial>)>>,
}

/// What is known of one account's password.
#[derive(Debug, Default)]
pub(super) struct Trial {
    turn: tokio::sync::Mutex<()>,
    proved: AtomicBool,
    refusals: AtomicUsize,
}

/// Leave to send the password's proof to a host.
#[derive(Debug)]
pub(super) enum Turn<'a> {
    /// The password is known to be right.
    Free,
    /// Nobody else tries meanwhile.
    Alone(#[expect(dead_code, reason = "held until the host has answered")] MutexGuard<'a, ()>),
}

impl Trials {
    /// The trial of an account that several hosts share; accounts of one host are none of its business.
    pub(super) fn of(&self, user: &str, password: &Secret) -> Option<Arc<Trial>> {
        if !is_of_a_domain(user) {
            return None;
        }
        let user = user.to_lowercase();
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = accounts
            .iter()
            .find(|(name, secret, _)| *name == user && secret == password);
        if let Some((_, _, trial)) = known {
            return Some(Arc::clone(trial));
        }
        let trial = Arc::new(Trial::default());
        accounts.push((user, password.clone(), Arc::clone(&trial)));
        Some(trial)
    }
}

fn is_of_a_domain(user: &str) -> bool {
    match user.split_once('\\') {
        Some((domain, _)) => !domain.is_empty() && domain != ".",
        None => user.contains('@'),
    }
}

impl Trial {
    /// Waits for leave; refused when the password has been refused often enough.
    pub(super) async fn turn(&self, address: &str, user: &str) -> Result<Turn<'_>, CimError> {
        if self.proved.load(Ordering::Acquire) {
            return Ok(Turn::Free);
        }
        let alone = self.turn.lock().await;
        if self.proved.load(Ordering::Acquire) {
            return Ok(Turn::Free);
        }
        let refusals = self.refusals.load(Ordering::Acquire);
        if refusals >= MOST_REFUSALS {
            return Err(CimError::NotTried {
                address: address.to_owned(),
                user: user.to_owned(),
                refusals,
            });
        }
        Ok(Turn::Alone(alone))
    }

    /// A host accepted the password.
    pub(super) fn accepted(&self) {
        self.proved.store(true, Ordering::Release);
    }

    /// A host refused it.
    pub(super) fn refused(&self) {
        self.refusals.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::Trials;
    use super::Turn;
    use super::is_of_a_domain;
    use crate::secret::Secret;

    #[test]
    fn domain_accounts_are_told_from_accounts_of_a_host() {
        for (user, expected) in [
            ("CORP\\admin", true),
            ("admin@corp.example", true),
            ("admin", false),
            (".\\admin", false),
        ] {
            assert_eq!(is_of_a_domain(user), expected, "{user}");
        }
    }

    #[tokio::test]
    async fn after_two_refusals_a_password_is_tried_no_more() {
        let trials = Trials::default();
        let trial = trials.of("CORP\\admin", &Secret::new("wrong")).unwrap();
        for _ in 0..2 {
            assert!(matches!(
                trial.turn("a:5985", "CORP\\admin").await,
                Ok(Turn::Alone(_))
            ));
            trial.refused();
        }
        let again = trials.of("corp\\ADMIN", &Secret::new("wrong")).unwrap();
        assert!(again.turn("b:5985", "CORP\\admin").await.is_err());
        let other = trials.of("CORP\\admin", &Secret::new("another")).unwrap();
        assert!(other.turn("b:5985", "CORP\\admin").await.is_ok());
    }

    #[tokio::test]
    async fn a_password_that_was_accepted_is_free_for_all() {
        let trials = Trials::default();
        let trial = trials
            .of("admin@corp.example", &Secret::new("right"))
            .unwrap();
        let turn = trial.turn("a:5985", "admin@corp.example").await;
        trial.accepted();
        drop(turn);
        assert!(matches!(
            trial.turn("b:5985", "admin@corp.example").await,
            Ok(Turn::Free)
        ));
    }
}
