//! Runs plays of wishes on machines and keeps what was told.

use async_trait::async_trait;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rdpfix::cim::CimError;
use rdpfix::cim::CimSession;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::connect::Connector;
use rdpfix::connect::Prover;
use rdpfix::diag::Source;
use rdpfix::diag::Span;
use rdpfix::event::Event;
use rdpfix::event::HostSummary;
use rdpfix::event::Recap;
use rdpfix::event::RunMode;
use rdpfix::event::TaskResult;
use rdpfix::event::Tolerated;
use rdpfix::inventory::Authentication;
use rdpfix::inventory::Defaults;
use rdpfix::inventory::Host;
use rdpfix::inventory::HostVars;
use rdpfix::inventory::Inventory;
use rdpfix::inventory::PasswordSource;
use rdpfix::inventory::Scheme;
use rdpfix::inventory::TlsTrust;
use rdpfix::inventory::WinRm;
use rdpfix::plan::Outcome;
use rdpfix::playbook::Action;
use rdpfix::playbook::Body;
use rdpfix::playbook::Library;
use rdpfix::playbook::Play;
use rdpfix::playbook::Rollout;
use rdpfix::playbook::Scope;
use rdpfix::playbook::Statement;
use rdpfix::playbook::Task;
use rdpfix::proof::Proof;
use rdpfix::proof::Stage;
use rdpfix::proof::Verdict;
use rdpfix::resource::AnyResource;
use rdpfix::runner::Consent;
use rdpfix::runner::Order;
use rdpfix::runner::Prepare;
use rdpfix::runner::Surroundings;
use rdpfix::runner::World;
use rdpfix::runner::rollout::Bounds;
use rdpfix::runner::run_with;
use rdpfix::secret::Secret;
use rdpfix::syntax::Node;
use rdpfix::waiver;
use rdpfix::waiver::Waivers;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::future::pending;
use std::ops::Range;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::watch;

use super::machine::Gauge;
use super::machine::Machine;
use super::machine::Session;
use super::script;
use super::script::mapping;
use super::wish::Manner;
use super::wish::SERVICE;
use super::wish::WISH;
use super::wish::Wish;
use super::wish::wish;

/// Everything a run needs, with plain defaults.
pub(crate) struct Rig {
    pub(crate) machines: Vec<(String, Result<Arc<Machine>, CimError>)>,
    pub(crate) tasks: Vec<(Wish, Vec<&'static str>)>,
    pub(crate) handlers: Vec<(&'static str, Wish)>,
    /// Hosts that do not let clients in, and how often.
    pub(crate) refuted: BTreeMap<String, usize>,
    /// Hosts where nothing answers clients, and how often.
    pub(crate) silent: BTreeMap<String, usize>,
    pub(crate) needs_facts: bool,
    pub(crate) forks: usize,
    pub(crate) host_timeout: Duration,
    pub(crate) bounds: Bounds,
    /// One play for each, all with the same tasks.
    pub(crate) rollouts: Vec<Rollout>,
    /// Which of the plays are about a host; all where nothing is said.
    pub(crate) parts: BTreeMap<String, Range<usize>>,
    /// Hosts that somebody else works on.
    pub(crate) left_out: usize,
    pub(crate) prove: bool,
    pub(crate) consent: Option<Arc<dyn Consent>>,
    pub(crate) connecting_hangs: bool,
    pub(crate) live: Arc<Gauge>,
    pub(crate) interrupt: watch::Sender<bool>,
    /// Plays that are written as YAML; those of wishes by hand when there are none.
    pub(crate) plays: Vec<Arc<Play>>,
    pub(crate) files: BTreeMap<&'static str, Vec<Statement>>,
    pub(crate) variables: BTreeMap<&'static str, &'static str>,
    pub(crate) verbosity: u8,
    /// A waiver file.
    pub(crate) waivers: String,
}

impl Default for Rig {
    fn default() -> Self {
        Self {
            machines: Vec::new(),
            tasks: Vec::new(),
            handlers: Vec::new(),
            refuted: BTreeMap::new(),
            silent: BTreeMap::new(),
            needs_facts: false,
            forks: 10,
            host_timeout: Duration::from_mins(10),
            bounds: Bounds::default(),
            rollouts: vec![Rollout::default()],
            parts: BTreeMap::new(),
            left_out: 0,
            prove: true,
            consent: None,
            connecting_hangs: false,
            live: Arc::default(),
            interrupt: watch::Sender::new(false),
            plays: Vec::new(),
            files: BTreeMap::new(),
            variables: BTreeMap::new(),
            verbosity: 0,
            waivers: String::new(),
        }
    }
}

/// What came of a run.
pub(crate) struct Story {
    pub(crate) events: Vec<Event>,
    pub(crate) recap: Recap,
}

impl Rig {
    /// One host, called `a`.
    pub(crate) fn on(machine: &Arc<Machine>) -> Self {
        Self::default().host("a", machine)
    }

    pub(crate) fn host(mut self, name: &str, machine: &Arc<Machine>) -> Self {
        self.machines
            .push((name.to_owned(), Ok(Arc::clone(machine))));
        self
    }

    pub(crate) fn dead_host(mut self, name: &str, error: CimError) -> Self {
        self.machines.push((name.to_owned(), Err(error)));
        self
    }

    pub(crate) fn task(self, wish: Wish) -> Self {
        self.notifying(wish, &[])
    }

    pub(crate) fn notifying(mut self, wish: Wish, handlers: &[&'static str]) -> Self {
        self.tasks.push((wish, handlers.to_vec()));
        self
    }

    pub(crate) fn handler(mut self, name: &'static str, wish: Wish) -> Self {
        self.handlers.push((name, wish));
        self
    }

    /// Adds a play that is written as YAML.
    pub(crate) fn play(mut self, text: &str) -> Self {
        self.plays.push(Arc::new(script::play(text)));
        self
    }

    /// Adds a waiver for a control on hosts, which ends so many days from now.
    pub(crate) fn waiver(mut self, control: &str, hosts: &str, days: i64) -> Self {
        let expires = today().saturating_add(days.days());
        writeln!(
            self.waivers,
            "- {{hosts: \"{hosts}\", control: {control}, owner: ops, reason: old, expires: {expires}}}"
        )
        .unwrap();
        self
    }

    fn resolved(&self) -> Waivers {
        let file = |name: &str, text: String| {
            Arc::new(Source {
                name: name.to_owned(),
                text,
                secret: false,
            })
        };
        let names = self.machines.iter().map(|(name, _)| format!("{name}: "));
        let names: Vec<String> = names.collect();
        let hosts = format!("all: {{hosts: {{{}}}}}", names.join(", "));
        let inventory = Inventory::parse(&file("hosts.yml", hosts), &Defaults::default());
        let sources = [file("waivers.yml", self.waivers.clone())];
        let (entries, mistakes) = waiver::read(&sources, today());
        let entries = entries.unwrap_or_else(|| panic!("{mistakes:?}"));
        let (waivers, mistakes) = waiver::resolve(&entries, &inventory.0.unwrap());
        assert!(mistakes.is_empty(), "{mistakes:?}");
        waivers
    }

    /// Adds a file of tasks that may be included.
    pub(crate) fn file(mut self, name: &'static str, text: &str) -> Self {
        self.files.insert(name, script::file(text));
        self
    }

    pub(crate) async fn check(&self) -> Story {
        self.run(RunMode::Check).await
    }

    pub(crate) async fn apply(&self) -> Story {
        self.run(RunMode::Apply).await
    }

    fn wishes(&self, rollout: &Rollout) -> Play {
        let tasks = self
            .tasks
            .iter()
            .map(|(wish, notify)| Statement::Task(Arc::new(task(wish.name, wish, notify))))
            .collect();
        let handlers = self
            .handlers
            .iter()
            .map(|(name, wish)| task(name, wish, &[]))
            .collect();
        Play {
            name: "the play".into(),
            hosts: "all".to_owned(),
            hosts_span: nowhere(),
            tags: Vec::new(),
            vars: BTreeMap::new(),
            prompts: Vec::new(),
            pre_tasks: Vec::new(),
            tasks,
            post_tasks: Vec::new(),
            handlers,
            prove: self.prove,
            needs_facts: self.needs_facts,
            rollout: rollout.clone(),
            force_handlers: false,
        }
    }

    fn all_plays(&self) -> Vec<Arc<Play>> {
        if !self.plays.is_empty() {
            return self.plays.clone();
        }
        let plays = self.rollouts.iter().map(|rollout| self.wishes(rollout));
        plays.map(Arc::new).collect()
    }

    fn world(&self, events: mpsc::Sender<Event>) -> World {
        World {
            connector: Arc::new(FakeConnector {
                machines: self.machines.iter().cloned().collect(),
                hangs: self.connecting_hangs,
                live: Arc::clone(&self.live),
            }),
            prover: Arc::new(FakeProver {
                refuted: Mutex::new(self.refuted.clone()),
                silent: Mutex::new(self.silent.clone()),
            }),
            clock: Arc::new(SystemClock),
            events,
            interrupted: self.interrupt.subscribe(),
        }
    }

    async fn run(&self, mode: RunMode) -> Story {
        let (events, mut incoming) = mpsc::channel(4);
        let reader = tokio::spawn(async move {
            let mut events = Vec::new();
            while let Some(event) = incoming.recv().await {
                events.push(event);
            }
            events
        });
        let world = self.world(events);
        let plays = self.all_plays();
        let hosts = self
            .machines
            .iter()
            .map(|(name, _)| {
                let part = self.parts.get(name).cloned().unwrap_or(0..plays.len());
                (Arc::new(host(name)), plays[part].to_vec())
            })
            .collect();
        let around = Surroundings {
            verbosity: self.verbosity,
            waivers: Arc::new(self.resolved()),
            ..Surroundings::default()
        };
        let order = Order {
            run: "01RUN".to_owned(),
            playbook: "play.yml".to_owned(),
            job: None,
            plays,
            hosts,
            extra: Arc::default(),
            left_out: self.left_out,
            mode,
            forks: self.forks,
            host_timeout: self.host_timeout,
            bounds: self.bounds,
            around: Arc::new(around),
            consent: self.consent.clone(),
        };
        let prepare = FakePrepare {
            files: self.files.clone(),
            variables: self.variables.clone(),
        };
        let recap = run_with(&world, &order, Arc::new(prepare)).await;
        drop(world);
        let events = reader.await.unwrap();
        Story { events, recap }
    }
}

impl Story {
    pub(crate) fn results(&self) -> Vec<&TaskResult> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::Result(result) => Some(result),
                _ => None,
            })
            .collect()
    }

    /// `name [item]: compliant` for each result, with what was said and what follows from a failure.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.results()
            .iter()
            .map(|result| {
                let item = result.item.as_ref().map(|item| format!(" [{item}]"));
                let tries = (result.attempts > 1).then(|| format!(" x{}", result.attempts));
                let tolerated = match result.tolerated {
                    Tolerated::No => "",
                    Tolerated::Ignored => " (ignored)",
                    Tolerated::Rescued => " (rescued)",
                };
                let said = result
                    .message
                    .as_ref()
                    .map(|message| format!(" \"{message}\""));
                format!(
                    "{}{}: {}{}{tolerated}{}",
                    result.task,
                    item.unwrap_or_default(),
                    word(&result.outcome),
                    tries.unwrap_or_default(),
                    said.unwrap_or_default()
                )
            })
            .collect()
    }

    /// `name: compliant` for each result, in order.
    pub(crate) fn outcomes(&self) -> Vec<String> {
        self.results()
            .iter()
            .map(|result| format!("{}: {}", result.task, word(&result.outcome)))
            .collect()
    }

    pub(crate) fn hosts(&self) -> Vec<&HostSummary> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::HostEnd(summary) => Some(summary),
                _ => None,
            })
            .collect()
    }

    #[track_caller]
    pub(crate) fn host(&self, name: &str) -> &HostSummary {
        let mut hosts = self.hosts().into_iter();
        hosts.find(|host| &*host.host == name).unwrap()
    }
}

/// The day in UTC.
fn today() -> Date {
    SystemClock.now().to_zoned(TimeZone::UTC).date()
}

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Compliant => "compliant".to_owned(),
        Outcome::Drifted(_) => "drifted".to_owned(),
        Outcome::Changed(_) => "changed".to_owned(),
        Outcome::Overridden(_) => "overridden".to_owned(),
        Outcome::Unconverged { .. } => "unconverged".to_owned(),
        Outcome::Failed(_) => "failed".to_owned(),
        Outcome::Skipped(reason) => format!("skipped {reason:?}"),
        Outcome::Unknown(unknown) => format!("unknown {:?}", unknown.depends_on),
    }
}

fn task(name: &str, wish: &Wish, notify: &[&'static str]) -> Task {
    let kind = match wish.manner {
        Manner::Restart => &SERVICE,
        _ => &WISH,
    };
    let body = Body::Fixed(Arc::new(wish.clone()));
    Task {
        notify: notify.iter().map(|name| (*name).to_owned()).collect(),
        ..Task::plain(name, Action::Resource { kind, body }, nowhere())
    }
}

fn nowhere() -> Span {
    Span {
        source: Arc::new(Source {
            name: "play.yml".to_owned(),
            text: String::new(),
            secret: false,
        }),
        start: 0,
        end: 0,
    }
}

pub(crate) fn host(name: &str) -> Host {
    Host {
        name: name.into(),
        address: name.to_owned(),
        winrm: WinRm {
            port: 5986,
            scheme: Scheme::Https,
            path: "/wsman".to_owned(),
            user: "admin".to_owned(),
            password: Secret::new("hunter2"),
            password_source: PasswordSource::Stated,
            scheme_of_authentication: Authentication::Ntlm,
            trust: TlsTrust::System,
            operation_timeout: None,
            obstacle: None,
        },
        rdp_port: 3389,
        rdp_gateway: None,
        vars: HostVars::default(),
    }
}

struct FakePrepare {
    files: BTreeMap<&'static str, Vec<Statement>>,
    variables: BTreeMap<&'static str, &'static str>,
}

impl Prepare for FakePrepare {
    fn resource(&self, task: &Task, scope: &Scope<'_>) -> Result<Arc<dyn AnyResource>, CimError> {
        let Action::Resource { body, .. } = &task.action else {
            panic!("{} is no resource", task.name);
        };
        match body {
            Body::Fixed(resource) => Ok(Arc::clone(resource)),
            Body::Templated { node, .. } => {
                let wanted = scope
                    .json(task, node)
                    .map_err(|mistake| CimError::Configuration {
                        detail: mistake.message,
                        remedy: String::new(),
                    })?;
                let name = wanted["name"].as_str().unwrap().to_owned();
                let value = wanted["value"].as_u64().unwrap();
                // Wishes have names that live as long as the test.
                let wish = wish(name.leak(), u32::try_from(value).unwrap());
                Ok(Arc::new(wish))
            }
        }
    }

    fn restart(&self, service: &'static str) -> Arc<dyn AnyResource> {
        Arc::new(wish(service, 0).manner(Manner::Restart))
    }

    fn statements(&self, _: &Library, file: &str) -> Result<Arc<Vec<Statement>>, CimError> {
        let found = self.files.get(file).cloned();
        found.map(Arc::new).ok_or_else(|| missing(file))
    }

    fn variables(&self, _: &Library, file: &str) -> Result<Arc<BTreeMap<String, Node>>, CimError> {
        let text = self.variables.get(file).ok_or_else(|| missing(file))?;
        Ok(Arc::new(mapping(text)))
    }
}

fn missing(file: &str) -> CimError {
    CimError::Configuration {
        detail: format!("there is no file `{file}`"),
        remedy: String::new(),
    }
}

struct FakeConnector {
    machines: BTreeMap<String, Result<Arc<Machine>, CimError>>,
    hangs: bool,
    live: Arc<Gauge>,
}

#[async_trait]
impl Connector for FakeConnector {
    async fn connect(&self, host: &Host) -> Result<Arc<dyn CimSession>, CimError> {
        if self.hangs {
            pending::<()>().await;
        }
        let machine = self.machines.get(&*host.name).unwrap().clone()?;
        machine.sessions_open.fetch_add(1, Ordering::SeqCst);
        let now = self.live.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.live.peak.fetch_max(now, Ordering::SeqCst);
        let live = Arc::clone(&self.live);
        Ok(Arc::new(Session { machine, live }))
    }
}

struct FakeProver {
    refuted: Mutex<BTreeMap<String, usize>>,
    silent: Mutex<BTreeMap<String, usize>>,
}

#[async_trait]
impl Prover for FakeProver {
    async fn prove(&self, host: &Host) -> Proof {
        let once_less = |times: &Mutex<BTreeMap<String, usize>>| {
            let mut times = times.lock().unwrap();
            let left = times.entry(host.name.to_string()).or_default();
            let is_left = *left > 0;
            *left -= usize::from(is_left);
            is_left
        };
        let verdict = if once_less(&self.silent) {
            Verdict::Refuted {
                stage: Stage::Connect,
                id: "no-answer",
                reason: "nothing answers".to_owned(),
            }
        } else if once_less(&self.refuted) {
            Verdict::Refuted {
                stage: Stage::Tls,
                id: "cert-expired",
                reason: "the certificate has expired".to_owned(),
            }
        } else {
            Verdict::Proven
        };
        Proof {
            verdict,
            selected: Some("nla"),
            certificate: None,
            stages: Vec::new(),
        }
    }

    async fn answers(&self, _host: &Host, _port: u16, _within: Duration) -> bool {
        true
    }
}
