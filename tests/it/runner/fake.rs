//! Hosts that are a map of numbers, resources that want a number to be another, and a rig that runs plays on them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use rdpfix::cim::Answer;
use rdpfix::cim::Call;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession;
use rdpfix::cim::Filter;
use rdpfix::cim::Instance;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Read;
use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKey;
use rdpfix::cim::RegistryKind;
use rdpfix::cim::RegistryPath;
use rdpfix::cim::Traffic;
use rdpfix::cim::Value;
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
use rdpfix::inventory::Authentication;
use rdpfix::inventory::Host;
use rdpfix::inventory::Scheme;
use rdpfix::inventory::TlsTrust;
use rdpfix::inventory::WinRm;
use rdpfix::plan::Change;
use rdpfix::plan::Disruption;
use rdpfix::plan::Layer;
use rdpfix::plan::Outcome;
use rdpfix::plan::Remedy;
use rdpfix::plan::Step;
use rdpfix::playbook::Body;
use rdpfix::playbook::Play;
use rdpfix::playbook::Prepared;
use rdpfix::playbook::Scope;
use rdpfix::playbook::Task;
use rdpfix::proof::Proof;
use rdpfix::proof::Stage;
use rdpfix::proof::Verdict;
use rdpfix::resource::AnyResource;
use rdpfix::resource::Kind;
use rdpfix::resource::Observation;
use rdpfix::runner::Order;
use rdpfix::runner::Prepare;
use rdpfix::runner::World;
use rdpfix::runner::run_with;
use rdpfix::secret::Secret;
use tokio::sync::mpsc;
use tokio::sync::watch;

/// A host: numbers by name, and how it misbehaves.
#[derive(Default)]
pub(crate) struct Machine {
    pub(crate) values: Mutex<BTreeMap<String, u32>>,
    pub(crate) calls: Mutex<Vec<String>>,
    pub(crate) reads: Mutex<Vec<String>>,
    /// Names whose change is denied.
    pub(crate) refuses: BTreeSet<&'static str>,
    /// Names whose change is accepted and forgotten.
    pub(crate) forgets: BTreeSet<&'static str>,
    /// Names of which nobody ever hears.
    pub(crate) hangs: BTreeSet<&'static str>,
    /// Classes that may not be listed.
    pub(crate) refuses_queries: bool,
    pub(crate) read_only: bool,
    pub(crate) call_takes: Duration,
    pub(crate) sessions_open: AtomicUsize,
    pub(crate) sessions_closed: AtomicUsize,
    /// Becomes true when a call begins.
    pub(crate) begun: watch::Sender<bool>,
}

impl Machine {
    pub(crate) fn with(values: &[(&str, u32)]) -> Self {
        let values = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect();
        Self {
            values: Mutex::new(values),
            ..Self::default()
        }
    }

    pub(crate) fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    pub(crate) fn reads(&self) -> Vec<String> {
        self.reads.lock().unwrap().clone()
    }

    pub(crate) fn get(&self, name: &str) -> Option<u32> {
        self.values.lock().unwrap().get(name).copied()
    }

    fn service(name: &str) -> Instance {
        Instance::new(Namespace::CIMV2, "Win32_Service")
            .with("Name", name)
            .with("State", "Running")
    }

    fn instances(class: &str) -> Vec<Instance> {
        let one = Instance::new(Namespace::CIMV2, class);
        match class {
            "Win32_OperatingSystem" => vec![
                one.with("CSName", "HOST")
                    .with("Caption", "Windows")
                    .with("Version", "10.0.20348")
                    .with("BuildNumber", "20348")
                    .with("ProductType", 3_u32),
            ],
            "Win32_ComputerSystem" => vec![one.with("PartOfDomain", true).with("Domain", "corp")],
            _ => Vec::new(),
        }
    }
}

struct Session {
    machine: Arc<Machine>,
    live: Arc<Gauge>,
}

/// Counts what is alive, and the most that ever was.
#[derive(Default)]
pub(crate) struct Gauge {
    now: AtomicUsize,
    pub(crate) peak: AtomicUsize,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.live.now.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl CimReader for Session {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        self.machine.reads.lock().unwrap().push(read.to_string());
        tokio::task::yield_now().await;
        match read {
            Read::Registry(path) => {
                if self.machine.hangs.contains(path.name.as_str()) {
                    pending::<()>().await;
                }
                let value = self.machine.get(&path.name);
                Ok(Answer::Registry(value.map(RegistryData::Dword)))
            }
            Read::Get(path) => {
                let name = path.keys.get("Name").unwrap();
                let known = name != "NoSuchService";
                Ok(Answer::Instance(known.then(|| Machine::service(name))))
            }
            Read::Query(query) => match &query.filter {
                Filter::OneOf { .. } if self.machine.refuses_queries => Err(CimError::Denied {
                    operation: read.to_string(),
                }),
                Filter::OneOf { values, .. } => Ok(Answer::Instances(
                    values
                        .iter()
                        .filter(|name| *name != "NoSuchService")
                        .map(|name| Machine::service(name))
                        .collect(),
                )),
                _ => Ok(Answer::Instances(Machine::instances(&query.class))),
            },
            other => panic!("nobody asks {other}"),
        }
    }
}

#[async_trait]
impl CimSession for Session {
    async fn invoke(&self, call: &Call) -> Result<(), CimError> {
        assert!(!self.machine.read_only, "{call} in check mode");
        let Call::SetRegistry {
            name,
            data: RegistryData::Dword(value),
            ..
        } = call
        else {
            panic!("nobody sends {call}");
        };
        self.machine.begun.send_replace(true);
        SystemClock.sleep(self.machine.call_takes).await;
        self.machine
            .calls
            .lock()
            .unwrap()
            .push(format!("{name}={value}"));
        if self.machine.refuses.contains(name.as_str()) {
            return Err(CimError::Denied {
                operation: name.clone(),
            });
        }
        if !self.machine.forgets.contains(name.as_str()) {
            let mut values = self.machine.values.lock().unwrap();
            values.insert(name.clone(), *value);
        }
        Ok(())
    }

    fn traffic(&self) -> Traffic {
        Traffic {
            requests: u64::try_from(self.machine.reads().len()).unwrap(),
            connections: 1,
            ..Traffic::default()
        }
    }

    async fn close(&self) {
        self.machine.sessions_closed.fetch_add(1, Ordering::SeqCst);
    }
}

/// What a wish is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// A number is set.
    Set,
    /// A number is set, then another one that is refused.
    Twice(&'static str),
    /// Group Policy owns it.
    Policy,
    /// A person has to act.
    Manual,
    /// A number is set, and waited for for ten seconds.
    Await(&'static str),
    /// Looks at a service and never wants anything.
    Service,
    /// Panics when it looks.
    Panic,
    /// Is a restart: each time, the number grows by one.
    Restart,
}

/// Wants a number to be another.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) name: &'static str,
    pub(crate) value: u32,
    pub(crate) manner: Manner,
    pub(crate) restart: Option<&'static str>,
}

pub(crate) fn wish(name: &'static str, value: u32) -> Wish {
    Wish {
        name,
        value,
        manner: Manner::Set,
        restart: None,
    }
}

impl Wish {
    pub(crate) fn manner(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }

    pub(crate) fn restarting(mut self, service: &'static str) -> Self {
        self.restart = Some(service);
        self
    }

    fn remedy(&self, from: Option<u32>) -> Remedy {
        let undo = from.map(|old| set(self.name, old)).into_iter().collect();
        let apply = match self.manner {
            Manner::Policy => {
                return Remedy::OwnedByPolicy {
                    setting: r"HKLM\SOFTWARE\Policies".to_owned(),
                };
            }
            Manner::Manual => {
                return Remedy::Manual {
                    advice: "call the vendor".to_owned(),
                };
            }
            Manner::Twice(second) => vec![set(self.name, self.value), set(second, 1)],
            Manner::Await(other) => vec![
                set(self.name, self.value),
                Step::Await {
                    read: Read::Registry(path(other)),
                    until: rdpfix::plan::Until::RegistryOtherThan(None),
                    within: Duration::from_secs(10),
                },
            ],
            Manner::Restart => vec![set(self.name, from.unwrap_or_default() + 1)],
            Manner::Set | Manner::Service | Manner::Panic => vec![set(self.name, self.value)],
        };
        Remedy::Steps { apply, undo }
    }

    fn change(&self, from: Option<u32>) -> Change {
        let restart = self.manner == Manner::Restart;
        Change {
            property: if restart { "state" } else { self.name },
            from: from.map_or(Value::Null, Value::from),
            to: self.value.into(),
            decided_by: Layer::Local,
            remedy: self.remedy(from),
            disruption: if restart {
                Disruption::RestartsService
            } else {
                Disruption::Harmless
            },
            restart: self.restart,
        }
    }
}

fn path(name: &str) -> RegistryPath {
    RegistryKey::local_machine("Fake").value(name, RegistryKind::Dword)
}

fn set(name: &str, value: u32) -> Step {
    Step::Call(Call::SetRegistry {
        key: RegistryKey::local_machine("Fake"),
        name: name.to_owned(),
        data: RegistryData::Dword(value),
    })
}

fn number(observed: &Observation) -> Option<u32> {
    *observed.downcast_ref::<Option<u32>>().unwrap()
}

#[async_trait]
impl AnyResource for Wish {
    fn kind(&self) -> &'static str {
        "wish"
    }

    fn id(&self) -> String {
        self.name.to_owned()
    }

    async fn observe(&self, host: &dyn CimReader) -> Result<Observation, CimError> {
        assert!(self.manner != Manner::Panic, "looked too closely");
        if self.manner == Manner::Service {
            let path = ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", self.name);
            let found = host.get(path).await?;
            assert_eq!(found.is_some(), self.name != "NoSuchService");
            return Ok(Box::new(Some(self.value)));
        }
        match host.registry(path(self.name)).await? {
            Some(RegistryData::Dword(value)) => Ok(Box::new(Some(value))),
            _ => Ok(Box::new(None::<u32>)),
        }
    }

    fn diff(&self, observed: &Observation) -> Result<Vec<Change>, CimError> {
        let seen = number(observed);
        let differs = seen != Some(self.value) || self.manner == Manner::Restart;
        Ok(differs.then(|| self.change(seen)).into_iter().collect())
    }

    fn verify(&self, before: &Observation, after: &Observation) -> Result<Vec<Change>, CimError> {
        if self.manner == Manner::Restart {
            let unchanged = number(before) == number(after);
            return Ok(unchanged
                .then(|| self.change(number(after)))
                .into_iter()
                .collect());
        }
        self.diff(after)
    }
}

pub(crate) static WISH: Kind = Kind {
    name: "wish",
    about: "",
    example: "",
    properties: &[],
    parse: |_| None,
};

pub(crate) static SERVICE: Kind = Kind {
    name: "service",
    about: "",
    example: "",
    properties: &[],
    parse: |_| None,
};

/// Everything a run needs, with plain defaults.
pub(crate) struct Rig {
    pub(crate) machines: Vec<(String, Result<Arc<Machine>, CimError>)>,
    pub(crate) tasks: Vec<(Wish, Vec<&'static str>)>,
    pub(crate) handlers: Vec<(&'static str, Wish)>,
    /// Hosts that do not let clients in, and how often.
    pub(crate) refuted: BTreeMap<String, usize>,
    pub(crate) needs_facts: bool,
    pub(crate) forks: usize,
    pub(crate) host_timeout: Duration,
    pub(crate) connecting_hangs: bool,
    pub(crate) live: Arc<Gauge>,
    pub(crate) interrupt: watch::Sender<bool>,
    pub(crate) skipped: BTreeSet<&'static str>,
}

impl Default for Rig {
    fn default() -> Self {
        Self {
            machines: Vec::new(),
            tasks: Vec::new(),
            handlers: Vec::new(),
            refuted: BTreeMap::new(),
            needs_facts: false,
            forks: 10,
            host_timeout: Duration::from_mins(10),
            connecting_hangs: false,
            live: Arc::default(),
            interrupt: watch::Sender::new(false),
            skipped: BTreeSet::new(),
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

    pub(crate) async fn check(&self) -> Story {
        self.run(RunMode::Check).await
    }

    pub(crate) async fn apply(&self) -> Story {
        self.run(RunMode::Apply).await
    }

    fn play(&self) -> Play {
        let tasks = self
            .tasks
            .iter()
            .map(|(wish, notify)| task(wish.name, wish, notify))
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
            vars: BTreeMap::new(),
            tasks,
            handlers,
            prove: true,
            needs_facts: self.needs_facts,
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
        let world = World {
            connector: Arc::new(FakeConnector {
                machines: self.machines.iter().cloned().collect(),
                hangs: self.connecting_hangs,
                live: Arc::clone(&self.live),
            }),
            prover: Arc::new(FakeProver {
                refuted: Mutex::new(self.refuted.clone()),
            }),
            clock: Arc::new(SystemClock),
            events,
            interrupted: self.interrupt.subscribe(),
        };
        let play = Arc::new(self.play());
        let hosts = self
            .machines
            .iter()
            .map(|(name, _)| (Arc::new(host(name)), vec![Arc::clone(&play)]))
            .collect();
        let order = Order {
            run: "01RUN".to_owned(),
            playbook: "play.yml".to_owned(),
            hosts,
            extra: Arc::default(),
            mode,
            forks: self.forks,
            host_timeout: self.host_timeout,
        };
        let prepare = FakePrepare {
            wishes: self
                .tasks
                .iter()
                .map(|(wish, _)| (wish.name, wish.clone()))
                .chain(self.handlers.iter().cloned())
                .collect(),
            skipped: self.skipped.clone(),
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

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Compliant => "compliant".to_owned(),
        Outcome::Drifted(_) => "drifted".to_owned(),
        Outcome::Changed(_) => "changed".to_owned(),
        Outcome::Overridden(_) => "overridden".to_owned(),
        Outcome::Unconverged(_) => "unconverged".to_owned(),
        Outcome::Failed(_) => "failed".to_owned(),
        Outcome::Skipped(reason) => format!("skipped {reason:?}"),
    }
}

fn task(name: &str, wish: &Wish, notify: &[&'static str]) -> Task {
    let kind = match wish.manner {
        Manner::Restart => &SERVICE,
        _ => &WISH,
    };
    Task {
        name: name.into(),
        kind,
        when: Vec::new(),
        body: Body::Fixed(Arc::new(wish.clone())),
        tags: Vec::new(),
        notify: notify.iter().map(|name| (*name).to_owned()).collect(),
        span: nowhere(),
    }
}

fn nowhere() -> Span {
    Span {
        source: Arc::new(Source {
            name: "play.yml".to_owned(),
            text: String::new(),
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
            scheme_of_authentication: Authentication::Ntlm,
            trust: TlsTrust::System,
            operation_timeout: None,
        },
        rdp_port: 3389,
        vars: BTreeMap::new(),
    }
}

struct FakePrepare {
    wishes: BTreeMap<&'static str, Wish>,
    skipped: BTreeSet<&'static str>,
}

impl Prepare for FakePrepare {
    fn task(&self, task: &Task, scope: &Scope<'_>) -> Result<Prepared, CimError> {
        if self.skipped.contains(&*task.name) {
            let build = scope.facts.map(|facts| facts.build);
            return Ok(Prepared::Skipped(format!("build is {build:?}")));
        }
        let wish = self.wishes.get(&*task.name).unwrap().clone();
        Ok(Prepared::Resource(Arc::new(wish)))
    }

    fn restart(&self, service: &'static str) -> Result<Arc<dyn AnyResource>, CimError> {
        Ok(Arc::new(wish(service, 0).manner(Manner::Restart)))
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
}

#[async_trait]
impl Prover for FakeProver {
    async fn prove(&self, host: &Host) -> Proof {
        let mut refuted = self.refuted.lock().unwrap();
        let left = refuted.entry(host.name.to_string()).or_default();
        let verdict = if *left > 0 {
            *left -= 1;
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
}
