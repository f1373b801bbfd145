//! One look at a host: a [`CimReader`] that sends equal questions once and asks for several services in one query.
//!
//! A pass is valid until something is written; then a fresh one is begun.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use crate::cim::Answer;
use crate::cim::Blame;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Filter;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Query;
use crate::cim::Read;

const SERVICE_CLASS: &str = "Win32_Service";
const SERVICE_KEY: &str = "Name";
/// A query for several costs two requests, one after the other; two services cost two that may go side by side.
const WORTH_MERGING: usize = 3;

type Cell<T> = Arc<OnceCell<Result<T, CimError>>>;

/// One look at a host.
pub(super) struct Pass {
    host: Arc<dyn CimReader>,
    answers: Mutex<HashMap<Read, Cell<Answer>>>,
    /// Services that were asked for and whose query is not sent yet.
    open: Mutex<Arc<Round>>,
}

/// Services that are asked for together.
#[derive(Default)]
struct Round {
    /// By lower-case name, in the spelling of whoever asked first.
    names: Mutex<BTreeMap<String, String>>,
    answer: OnceCell<Result<Found, CimError>>,
}

/// What a round found.
enum Found {
    /// Too few services were asked for, so nothing was merged.
    Alone,
    /// By lower-case name.
    Services(HashMap<String, Instance>),
}

impl Pass {
    /// Begins a look.
    pub(super) fn new(host: Arc<dyn CimReader>) -> Self {
        Self {
            host,
            answers: Mutex::default(),
            open: Mutex::default(),
        }
    }

    async fn ask(&self, read: &Read) -> Result<Answer, CimError> {
        match service_name(read) {
            Some(name) => self.service(read, name).await,
            None => self.host.read(read).await,
        }
    }

    async fn service(&self, read: &Read, name: &str) -> Result<Answer, CimError> {
        let folded = name.to_lowercase();
        let round = {
            let open = locked(&self.open);
            locked(&open.names)
                .entry(folded.clone())
                .or_insert_with(|| name.to_owned());
            Arc::clone(&open)
        };
        // All resources that look at the same time put their questions before any of them goes on.
        tokio::task::yield_now().await;
        match round.answer.get_or_init(|| self.close(&round)).await {
            Ok(Found::Services(found)) => Ok(Answer::Instance(found.get(&folded).cloned())),
            Ok(Found::Alone) => self.host.read(read).await,
            // Listing services needs another right than looking at one.
            Err(error) if error.blame() == Blame::Refusal => self.host.read(read).await,
            Err(error) => Err(error.clone()),
        }
    }

    /// Sends a round's query; whoever comes later opens another round.
    async fn close(&self, round: &Arc<Round>) -> Result<Found, CimError> {
        {
            let mut open = locked(&self.open);
            if Arc::ptr_eq(&open, round) {
                *open = Arc::default();
            }
        }
        let values: Vec<String> = locked(&round.names).values().cloned().collect();
        if values.len() < WORTH_MERGING {
            return Ok(Found::Alone);
        }
        let query = Query {
            namespace: Namespace::CIMV2,
            class: SERVICE_CLASS.to_owned(),
            filter: Filter::OneOf {
                property: SERVICE_KEY.to_owned(),
                values,
            },
        };
        let instances = self.host.as_ref().query(query).await?;
        let mut services = HashMap::with_capacity(instances.len());
        for instance in instances {
            services.insert(instance.text(SERVICE_KEY)?.to_lowercase(), instance);
        }
        Ok(Found::Services(services))
    }
}

#[async_trait]
impl CimReader for Pass {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        let cell = Arc::clone(locked(&self.answers).entry(read.clone()).or_default());
        cell.get_or_init(|| self.ask(read)).await.clone()
    }
}

/// The service that is asked for, when the question is for one service by its name and nothing else.
fn service_name(read: &Read) -> Option<&str> {
    let Read::Get(ObjectPath {
        namespace,
        class,
        keys,
    }) = read
    else {
        return None;
    };
    let fits = *namespace == Namespace::CIMV2
        && class.eq_ignore_ascii_case(SERVICE_CLASS)
        && keys.len() == 1;
    keys.get(SERVICE_KEY).filter(|_| fits).map(String::as_str)
}

/// A panic elsewhere leaves no half-made state behind in these maps.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
