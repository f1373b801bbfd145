//! One host from connecting to closing: facts, plays, proof, summary.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::CimSession;
use crate::cim::Traffic;
use crate::event::HostSummary;
use crate::event::RunMode;
use crate::facts::Facts;
use crate::inventory::Host;
use crate::playbook::Play;
use crate::proof::Proof;
use crate::proof::Verdict;
use crate::runner::World;
use crate::runner::duty::guarded;
use crate::runner::duty::overdue;
use crate::runner::pass::Pass;
use crate::runner::prepare::Prepare;
use crate::runner::stop::Halt;
use crate::runner::stop::Stop;
use crate::runner::tale::CountsAs;
use crate::runner::tale::Tale;
use crate::runner::turn::Turn;
use crate::syntax::Node;

/// Assumption: a listener whose service was restarted may refuse clients for a moment although the service runs
/// already, and accepts them within the sum of these pauses.
const SETTLING: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
/// How long closing a session may take.
const FAREWELL: Duration = Duration::from_secs(5);

/// Everything that working on one host needs.
pub(super) struct Visit {
    pub(super) world: World,
    pub(super) host: Arc<Host>,
    pub(super) plays: Vec<Arc<Play>>,
    pub(super) extra: Arc<BTreeMap<String, Node>>,
    pub(super) mode: RunMode,
    pub(super) prepare: Arc<dyn Prepare>,
    pub(super) stop: Stop,
}

/// Whether there ever was a session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    Yes,
    No,
}

impl Visit {
    /// Works on the host and says how it went; the end of the host is told by the caller.
    pub(super) async fn pay(self) -> HostSummary {
        let begin = self.world.clock.instant();
        let mut tale = Tale::new(&self.world, &self.host);
        let (traffic, proof) = match self.mode {
            // Looking from inside and from outside do not disturb each other.
            RunMode::Check => {
                let ((_, traffic), proof) = join(self.work(&mut tale), self.prove()).await;
                (traffic, proof)
            }
            RunMode::Apply => {
                let (reached, traffic) = self.work(&mut tale).await;
                let proof = match reached {
                    Reached::Yes if tale.counts.changed > 0 => self.prove_patiently().await,
                    Reached::Yes => self.prove().await,
                    Reached::No => None,
                };
                (traffic, proof)
            }
        };
        if let Some(proof) = &proof {
            let counts_as = match self.mode {
                RunMode::Check => CountsAs::Drift,
                RunMode::Apply => CountsAs::Failure,
            };
            tale.take_proof(proof, counts_as);
        }
        let (status, counts) = (tale.status(), tale.counts);
        let clock = &self.world.clock;
        HostSummary {
            host: Arc::clone(&self.host.name),
            at: clock.now(),
            status,
            counts,
            proof,
            traffic,
            duration: clock.instant().saturating_duration_since(begin),
        }
    }

    async fn work(&self, tale: &mut Tale<'_>) -> (Reached, Traffic) {
        let connecting = guarded(self.world.connector.connect(&self.host));
        let session = match self.stop.or(connecting).await {
            Ok(Ok(session)) => session,
            Ok(Err(error)) => {
                tale.refuse(&error);
                return (Reached::No, Traffic::default());
            }
            Err(halt) => {
                tale.halt_without_session(halt, self.stop.limit());
                return (Reached::No, Traffic::default());
            }
        };
        let plays = async {
            match self.mode {
                RunMode::Check => {
                    let reader: Arc<dyn CimReader> = Arc::<dyn CimSession>::clone(&session);
                    self.check(reader, tale).await;
                }
                RunMode::Apply => self.apply(&session, tale).await,
            }
            Ok(())
        };
        if let Err(error) = guarded(plays).await {
            tale.fail(error.to_string(), None);
        }
        self.close(&session).await;
        (Reached::Yes, session.traffic())
    }

    /// Has no means to write.
    async fn check(&self, reader: Arc<dyn CimReader>, tale: &mut Tale<'_>) {
        let pass = Pass::new(reader);
        let mut facts = None;
        for play in &self.plays {
            let gathered = self.facts(play, &pass, &mut facts).await;
            let turn = Turn::new(self, play, gathered);
            turn.check(&pass, tale).await;
        }
    }

    async fn apply(&self, session: &Arc<dyn CimSession>, tale: &mut Tale<'_>) {
        let mut facts = None;
        let mut given_up = None;
        for play in &self.plays {
            let pass = Pass::new(Arc::<dyn CimSession>::clone(session));
            let gathered = if given_up.is_none() {
                self.facts(play, &pass, &mut facts).await
            } else {
                Ok(None)
            };
            let turn = Turn::new(self, play, gathered);
            given_up = turn.apply(session, given_up, tale).await;
        }
    }

    /// What the play needs to know of the host; asked once.
    async fn facts(
        &self,
        play: &Play,
        pass: &Pass,
        known: &mut Option<Facts>,
    ) -> Result<Option<Facts>, CimError> {
        if !play.needs_facts {
            return Ok(None);
        }
        let depth = play.facts_depth();
        if known.as_ref().is_none_or(|facts| facts.depth() < depth) {
            let gathering = guarded(Facts::gather_to(pass, depth));
            let gathered = self.stop.or(gathering).await;
            *known = match gathered {
                Ok(facts) => Some(facts?),
                // The duties notice the interruption by themselves.
                Err(Halt::Interrupted) => None,
                Err(Halt::TimedOut) => return Err(overdue(self.stop.limit())),
            };
        }
        Ok(known.clone())
    }

    /// Visits the host again when it does not let clients in right after a change.
    async fn prove_patiently(&self) -> Option<Proof> {
        let mut proof = self.prove().await;
        for pause in SETTLING {
            let refuted = proof
                .as_ref()
                .is_some_and(|proof| proof.verdict != Verdict::Proven);
            if !refuted || self.stop.or(self.world.clock.sleep(pause)).await.is_err() {
                break;
            }
            // An interrupted visit leaves the verdict of the last one.
            proof = self.prove().await.or(proof);
        }
        proof
    }

    async fn prove(&self) -> Option<Proof> {
        if !self.plays.iter().any(|play| play.prove) {
            return None;
        }
        let proving = guarded(async { Ok(self.world.prover.prove(&self.host).await) });
        match self.stop.or(proving).await {
            Ok(Ok(proof)) => Some(proof),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    async fn close(&self, session: &Arc<dyn CimSession>) {
        let closing = guarded(async {
            session.close().await;
            Ok(())
        });
        tokio::select! {
            biased;
            _closed = closing => {}
            () = self.world.clock.sleep(FAREWELL) => {}
        }
    }
}
