//! A host that is a map of numbers, and the session to it.

use async_trait::async_trait;
use jiff::Timestamp;
use rdpfix::cim::Answer;
use rdpfix::cim::Call;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession;
use rdpfix::cim::Filter;
use rdpfix::cim::Instance;
use rdpfix::cim::Namespace;
use rdpfix::cim::Read;
use rdpfix::cim::RegistryData;
use rdpfix::cim::Traffic;
use rdpfix::cim::Value;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
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
    /// Names that something else sets to this as soon as they are changed.
    pub(crate) turns: BTreeMap<&'static str, u32>,
    /// Names of which nobody ever hears.
    pub(crate) hangs: BTreeSet<&'static str>,
    /// Classes that may not be listed.
    pub(crate) refuses_queries: bool,
    pub(crate) read_only: bool,
    pub(crate) call_takes: Duration,
    calls_now: AtomicUsize,
    /// Most calls that were ever under way at once.
    pub(crate) most_calls: AtomicUsize,
    pub(crate) sessions_open: AtomicUsize,
    pub(crate) sessions_closed: AtomicUsize,
    /// How often it was told to reboot.
    pub(crate) reboots: AtomicUsize,
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

    /// When it was started: a day later each time.
    fn booted(&self) -> Timestamp {
        let days = i64::try_from(self.reboots.load(Ordering::SeqCst)).unwrap();
        Timestamp::from_second((days + 1) * 86_400).unwrap()
    }

    fn service(name: &str) -> Instance {
        Instance::new(Namespace::CIMV2, "Win32_Service")
            .with("Name", name)
            .with("State", "Running")
    }

    fn instances(&self, class: &str) -> Vec<Instance> {
        let one = Instance::new(Namespace::CIMV2, class);
        match class {
            "Win32_OperatingSystem" => vec![
                one.with("CSName", "HOST")
                    .with("Caption", "Windows")
                    .with("Version", "10.0.20348")
                    .with("BuildNumber", "20348")
                    .with("ProductType", 3_u32)
                    .with("LastBootUpTime", Value::DateTime(self.booted())),
            ],
            "Win32_ComputerSystem" => vec![one.with("PartOfDomain", true).with("Domain", "corp")],
            _ => Vec::new(),
        }
    }
}

pub(crate) struct Session {
    pub(crate) machine: Arc<Machine>,
    pub(crate) live: Arc<Gauge>,
}

/// Counts what is alive, and the most that ever was.
#[derive(Default)]
pub(crate) struct Gauge {
    pub(crate) now: AtomicUsize,
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
                _ => Ok(Answer::Instances(self.machine.instances(&query.class))),
            },
            other => panic!("nobody asks {other}"),
        }
    }
}

#[async_trait]
impl CimSession for Session {
    async fn invoke(&self, call: &Call) -> Result<(), CimError> {
        assert!(!self.machine.read_only, "{call} in check mode");
        if let Call::Method {
            method: "Win32ShutdownTracker",
            ..
        } = call
        {
            self.machine.reboots.fetch_add(1, Ordering::SeqCst);
            return Ok(());
        }
        let Call::SetRegistry {
            name,
            data: RegistryData::Dword(value),
            ..
        } = call
        else {
            panic!("nobody sends {call}");
        };
        self.machine.begun.send_replace(true);
        let now = self.machine.calls_now.fetch_add(1, Ordering::SeqCst) + 1;
        self.machine.most_calls.fetch_max(now, Ordering::SeqCst);
        SystemClock.sleep(self.machine.call_takes).await;
        self.machine.calls_now.fetch_sub(1, Ordering::SeqCst);
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
            let turned = self.machine.turns.get(name.as_str());
            let mut values = self.machine.values.lock().unwrap();
            values.insert(name.clone(), *turned.unwrap_or(value));
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
