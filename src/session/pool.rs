//! Lends out links, each to one request at a time. Knows how many there may be; must not know what is sent.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;

use crate::cim::CimError;
use crate::session::failure::Failure;
use crate::session::link::Link;
use crate::session::link::Login;

/// The links of one session. A second one is opened when more than one request waits at once: fewer would not repay the
/// round trips of signing in, and the host counts connections.
#[derive(Debug)]
pub(super) struct Pool {
    login: Arc<Login>,
    /// One permit for each link that may be in use now.
    free: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    idle: Vec<Link>,
    /// Permits handed to the semaphore.
    allowed: usize,
    /// Permits that it may have at most.
    limit: usize,
    waiting: usize,
    /// The host refused the password: it must not be tried again, or the account is locked out.
    refused: bool,
}

/// A link on loan. Unless it is given back it is dropped, for one whose request failed or was abandoned is out of step.
#[derive(Debug)]
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    link: Link,
    _permit: SemaphorePermit<'a>,
}

impl Pool {
    /// Signs in once, so that a wrong password is known at once.
    pub(super) async fn open(login: Login, limit: usize) -> Result<Self, Failure> {
        let login = Arc::new(login);
        let first = Link::open(&login).await?;
        Ok(Self {
            login,
            free: Semaphore::new(1),
            state: Mutex::new(State {
                idle: vec![first],
                allowed: 1,
                limit: limit.max(1),
                waiting: 0,
                refused: false,
            }),
        })
    }

    pub(super) fn login(&self) -> &Login {
        &self.login
    }

    /// Waits for a link, or opens one.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, Failure> {
        loop {
            let permit = self.permit().await?;
            if self.state().refused {
                return Err(self.login.refused().into());
            }
            let idle = self.state().idle.pop();
            if let Some(link) = idle {
                return Ok(self.lend(link, permit));
            }
            match Link::open(&self.login).await {
                Ok(link) => return Ok(self.lend(link, permit)),
                Err(failure) if self.may_do_without(&failure) => permit.forget(),
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Drops the links that nobody uses.
    pub(super) fn hang_up(&self) {
        let idle = std::mem::take(&mut self.state().idle);
        drop(idle);
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, Failure> {
        if let Ok(permit) = self.free.try_acquire() {
            return Ok(permit);
        }
        let _waiter = Waiter::new(self);
        self.free.acquire().await.map_err(|error| {
            Failure::settled(CimError::Broken {
                promise: format!("links stay on offer: {error}"),
            })
        })
    }

    fn lend<'a>(&'a self, link: Link, permit: SemaphorePermit<'a>) -> Lease<'a> {
        Lease {
            pool: self,
            link,
            _permit: permit,
        }
    }

    /// Whether the session goes on with fewer links after this failure to open another.
    fn may_do_without(&self, failure: &Failure) -> bool {
        let mut state = self.state();
        if matches!(failure.error, CimError::SignInRefused { .. }) {
            state.refused = true;
            return false;
        }
        if state.allowed == 1 {
            return false;
        }
        state.allowed -= 1;
        state.limit = state.allowed;
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease<'_> {
    pub(super) async fn exchange(
        mut self,
        operation: &str,
        envelope: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let answer = self.link.exchange(operation, envelope).await?;
        self.pool.state().idle.push(self.link);
        Ok(answer)
    }
}

/// Counts a request that waits for a link, also when it is given up.
struct Waiter<'a>(&'a Pool);

impl<'a> Waiter<'a> {
    fn new(pool: &'a Pool) -> Self {
        let mut state = pool.state();
        state.waiting += 1;
        if state.waiting > 1 && state.allowed < state.limit {
            state.allowed += 1;
            pool.free.add_permits(1);
        }
        Self(pool)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.waiting = state.waiting.saturating_sub(1);
    }
}
