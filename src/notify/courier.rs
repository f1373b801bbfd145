//! Carries messages: one after the other to the same webhook, oldest first, each tried as often as the job says, and what
//! did not arrive once more whenever there is a reason to believe that it might.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::job::Job;
use crate::job::Occasion;
use crate::job::TokenSource;
use crate::job::Webhook;
use crate::notify::body;
use crate::notify::letter;
use crate::notify::letter::Letter;
use crate::notify::letter::mark;
use crate::notify::occasion::wanted;
use crate::notify::patience::pause;
use crate::notify::post::Blame;
use crate::notify::post::Parcel;
use crate::notify::post::Postman;
use crate::notify::post::Verdict;
use crate::notify::post::shown;
use crate::notify::route::Proxies;
use crate::secret::Secret;
use crate::service::errand::Herald;
use crate::service::errand::Notice;

/// Tasks for one address that may wait for those before them with their letters in memory; the letters of further ones
/// are left in the outbox until their turn comes, one task for each job.
const LONGEST_LANE: usize = 16;
/// Letters over which a receiver may stumble before the rest is left for later.
const MOST_STUMBLES: usize = 3;

/// The file of messages that have not arrived.
pub trait Outbox: Send + Sync {
    /// Changes the text of the file, one process at a time. The error is for people.
    fn change(&self, change: &mut dyn FnMut(&str) -> String) -> Result<(), String>;
}

/// What messages need of this machine, and who hears of them.
pub trait Office: Send + Sync {
    /// The token that a job file names; the error is for people.
    fn token(&self, source: &TokenSource) -> Result<Secret, String>;
    /// What the environment says of proxies.
    fn proxies(&self) -> Proxies;
    /// The page of a run, when it has one.
    fn page(&self, run: &str) -> Option<String>;
    /// Hears what became of a message.
    fn heard(&self, job: &Arc<str>, fate: Fate);
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// Why it was sent, in words.
    pub occasion: String,
    /// Whom it is for, without the path of the address.
    pub to: String,
    /// The number of tries it took to arrive, or why it did not and what becomes of it.
    pub arrived: Result<u32, String>,
}

/// Carries messages.
#[derive(Clone)]
pub struct Courier(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    outbox: Arc<dyn Outbox>,
    office: Arc<dyn Office>,
    postman: Postman,
    /// The end of each webhook's queue.
    lanes: Mutex<BTreeMap<String, Lane>>,
    /// Identifiers of letters that are under way.
    flying: Mutex<BTreeSet<String>>,
}

/// A webhook's queue.
#[derive(Default)]
struct Lane {
    length: usize,
    /// Tells when the last one in it is done.
    last: Option<oneshot::Receiver<()>>,
    /// New letters that are left in the outbox until a task of their job comes, by job and identifier.
    left: BTreeMap<Arc<str>, BTreeMap<String, Occasion>>,
}

/// A letter that was just written.
struct Written {
    letter: Letter,
    occasion: Occasion,
    /// Whether it stands in the outbox.
    is_kept: bool,
}

/// A letter whose turn has come.
struct Ready {
    letter: Letter,
    /// Why it was written; `None` when its first go is over, after which nobody is told that it still does not arrive.
    occasion: Option<Occasion>,
}

/// A place in a webhook's queue.
struct Place {
    before: Option<oneshot::Receiver<()>>,
    /// Dropped when it is done, however that comes about.
    _done: oneshot::Sender<()>,
}

/// What a webhook is to be told.
struct Task {
    job: Arc<Job>,
    webhook: Webhook,
    letters: Vec<Written>,
    place: Place,
}

impl Courier {
    /// Carries for this office.
    pub fn new(clock: Arc<dyn Clock>, outbox: Arc<dyn Outbox>, office: Arc<dyn Office>) -> Self {
        let postman = Postman::new(office.proxies());
        Self(Arc::new(Inner {
            clock,
            outbox,
            office,
            postman,
            lanes: Mutex::default(),
            flying: Mutex::default(),
        }))
    }

    /// Sends what is in the outbox for these jobs once more, each webhook until one does not arrive.
    pub fn resume(&self, jobs: &[Arc<Job>]) -> BoxFuture<'static, ()> {
        let tasks = jobs.iter().flat_map(|job| {
            let hooks = job.notify.iter();
            hooks.filter_map(|webhook| self.0.task(job, webhook, Vec::new()))
        });
        self.carry(tasks.collect())
    }

    /// Letters of webhooks that no job has any more are of no use.
    pub fn forget_others(&self, jobs: &[Arc<Job>]) -> usize {
        let known: BTreeSet<(String, String)> = jobs
            .iter()
            .flat_map(|job| {
                job.notify
                    .iter()
                    .map(|hook| (job.name.to_string(), mark(&hook.url)))
            })
            .collect();
        let mut gone = 0;
        let changed = self.0.change_letters(|letters| {
            let before = letters.len();
            letters.retain(|one| known.contains(&(one.job.clone(), one.webhook.clone())));
            gone = before - letters.len();
        });
        changed.map_or(0, |()| gone)
    }

    fn carry(&self, tasks: Vec<Task>) -> BoxFuture<'static, ()> {
        let inner = Arc::clone(&self.0);
        async move {
            let all = tasks.into_iter().map(|task| inner.work(task));
            futures_util::future::join_all(all).await;
        }
        .boxed()
    }
}

impl Herald for Courier {
    /// The messages are written and stand in the outbox when this returns.
    fn tell(&self, notice: Notice) -> BoxFuture<'static, ()> {
        let mut tasks = Vec::new();
        for webhook in &notice.job.notify {
            let letters = wanted(&webhook.on, &notice)
                .into_iter()
                .filter_map(|occasion| self.0.write(&notice, webhook, occasion))
                .collect();
            tasks.extend(self.0.task(&notice.job, webhook, letters));
        }
        self.carry(tasks)
    }
}

/// How a letter fared in one go.
enum Sent {
    /// After so many tries.
    Arrived(u32),
    /// It is not wanted, at no time.
    Refused(String),
    /// It may arrive later.
    Failed(String, Blame),
}

/// How it goes with a receiver, letter by letter.
struct Going {
    /// Tries after the first that the next letter gets.
    retries: u32,
    stumbles: usize,
    /// Why no further letter is sent.
    over: Option<String>,
}

impl Going {
    fn learn(&mut self, sent: &Sent) {
        let Sent::Failed(why, blame) = sent else {
            return;
        };
        // Others behind it wait no longer than they must.
        self.retries = 0;
        self.stumbles += 1;
        if *blame == Blame::Receiver || self.stumbles > MOST_STUMBLES {
            self.over = Some(why.clone());
        }
    }
}

impl Inner {
    fn lanes(&self) -> MutexGuard<'_, BTreeMap<String, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flying(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.flying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_letters(&self, mut change: impl FnMut(&mut Vec<Letter>)) -> Result<(), String> {
        let mut dropped = Vec::new();
        let changed = self.outbox.change(&mut |text| {
            let mut letters = letter::read(text);
            change(&mut letters);
            let (text, count) = letter::write(&letters);
            letters.truncate(count);
            dropped = letters;
            text
        });
        changed?;
        for letter in dropped {
            let fate = Fate {
                occasion: format!("what was kept since {}", letter.at),
                to: "its webhook".to_owned(),
                arrived: Err("it made room for newer messages and is gone".to_owned()),
            };
            self.office.heard(&letter.job.into(), fate);
        }
        Ok(())
    }

    fn heard(&self, job: &Job, webhook: &Webhook, occasion: &str, arrived: Result<u32, String>) {
        let fate = Fate {
            occasion: occasion.to_owned(),
            to: shown(&webhook.url),
            arrived,
        };
        self.office.heard(&job.name, fate);
    }

    /// Writes a letter and puts it into the outbox; one that cannot be kept is sent all the same.
    fn write(&self, notice: &Notice, webhook: &Webhook, occasion: Occasion) -> Option<Written> {
        let job = &notice.job;
        let page = notice.result.as_ref().ok();
        let page = page.and_then(|report| self.office.page(&report.run));
        let said = body::variables(notice, occasion, page.as_deref());
        let text = match body::message(webhook.body.as_ref(), said) {
            Ok(text) => text,
            Err(why) => {
                self.heard(job, webhook, occasion.word(), Err(why));
                return None;
            }
        };
        let milliseconds = u64::try_from(notice.at.as_millisecond()).unwrap_or_default();
        let letter = Letter {
            id: ulid::Ulid::from_parts(milliseconds, rand::random()).to_string(),
            job: job.name.to_string(),
            webhook: mark(&webhook.url),
            at: notice.at,
            body: text,
        };
        self.flying().insert(letter.id.clone());
        let kept = self.change_letters(|letters| letters.push(letter.clone()));
        let is_kept = kept.is_ok();
        if let Err(why) = kept {
            let why = format!("the outbox cannot be written, so it is sent without a copy: {why}");
            self.heard(job, webhook, occasion.word(), Err(why));
        }
        Some(Written {
            letter,
            occasion,
            is_kept,
        })
    }

    /// A place at the end of the webhook's queue; `None` when one that waits already does the same.
    fn task(&self, job: &Arc<Job>, webhook: &Webhook, mut letters: Vec<Written>) -> Option<Task> {
        let (done, last) = oneshot::channel();
        let mut lanes = self.lanes();
        let lane = lanes.entry(webhook.url.clone()).or_default();
        if lane.length >= LONGEST_LANE {
            let is_queued = lane.left.contains_key(&job.name);
            let left = lane.left.entry(Arc::clone(&job.name)).or_default();
            for written in letters.extract_if(.., |written| written.is_kept) {
                self.flying().remove(&written.letter.id);
                left.insert(written.letter.id, written.occasion);
            }
            if is_queued && letters.is_empty() {
                return None;
            }
        }
        lane.length += 1;
        let before = lane.last.replace(last);
        drop(lanes);
        Some(Task {
            job: Arc::clone(job),
            webhook: webhook.clone(),
            letters,
            place: Place {
                before,
                _done: done,
            },
        })
    }

    async fn work(&self, mut task: Task) {
        if let Some(before) = task.place.before.take() {
            // It is done when its sender is gone.
            let _gone = before.await;
        }
        let letters = self.ready(&mut task);
        let is_news = letters.iter().any(|ready| ready.occasion.is_some());
        let retries = task.webhook.retries.count;
        let mut going = Going {
            // Of what is kept the first one tells whether the receiver is there again.
            retries: if is_news { retries } else { 0 },
            stumbles: 0,
            over: None,
        };
        for ready in letters {
            let sent = match &going.over {
                Some(why) => Sent::Failed(why.clone(), Blame::Receiver),
                None => self.send(&task.webhook, &ready.letter, going.retries).await,
            };
            going.learn(&sent);
            self.settle(&task, &ready, sent);
        }
        if let Some(lane) = self.lanes().get_mut(&task.webhook.url) {
            lane.length = lane.length.saturating_sub(1);
        }
    }

    /// Letters for a webhook in the order in which they were written: what is kept, and what the task brings along.
    fn ready(&self, task: &mut Task) -> Vec<Ready> {
        let hook = mark(&task.webhook.url);
        let mut left = self
            .lanes()
            .get_mut(&task.webhook.url)
            .and_then(|lane| lane.left.remove(&task.job.name))
            .unwrap_or_default();
        let mut brought = std::mem::take(&mut task.letters);
        let mut ready = Vec::new();
        for letter in self.outbox_letters() {
            if letter.job != *task.job.name || letter.webhook != hook {
                continue;
            }
            let at = brought
                .iter()
                .position(|written| written.letter.id == letter.id);
            let occasion = match at {
                Some(at) => Some(brought.remove(at).occasion),
                None if self.flying().insert(letter.id.clone()) => left.remove(&letter.id),
                None => continue,
            };
            ready.push(Ready { letter, occasion });
        }
        // What the outbox could not keep.
        ready.extend(brought.into_iter().map(|written| Ready {
            letter: written.letter,
            occasion: Some(written.occasion),
        }));
        ready
    }

    fn outbox_letters(&self) -> Vec<Letter> {
        let mut found = Vec::new();
        let read = self.outbox.change(&mut |text| {
            found = letter::read(text);
            text.to_owned()
        });
        read.map_or_else(|_| Vec::new(), |()| found)
    }

    /// Tells what became of a letter, and takes it out of the outbox unless it may arrive later.
    fn settle(&self, task: &Task, ready: &Ready, sent: Sent) {
        let Ready { letter, occasion } = ready;
        if !matches!(sent, Sent::Failed(..)) {
            // A letter that cannot be taken out arrives twice; its identifier tells.
            let _kept = self.change_letters(|letters| letters.retain(|one| one.id != letter.id));
        }
        self.flying().remove(&letter.id);
        let arrived = match sent {
            Sent::Arrived(tries) => Ok(tries),
            Sent::Refused(why) => Err(format!("{why}; it is not sent again")),
            // That was told after its first go.
            Sent::Failed(..) if occasion.is_none() => return,
            Sent::Failed(why, _) => Err(format!("{why}; it is kept and sent later")),
        };
        let words = occasion.map_or_else(
            || format!("what was kept since {}", letter.at),
            |occasion| occasion.word().to_owned(),
        );
        self.heard(&task.job, &task.webhook, &words, arrived);
    }

    /// Sends one letter; after a failure that may pass, so many times more.
    async fn send(&self, webhook: &Webhook, letter: &Letter, retries: u32) -> Sent {
        let mut failed = 0;
        loop {
            let token = match webhook
                .token
                .as_ref()
                .map(|source| self.office.token(source))
            {
                Some(Err(why)) => return Sent::Failed(why, Blame::Receiver),
                Some(Ok(token)) => Some(token),
                None => None,
            };
            let parcel = Parcel {
                url: &webhook.url,
                proxy: &webhook.proxy,
                headers: &webhook.headers,
                token,
                id: &letter.id,
                body: &letter.body,
                timeout: webhook.timeout,
            };
            let (why, after, blame) = match self.postman.post(parcel, self.clock.now()).await {
                Verdict::Delivered => return Sent::Arrived(failed + 1),
                Verdict::Refused { why } => return Sent::Refused(why),
                Verdict::Shut { why } => return Sent::Failed(why, Blame::Receiver),
                Verdict::Again { why, after, blame } => (why, after, blame),
            };
            failed += 1;
            let wait = pause(webhook.retries.delay, failed, rand::random(), after);
            let Some(wait) = wait.filter(|_| failed <= retries) else {
                let times = if failed == 1 {
                    String::new()
                } else {
                    format!(" ({failed} tries)")
                };
                return Sent::Failed(format!("{why}{times}"), blame);
            };
            self.clock.sleep(wait).await;
        }
    }
}
