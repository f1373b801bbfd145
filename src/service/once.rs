//! One turn of a job by itself, as another program's timer wants it: with its retries, and without an agenda.

use std::sync::Arc;

use tokio::sync::watch;

use crate::service::Parts;
use crate::service::agenda::Cause;
use crate::service::agenda::until;
use crate::service::around::Around;
use crate::service::errand::Standing;
use crate::service::said::What;
use crate::service::state::JobState;
use crate::service::state::Phase;
use crate::service::state::State;
use crate::service::turn::Over;
use crate::service::turn::Turn;

/// Takes one turn of a job as the service would, tries it again as the job says, and waits until everybody was told of it.
pub async fn once(parts: Parts, turn: Turn, stop: watch::Receiver<bool>) -> Over {
    let now = parts.clock.now();
    let state = State {
        started: now,
        phase: Phase::Up,
        file: String::new(),
        read: now,
        problem: None,
        jobs: vec![JobState::new(&turn.job)],
    };
    let around = Arc::new(Around::new(parts, state));
    let before = turn.before;
    let mut over = tries(&around, turn, stop).await;
    if around.tell_late(std::mem::take(&mut over.held)) {
        over.standing = Some(Standing::Bad);
    }
    if let Some(standing) = over.standing {
        around.stands(&over.job, before, standing);
    }
    let mut tellings = around.take_tellings();
    while tellings.join_next().await.is_some() {}
    over
}

/// Takes a turn and its retries; what is held back in the last one was never told.
async fn tries(around: &Arc<Around>, mut turn: Turn, mut stop: watch::Receiver<bool>) -> Over {
    let mut over = turn.clone().take(Arc::clone(around), stop.clone()).await;
    while let Some(next) = over.retry {
        around.say(Some(&over.job), What::RetryLater { next });
        let clock = Arc::clone(&around.parts.clock);
        tokio::select! {
            biased;
            _told = stop.wait_for(|stop| *stop) => return over,
            () = clock.sleep(until(next, clock.now())) => {}
        }
        let number = turn.tries() + 1;
        turn.before = over.standing;
        turn.cause = Cause::Retry { number };
        let again = turn.clone().take(Arc::clone(around), stop.clone()).await;
        if again.last.is_none() {
            // Its window closed a moment too early.
            return over;
        }
        over = again;
    }
    over
}
