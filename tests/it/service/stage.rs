//! A service with a clock, runs and receivers that do as a case says. Time passes only while everybody waits.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use jiff::Timestamp;
use rdpfix::clock::Clock;
use rdpfix::diag::Source;
use rdpfix::event::Recap;
use rdpfix::event::RunMode;
use rdpfix::job;
use rdpfix::job::JobFile;
use rdpfix::notify::occasion::occasions;
use rdpfix::service::Parts;
use rdpfix::service::Service;
use rdpfix::service::Wires;
use rdpfix::service::errand::Errand;
use rdpfix::service::errand::Executor;
use rdpfix::service::errand::Herald;
use rdpfix::service::errand::JobSource;
use rdpfix::service::errand::Journal;
use rdpfix::service::errand::LastEnd;
use rdpfix::service::errand::LastRun;
use rdpfix::service::errand::LeftOut;
use rdpfix::service::errand::Log;
use rdpfix::service::errand::NotBegun;
use rdpfix::service::errand::Notice;
use rdpfix::service::errand::Report;
use rdpfix::service::errand::Standing;
use rdpfix::service::said::Said;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::sync::watch;

/// What happens.
#[derive(Deserialize)]
pub(super) struct Case {
    start: Timestamp,
    jobs: String,
    /// When jobs were run last, and how they stood.
    #[serde(default)]
    last: BTreeMap<String, Before>,
    /// How the runs of a job go, one after the other; the last one goes for all others.
    #[serde(default)]
    runs: BTreeMap<String, Vec<Going>>,
    /// How long each message takes to be told, in seconds.
    #[serde(default)]
    telling: u64,
    /// How long runs are waited for at the end, in seconds.
    #[serde(default = "half_a_minute")]
    drain: u64,
    events: Vec<Happening>,
}

fn half_a_minute() -> u64 {
    30
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    started: Timestamp,
    #[serde(default)]
    good: Option<bool>,
    /// So many runs in a row never ended, that one included.
    #[serde(default)]
    unended: usize,
}

/// How a run goes. Hosts that nothing is said of are fine.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Going {
    /// Seconds.
    #[serde(default)]
    takes: u64,
    /// Goes on when it is told to stop.
    #[serde(default)]
    stubborn: bool,
    #[serde(default)]
    ok: usize,
    #[serde(default)]
    changed: usize,
    #[serde(default)]
    drifting: Vec<String>,
    /// Hosts that differ in what Group Policy owns.
    #[serde(default)]
    overridden: usize,
    #[serde(default)]
    failed: usize,
    #[serde(default)]
    left_out: Vec<String>,
    /// It cannot begin.
    #[serde(default)]
    broken: Option<String>,
    /// It panics.
    #[serde(default)]
    defect: bool,
}

/// What happens after so many seconds of real time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Happening {
    after: u64,
    /// The clock is set forward or back by so many seconds.
    #[serde(default)]
    clock: i64,
    /// The job file is replaced.
    jobs: Option<String>,
    /// Somebody asks for the file to be read.
    #[serde(default)]
    reload: bool,
    /// Somebody asks for a run of this job.
    run: Option<String>,
    /// Somebody asks for the end.
    #[serde(default)]
    stop: bool,
}

struct World {
    start: Timestamp,
    begin: tokio::time::Instant,
    skew: Mutex<SignedDuration>,
    jobs: Mutex<String>,
    is_new: Mutex<bool>,
    last: BTreeMap<String, LastRun>,
    standings: Mutex<BTreeMap<String, Standing>>,
    runs: Mutex<BTreeMap<String, Vec<Going>>>,
    telling: Duration,
    told: Mutex<String>,
    count: Mutex<usize>,
}

impl World {
    fn line(&self, at: Timestamp, job: Option<&str>, text: &str) {
        let job = job.map_or_else(String::new, |job| format!(" {job}:"));
        let at = at.round(jiff::Unit::Second).unwrap();
        writeln!(self.told.lock().unwrap(), "{at}{job} {text}").unwrap();
    }

    /// What a run is told besides its job.
    fn line_about(&self, errand: &Errand, at: Timestamp) {
        let mut text = String::new();
        if let Some(only) = &errand.only {
            write!(text, "> of {} only", only.join(", ")).unwrap();
        }
        if let Some(deadline) = errand.deadline {
            write!(text, "> within {} s", deadline.as_secs()).unwrap();
        }
        if !text.is_empty() {
            self.line(at, Some(&errand.job.name), &text);
        }
    }

    fn report(
        &self,
        errand: &Errand,
        going: &Going,
        (started, interrupted): (Timestamp, usize),
    ) -> Report {
        let number = {
            let mut count = self.count.lock().unwrap();
            *count += 1;
            *count
        };
        let until = self.now() + SignedDuration::from_mins(5);
        let left_out = going.left_out.iter().map(|host| LeftOut {
            host: host.as_str().into(),
            holder: "somebody".to_owned(),
            until,
        });
        let drifted = if errand.mode == RunMode::Check {
            going.drifting.len()
        } else {
            0
        } + going.overridden;
        Report {
            run: format!("R{number}"),
            playbook: "a.yml".to_owned(),
            mode: errand.mode,
            started,
            ended: self.now(),
            hosts: going.ok + drifted + going.failed,
            recap: Recap {
                ok: going.ok,
                changed: going.changed,
                drifted,
                failed: going.failed,
                interrupted,
                ..Recap::default()
            },
            exit_code: 0,
            shifts: Vec::new(),
            waived: 0,
            drifting: going
                .drifting
                .iter()
                .map(|host| host.as_str().into())
                .collect(),
            failures: Vec::new(),
            left_out: left_out.collect(),
        }
    }

    fn going(&self, job: &str) -> Going {
        let mut runs = self.runs.lock().unwrap();
        match runs.get_mut(job) {
            Some(goings) if goings.len() > 1 => goings.remove(0),
            Some(goings) => goings[0].clone(),
            None => Going::default(),
        }
    }
}

#[async_trait]
impl Clock for World {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.begin.elapsed()).unwrap();
        self.start + passed + *self.skew.lock().unwrap()
    }

    fn instant(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep_until(tokio::time::Instant::now() + duration).await;
    }
}

impl Log for World {
    fn say(&self, said: &Said) {
        self.line(said.at, said.job.as_deref(), &said.what.to_string());
    }
}

impl JobSource for World {
    fn name(&self) -> String {
        "jobs.yml".to_owned()
    }

    fn has_changed(&self) -> bool {
        std::mem::take(&mut self.is_new.lock().unwrap())
    }

    fn read(&self) -> Result<JobFile, String> {
        *self.is_new.lock().unwrap() = false;
        let source = Source {
            name: "jobs.yml".to_owned(),
            text: self.jobs.lock().unwrap().clone(),
            secret: false,
        };
        let (file, mistakes) = job::parse(&Arc::new(source));
        file.ok_or_else(|| mistakes[0].message.clone())
    }
}

impl Journal for World {
    fn last(&self, job: &str) -> Option<LastRun> {
        self.last.get(job).copied()
    }

    fn standing(&self, job: &str) -> Option<Standing> {
        self.standings.lock().unwrap().get(job).copied()
    }

    fn stands(&self, job: &str, standing: Standing) -> Result<(), String> {
        let mut standings = self.standings.lock().unwrap();
        let before = standings.insert(job.to_owned(), standing);
        assert_ne!(
            before,
            Some(standing),
            "{job}: what is known is noted again"
        );
        Ok(())
    }
}

impl Herald for World {
    fn tell(&self, notice: Notice) -> BoxFuture<'static, ()> {
        let words: Vec<&str> = occasions(&notice).iter().map(|one| one.word()).collect();
        if !words.is_empty() {
            let text = format!("> tells {}", words.join(", "));
            self.line(notice.at, Some(&notice.job.name), &text);
        }
        let telling = tokio::time::Instant::now() + self.telling;
        async move { tokio::time::sleep_until(telling).await }.boxed()
    }
}

#[async_trait]
impl Executor for World {
    async fn conclude(&self, job: &Arc<str>) -> Option<u8> {
        self.line(self.now(), Some(job), "> concludes");
        None
    }

    async fn run(
        &self,
        errand: Errand,
        mut stop: watch::Receiver<bool>,
    ) -> Result<Report, NotBegun> {
        let name = &*errand.job.name;
        let going = self.going(name);
        let started = self.now();
        self.line_about(&errand, started);
        assert!(!going.defect, "a defect");
        if let Some(why) = going.broken {
            return Err(NotBegun { why, exit_code: 6 });
        }
        let takes = Duration::from_secs(going.takes);
        let mut interrupted = 0;
        tokio::select! {
            () = self.sleep(takes) => {}
            _told = async { stop.wait_for(|stop| *stop).await.is_ok() }, if !going.stubborn => {
                // The call under way.
                self.sleep(Duration::from_secs(1)).await;
                interrupted = 1;
            }
        }
        Ok(self.report(&errand, &going, (started, interrupted)))
    }
}

fn known(before: &Before) -> LastRun {
    LastRun {
        started: before.started,
        end: match before.unended {
            0 => LastEnd::Over,
            1 => LastEnd::Never,
            _ => LastEnd::NeverAgain,
        },
    }
}

fn stood(before: &Before) -> Option<Standing> {
    let standing = |good| if good { Standing::Good } else { Standing::Bad };
    before.good.map(standing)
}

/// Plays a case; everything that was told.
pub(super) fn play(case: &Case) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(perform(case))
}

async fn perform(case: &Case) -> String {
    let last = case.last.iter();
    let last = last.map(|(job, before)| (job.clone(), known(before)));
    let standings = case.last.iter();
    let standings = standings.filter_map(|(job, before)| Some((job.clone(), stood(before)?)));
    let world = Arc::new(World {
        start: case.start,
        begin: tokio::time::Instant::now(),
        skew: Mutex::default(),
        jobs: Mutex::new(case.jobs.clone()),
        is_new: Mutex::default(),
        last: last.collect(),
        standings: Mutex::new(standings.collect()),
        runs: Mutex::new(case.runs.clone()),
        telling: Duration::from_secs(case.telling),
        told: Mutex::default(),
        count: Mutex::default(),
    });
    let parts = Parts {
        clock: Arc::<World>::clone(&world),
        executor: Arc::<World>::clone(&world),
        journal: Arc::<World>::clone(&world),
        herald: Arc::<World>::clone(&world),
        log: Arc::<World>::clone(&world),
    };
    let (service, asks) = Service::new(parts, Arc::<World>::clone(&world)).unwrap();
    let handle = service.handle();
    let (stop, stopped) = watch::channel(false);
    let (reload, reloads) = mpsc::channel(1);
    let wires = Wires {
        stop: stopped,
        reload: reloads,
        asks,
        drain: Duration::from_secs(case.drain),
    };
    let running = tokio::spawn(service.run(wires));
    for event in &case.events {
        let at = world.begin + Duration::from_secs(event.after);
        tokio::time::sleep_until(at).await;
        *world.skew.lock().unwrap() += SignedDuration::from_secs(event.clock);
        if let Some(jobs) = &event.jobs {
            world.jobs.lock().unwrap().clone_from(jobs);
            *world.is_new.lock().unwrap() = true;
        }
        if event.reload {
            reload.send(()).await.unwrap();
        }
        if let Some(job) = &event.run {
            let asked = handle.run_now(job);
            world.line(world.now(), Some(job), &format!("> asked for: {asked:?}"));
        }
        if event.stop {
            stop.send_replace(true);
        }
    }
    let ended = running.await.unwrap();
    world.line(world.now(), None, &format!("> {ended:?}"));
    let told = world.told.lock().unwrap();
    told.clone()
}
