//! One host from connecting to closing: facts, plays, proof, summary.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use jiff::Timestamp;

use crate::cim::CimError;
use crate::cim::CimSession;
use crate::cim::Traffic;
use crate::event::HostSummary;
use crate::event::RunMode;
use crate::facts::Facts;
use crate::inventory::Host;
use crate::plan::SkipReason;
use crate::playbook::Action;
use crate::playbook::Play;
use crate::playbook::fact_values;
use crate::proof::Proof;
use crate::runner::Consent;
use crate::runner::World;
use crate::runner::duty::guarded;
use crate::runner::eyes::Eyes;
use crate::runner::eyes::Means;
use crate::runner::line::Line;
use crate::runner::memory::Memory;
use crate::runner::pass::Pass;
use crate::runner::patience::Patience;
use crate::runner::prepare::Prepare;
use crate::runner::shared::Shared;
use crate::runner::stop::Halt;
use crate::runner::stop::Stop;
use crate::runner::tale::CountsAs;
use crate::runner::tale::Tale;
use crate::runner::tale::Told;
use crate::runner::turn::Tools;
use crate::runner::turn::Turn;
use crate::syntax::Node;

/// How long closing a session may take.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a host brings along from one stage of a run to the next.
#[derive(Default)]
pub(super) struct Carried {
    /// Counts, and why the host is not well.
    pub(super) told: Told,
    memory: Memory,
    proof: Option<Proof>,
    traffic: Traffic,
    /// Time spent on it, without waiting for other hosts.
    spent: Duration,
    /// How much of it was waiting that the playbook orders.
    waited: Duration,
    /// Why nothing more is done on it.
    given_up: Option<SkipReason>,
}

impl Carried {
    /// A host that the work on it did not come back from.
    pub(super) fn broken(reason: String) -> Self {
        let mut carried = Self {
            given_up: Some(SkipReason::EarlierFailure),
            ..Self::default()
        };
        carried.told.fail(reason, None);
        carried
    }

    /// How much of its time the host has used up.
    pub(super) fn used(&self) -> Duration {
        self.spent.saturating_sub(self.waited)
    }

    /// Whether more may be done on it, although something failed: check mode looks at the rest.
    pub(super) fn is_open(&self) -> bool {
        self.given_up.is_none()
    }

    /// How the host fares so far.
    pub(super) fn summary(&self, host: &Host, at: Timestamp) -> HostSummary {
        HostSummary {
            host: Arc::clone(&host.name),
            at,
            status: self.told.status(),
            counts: self.told.counts,
            proof: self.proof.clone(),
            traffic: self.traffic,
            duration: self.spent,
        }
    }
}

/// Everything that working on one host needs.
pub(super) struct Visit {
    pub(super) world: World,
    pub(super) host: Arc<Host>,
    pub(super) plays: Vec<Arc<Play>>,
    pub(super) extra: Arc<BTreeMap<String, Node>>,
    pub(super) mode: RunMode,
    pub(super) prepare: Arc<dyn Prepare>,
    pub(super) shared: Arc<Shared>,
    pub(super) consent: Option<Arc<dyn Consent>>,
    pub(super) stop: Stop,
}

/// Whether there ever was a session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    Yes,
    No,
}

/// What came of working on a host.
struct Worked {
    reached: Reached,
    traffic: Traffic,
    /// Why nothing more is to be done on it.
    given_up: Option<SkipReason>,
}

impl Worked {
    /// There was no session.
    fn not_at_all() -> Self {
        Self {
            reached: Reached::No,
            traffic: Traffic::default(),
            given_up: Some(SkipReason::EarlierFailure),
        }
    }
}

impl Visit {
    /// Works on the host and says how it fares; begin and end of the host are told by the caller.
    pub(super) async fn pay(self, carried: Carried) -> Carried {
        let begin = self.world.clock.instant();
        let mut tale = Tale::new(&self.world, &self.host, carried.told);
        let mut memory = carried.memory;
        let (worked, proof) = match self.mode {
            // Looking from inside and from outside do not disturb each other.
            RunMode::Check => {
                let work = self.work(&mut memory, &mut tale);
                join(work, self.prove()).await
            }
            RunMode::Apply => {
                let worked = self.work(&mut memory, &mut tale).await;
                let proof = match worked.reached {
                    Reached::Yes if tale.told.counts.changed > 0 => {
                        let patience = Patience::after(memory.rebooted.take());
                        self.prove_patiently(patience).await
                    }
                    Reached::Yes => self.prove().await,
                    Reached::No => None,
                };
                (worked, proof)
            }
        };
        if let Some(proof) = &proof {
            let counts_as = match self.mode {
                RunMode::Check => CountsAs::Drift,
                RunMode::Apply => CountsAs::Failure,
            };
            tale.take_proof(proof, counts_as);
        }
        let passed = self.world.clock.instant().saturating_duration_since(begin);
        let waited = self.stop.waited();
        Carried {
            told: tale.told,
            memory,
            proof: proof.or(carried.proof),
            traffic: carried.traffic + worked.traffic,
            spent: carried.spent + passed.saturating_sub(waited.for_others),
            waited: carried.waited + waited.ordered,
            given_up: worked.given_up,
        }
    }

    /// Whether a task may be done: nobody wants to be asked, or whoever was asked said yes.
    pub(super) async fn may(&self, task: &str) -> bool {
        match &self.consent {
            Some(consent) => consent.given(&self.host.name, task).await,
            None => true,
        }
    }

    fn begins_with_waiting(&self) -> bool {
        let play = self.plays.first();
        let first = play.and_then(|play| play.all_tasks().into_iter().next());
        first.is_some_and(|task| matches!(task.action, Action::WaitForConnection(_)))
    }

    async fn work(&self, memory: &mut Memory, tale: &mut Tale<'_>) -> Worked {
        let line = Line::new(Arc::clone(&self.world.connector), Arc::clone(&self.host));
        let connecting = async {
            // A play that begins by waiting for the connection connects by itself.
            if self.begins_with_waiting() {
                return Ok(());
            }
            line.connect().await
        };
        match self.stop.or(guarded(connecting)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tale.refuse(&error);
                return Worked::not_at_all();
            }
            Err(halt) => {
                tale.halt_without_session(halt, self.stop.limit());
                return Worked::not_at_all();
            }
        }
        let session: Arc<dyn CimSession> = Arc::<Line>::clone(&line);
        // In check mode the plays hold nothing that could write.
        let means = match self.mode {
            RunMode::Check => Means::Look(Arc::<dyn CimSession>::clone(&session)),
            RunMode::Apply => Means::Correct(Arc::clone(&session)),
        };
        let plays = async { Ok(self.plays((means, &line), memory, tale).await) };
        let given_up = guarded(plays).await.unwrap_or_else(|error| {
            tale.fail(error.to_string(), None);
            Some(SkipReason::EarlierFailure)
        });
        self.close(&session).await;
        Worked {
            reached: Reached::Yes,
            traffic: session.traffic(),
            given_up,
        }
    }

    async fn plays(
        &self,
        (means, line): (Means, &Arc<Line>),
        memory: &mut Memory,
        tale: &mut Tale<'_>,
    ) -> Option<SkipReason> {
        let mut eyes = Eyes::new(means, Arc::clone(line));
        let mut given_up = None;
        for (at, play) in self.plays.iter().enumerate() {
            // What was seen in an earlier play may be long ago; looking only, nothing was done meanwhile.
            if at > 0 && self.mode == RunMode::Apply {
                eyes.renew();
            }
            let facts = if given_up.is_none() {
                self.facts(play, &eyes.pass, memory).await
            } else {
                Ok(None)
            };
            let tools = Tools {
                memory: &mut *memory,
                eyes: &mut eyes,
                tale,
            };
            let turn = Turn::new(self, play, facts, tools);
            given_up = turn.run(given_up).await;
        }
        given_up
    }

    /// What the play needs to know of the host; asked once.
    async fn facts(
        &self,
        play: &Play,
        pass: &Pass,
        memory: &mut Memory,
    ) -> Result<Option<Facts>, CimError> {
        if !play.needs_facts {
            return Ok(None);
        }
        let depth = play.facts_depth();
        if memory
            .facts
            .as_ref()
            .is_none_or(|facts| facts.depth() < depth)
        {
            let gathering = guarded(Facts::gather_to(pass, depth));
            let gathered = self.stop.or(gathering).await;
            memory.facts = match gathered {
                Ok(facts) => {
                    memory.version += 1;
                    Some(facts?)
                }
                // The duties notice the interruption by themselves.
                Err(Halt::Interrupted) => None,
                Err(Halt::TimedOut) => return Err(self.stop.overdue()),
            };
        }
        if let Some(facts) = &memory.facts {
            memory.fact_values = fact_values(facts);
        }
        self.shared.known.learn(&self.host.name, memory);
        Ok(memory.facts.clone())
    }

    /// Visits the host again when it does not let clients in right after a change.
    async fn prove_patiently(&self, mut patience: Patience) -> Option<Proof> {
        let clock = &self.world.clock;
        let mut proof = self.prove().await;
        let begin = clock.instant();
        loop {
            let waited = clock.instant().saturating_duration_since(begin);
            let Some(pause) = patience.pause(proof.as_ref(), waited) else {
                return proof;
            };
            if self.stop.or(clock.sleep(pause)).await.is_err() {
                return proof;
            }
            // An interrupted visit leaves the verdict of the last one.
            proof = self.prove().await.or(proof);
        }
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
