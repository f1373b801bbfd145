//! Which requests a question is made of. Nothing here changes a host.

use crate::cim::Answer;
use crate::cim::CimError;
use crate::cim::Instance;
use crate::cim::ObjectPath;
use crate::cim::Question;
use crate::cim::Read;
use crate::cim::Value;
use crate::session::events;
use crate::session::fault;
use crate::session::registry;
use crate::session::winrm::Effect;
use crate::session::winrm::WinRmSession;
use crate::wsman::Enumeration;
use crate::wsman::Request;
use crate::wsman::Response;

/// As many as Windows' own clients ask for at a time; the host cuts it down to what it likes.
const MAX_ELEMENTS: u32 = 32_000;
/// An honest host has ended long before.
const MOST_PAGES: usize = 2_000;
/// Neither does an honest host have more services, rules or adapters than this.
const MOST_INSTANCES: usize = 100_000;

/// Answers a question with the variant of [`Answer`] that [`Read`] names for it.
pub(super) async fn read(session: &WinRmSession, read: &Read) -> Result<Answer, CimError> {
    let operation = read.to_string();
    match read {
        Read::Query(query) => {
            let of = Enumeration::Query(query.clone());
            enumerate(session, &operation, &of)
                .await
                .map(Answer::Instances)
        }
        Read::Associated(association) => {
            let of = Enumeration::Associated(association.clone());
            enumerate(session, &operation, &of)
                .await
                .map(Answer::Instances)
        }
        Read::Get(path) => get(session, &operation, path).await.map(Answer::Instance),
        Read::Registry(path) => registry::value(session, path).await.map(Answer::Registry),
        Read::SubKeys(key) => registry::sub_keys(session, key).await.map(Answer::SubKeys),
        Read::ValueTypes(key) => registry::value_types(session, key)
            .await
            .map(Answer::ValueTypes),
        Read::Ask(question) => ask(session, &operation, question).await.map(Answer::Output),
        Read::Events(query) => events::read(session, query).await.map(Answer::Events),
    }
}

async fn get(
    session: &WinRmSession,
    operation: &str,
    path: &ObjectPath,
) -> Result<Option<Instance>, CimError> {
    let request = Request::Get(path.clone());
    match session.request(operation, Effect::Reads, &request).await {
        Ok(Response::Instance(instance)) => Ok(Some(instance)),
        Ok(_) => Err(session.topic(operation).not_wsman("no object")),
        Err(error) if fault::is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Calls a method that changes nothing, so that it may be sent again when its answer was lost.
async fn ask(
    session: &WinRmSession,
    operation: &str,
    question: &Question,
) -> Result<Vec<(String, Value)>, CimError> {
    if !question.only_tells() {
        return Err(CimError::Broken {
            promise: format!("`{question}` changes nothing"),
        });
    }
    let request = Request::Invoke {
        target: question.target.clone(),
        method: question.method.to_owned(),
        arguments: question.values(),
    };
    match session.request(operation, Effect::Reads, &request).await? {
        Response::Output { values, .. } => Ok(values),
        _ => Err(session.topic(operation).not_wsman("no output of a method")),
    }
}

async fn enumerate(
    session: &WinRmSession,
    operation: &str,
    of: &Enumeration,
) -> Result<Vec<Instance>, CimError> {
    enumerate_up_to(session, operation, (of, Bound::Honesty)).await
}

/// When an enumeration is left before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// Never; one without end is the host's mistake.
    Honesty,
    /// When so many instances have come; there may be more.
    Enough(usize),
}

/// Enumerates until the end or the bound, once more from the beginning when the host forgot about it.
pub(super) async fn enumerate_up_to(
    session: &WinRmSession,
    operation: &str,
    (of, bound): (&Enumeration, Bound),
) -> Result<Vec<Instance>, CimError> {
    match enumerate_once(session, operation, (of, bound)).await {
        Err(error) if fault::is_expired_enumeration(&error) => {
            enumerate_once(session, operation, (of, bound)).await
        }
        result => result,
    }
}

async fn enumerate_once(
    session: &WinRmSession,
    operation: &str,
    (of, bound): (&Enumeration, Bound),
) -> Result<Vec<Instance>, CimError> {
    let mut pages = Pages {
        session,
        operation,
        of,
        context: None,
    };
    let mut instances = Vec::new();
    let mut result = pages.first().await;
    for _page in 0..MOST_PAGES {
        instances.extend(result?);
        if pages.context.is_none() {
            return Ok(instances);
        }
        if matches!(bound, Bound::Enough(enough) if instances.len() >= enough) {
            pages.give_up().await;
            return Ok(instances);
        }
        if instances.len() > MOST_INSTANCES {
            break;
        }
        result = pages.next().await;
    }
    pages.give_up().await;
    Err(session
        .topic(operation)
        .not_wsman("an enumeration without end"))
}

/// An enumeration under way: the host keeps a context, another one after each page, until the last.
struct Pages<'a> {
    session: &'a WinRmSession,
    operation: &'a str,
    of: &'a Enumeration,
    context: Option<String>,
}

impl Pages<'_> {
    async fn first(&mut self) -> Result<Vec<Instance>, CimError> {
        let request = Request::Enumerate {
            of: self.of.clone(),
            max_elements: MAX_ELEMENTS,
        };
        self.page(&request).await
    }

    async fn next(&mut self) -> Result<Vec<Instance>, CimError> {
        let request = Request::Pull {
            of: self.of.clone(),
            context: self.context.clone().unwrap_or_default(),
            max_elements: MAX_ELEMENTS,
        };
        let page = self.page(&request).await;
        if let Err(error) = &page
            && may_be_released(error)
        {
            self.give_up().await;
        }
        page
    }

    async fn page(&mut self, request: &Request) -> Result<Vec<Instance>, CimError> {
        let page = self
            .session
            .request(self.operation, Effect::Reads, request)
            .await?;
        let Response::Page { items, context, .. } = page else {
            return Err(self
                .session
                .topic(self.operation)
                .not_wsman("no page of an enumeration"));
        };
        let now = context.as_deref().map(|context| (context, self.of));
        self.session.keeps(self.context.as_deref(), now);
        self.context = context;
        Ok(items)
    }

    async fn give_up(&mut self) {
        if let Some(context) = self.context.take() {
            self.session.release(self.of, &context).await;
        }
    }
}

/// Whether the host is there to be told, and has not said already that it knows no such enumeration.
fn may_be_released(error: &CimError) -> bool {
    !error.is_unreachable()
        && !matches!(error, CimError::TimedOut { .. })
        && !fault::is_expired_enumeration(error)
        || matches!(error, CimError::NotWsman { .. })
}
