//! Enumerations that are under way: pages, contexts, expiry and quota as Windows has them (wsman-wire 6, 12).

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::time::Duration;
use std::time::Instant;

use uuid::Uuid;

use crate::cim::Instance;
use crate::cim::Value;
use crate::wsman::Fault;
use crate::wsman::fault::INVALID_ENUMERATION_CONTEXT;
use crate::wsman::fault::TOO_MANY_OPERATIONS;

/// `EnumerationTimeoutms`, counted from the last answer.
pub const EXPIRES_AFTER: Duration = Duration::from_mins(4);
/// `MaxBatchItems`.
const MAX_ITEMS: u32 = 32_000;
/// Recorded pages closed at about this many characters.
const PAGE_CHARACTERS: usize = 76_000;
/// What an envelope takes besides its items.
const ENVELOPE_CHARACTERS: usize = 1_200;
/// What a property takes besides its name, twice, and its value: brackets, prefixes, slash.
const PROPERTY_CHARACTERS: usize = 9;

/// A page to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What is on it.
    pub items: Vec<Instance>,
    /// Where to go on; `None` at the end.
    pub context: Option<String>,
}

/// What a client accepts on one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appetite {
    /// `MaxElements`.
    pub max_elements: u32,
    /// `MaxEnvelopeSize` in bytes.
    pub max_envelope_size: u32,
}

impl Appetite {
    pub(super) fn items(self) -> usize {
        usize::try_from(self.max_elements.clamp(1, MAX_ITEMS)).unwrap_or(1)
    }

    /// The limit of a page counts as if in UTF-16, two bytes to a character.
    pub(super) fn characters(self) -> usize {
        let offered = usize::try_from(self.max_envelope_size / 2).unwrap_or(usize::MAX);
        PAGE_CHARACTERS
            .min(offered)
            .saturating_sub(ENVELOPE_CHARACTERS)
    }
}

/// How an enumeration begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With `OptimizeEnumeration`: the first answer may hold something.
    Optimized,
    /// Without: it holds only a context.
    ContextOnly,
}

#[derive(Debug)]
struct Open {
    user: String,
    items: VecDeque<Instance>,
    touched: Instant,
}

/// The enumerations of one host.
#[derive(Debug)]
pub struct Enumerations {
    open: BTreeMap<String, Open>,
    per_user: usize,
}

impl Enumerations {
    /// None yet; each user may have so many open at once.
    pub fn new(per_user: usize) -> Self {
        Self {
            open: BTreeMap::new(),
            per_user,
        }
    }

    /// Gives all of them up.
    pub fn clear(&mut self) {
        self.open.clear();
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// The first answer: the only item or none, else exactly one and a context for the others.
    pub fn begin(
        &mut self,
        user: &str,
        items: Vec<Instance>,
        start: Start,
        now: Instant,
    ) -> Result<Page, Fault> {
        self.expire(now);
        let user = user.to_lowercase();
        let count = self.open.values().filter(|open| open.user == user).count();
        let mut open = Open {
            user,
            items: VecDeque::from(items),
            touched: now,
        };
        let first = match start {
            Start::Optimized => open.items.pop_front(),
            Start::ContextOnly => None,
        };
        if start == Start::Optimized && open.items.is_empty() {
            return Ok(Page {
                items: first.into_iter().collect(),
                context: None,
            });
        }
        if count >= self.per_user {
            return Err(too_many(self.per_user));
        }
        Ok(Page {
            items: first.into_iter().collect(),
            context: Some(self.keep(open)),
        })
    }

    /// The next page. A context serves once: every answer brings a new one.
    pub fn pull(
        &mut self,
        user: &str,
        context: &str,
        appetite: Appetite,
        now: Instant,
    ) -> Result<Page, Fault> {
        self.expire(now);
        let mut open = self.take(user, context)?;
        let mut page = Vec::new();
        let mut room = appetite.characters();
        while page.len() < appetite.items()
            && let Some(item) = open.items.pop_front()
        {
            let size = characters(&item);
            if size > room && !page.is_empty() {
                open.items.push_front(item);
                break;
            }
            room = room.saturating_sub(size);
            page.push(item);
        }
        open.touched = now;
        let more = !open.items.is_empty();
        Ok(Page {
            items: page,
            context: more.then(|| self.keep(open)),
        })
    }

    /// Gives one up.
    pub fn release(&mut self, user: &str, context: &str, now: Instant) -> Result<(), Fault> {
        self.expire(now);
        self.take(user, context).map(drop)
    }

    fn keep(&mut self, open: Open) -> String {
        let name = Uuid::new_v4().to_string().to_ascii_uppercase();
        let context = format!("uuid:{name}");
        self.open.insert(context.clone(), open);
        context
    }

    fn take(&mut self, user: &str, context: &str) -> Result<Open, Fault> {
        let owned = self
            .open
            .get(context)
            .is_some_and(|open| open.user == user.to_lowercase());
        if !owned {
            return Err(invalid_context());
        }
        self.open.remove(context).ok_or_else(invalid_context)
    }

    fn expire(&mut self, now: Instant) {
        self.open
            .retain(|_, open| now.saturating_duration_since(open.touched) < EXPIRES_AFTER);
    }
}

/// The fault for a context that is unknown, used up, expired or another user's.
pub(super) fn invalid_context() -> Fault {
    let message = "The WS-Management service cannot process the request because the enumeration context is invalid. ";
    Fault::new(
        INVALID_ENUMERATION_CONTEXT,
        "InvalidEnumerationContext",
        message,
    )
}

/// The fault for a user with too many operations at once.
pub fn too_many(allowed: usize) -> Fault {
    let message = format!(
        "The WS-Management service cannot process the request. This user is allowed a maximum number of {allowed} concurrent \
         operations, which has been exceeded. Close existing operations for this user, or raise the quota for this user. "
    );
    Fault::new(TOO_MANY_OPERATIONS, "InternalError", message)
}

/// About how many characters an instance takes in an envelope.
fn characters(instance: &Instance) -> usize {
    let properties = instance
        .properties
        .iter()
        .map(|(name, value)| value_characters(name, value));
    2 * instance.class.len() + 300 + properties.sum::<usize>()
}

fn value_characters(name: &str, value: &Value) -> usize {
    let around = 2 * name.len() + PROPERTY_CHARACTERS;
    match value {
        Value::Text(text) => around + text.chars().count(),
        Value::List(items) => items.iter().map(|item| value_characters(name, item)).sum(),
        Value::Object(instance) => around + characters(instance),
        Value::Reference(_) => around + 600,
        Value::DateTime(_) | Value::Interval(_) => around + 60,
        Value::Null | Value::Bool(_) | Value::Uint(_) | Value::Sint(_) | Value::Real(_) => {
            around + 10
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use std::time::Instant;

    use super::Appetite;
    use super::EXPIRES_AFTER;
    use super::Enumerations;
    use super::Start;
    use crate::cim::Instance;
    use crate::cim::Namespace;

    const HUNGRY: Appetite = Appetite {
        max_elements: 32_000,
        max_envelope_size: 512_000,
    };

    fn items(count: usize, size: usize) -> Vec<Instance> {
        (0..count)
            .map(|number| {
                Instance::new(Namespace::CIMV2, "Win32_Service")
                    .with("Name", number.to_string())
                    .with("Description", "x".repeat(size))
            })
            .collect()
    }

    fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    #[test]
    fn an_only_item_comes_at_once_and_so_does_nothing() {
        let mut enumerations = Enumerations::new(15);
        for count in [0, 1] {
            let page = enumerations
                .begin("a", items(count, 1), Start::Optimized, now())
                .unwrap();
            assert_eq!((page.items.len(), page.context), (count, None));
        }
        assert_eq!(enumerations.count(), 0);
    }

    #[test]
    fn of_several_items_exactly_one_comes_at_once_and_pages_close_early() {
        let mut enumerations = Enumerations::new(15);
        let mut page = enumerations
            .begin("a", items(200, 1000), Start::Optimized, now())
            .unwrap();
        assert_eq!(page.items.len(), 1);
        let mut contexts = Vec::new();
        let mut sizes = Vec::new();
        while let Some(context) = page.context {
            page = enumerations.pull("A", &context, HUNGRY, now()).unwrap();
            sizes.push(page.items.len());
            contexts.push(context);
        }
        assert_eq!(sizes.iter().sum::<usize>(), 199);
        assert!(sizes.len() > 3 && sizes[0] < 76, "{sizes:?}");
        contexts.sort();
        contexts.dedup();
        assert_eq!(contexts.len(), sizes.len());
        assert_eq!(enumerations.count(), 0);
    }

    #[test]
    fn a_page_has_at_least_one_item_and_at_most_as_many_as_wanted() {
        let mut enumerations = Enumerations::new(15);
        for appetite in [
            Appetite {
                max_elements: 0,
                ..HUNGRY
            },
            Appetite {
                max_envelope_size: 8192,
                ..HUNGRY
            },
        ] {
            let page = enumerations
                .begin("a", items(3, 5000), Start::Optimized, now())
                .unwrap();
            let context = page.context.unwrap();
            let page = enumerations.pull("a", &context, appetite, now()).unwrap();
            assert_eq!(page.items.len(), 1);
            assert!(page.context.is_some());
        }
    }

    #[test]
    fn a_context_serves_once_for_one_user_and_not_for_ever() {
        let mut enumerations = Enumerations::new(15);
        let start = now();
        let mut begin = || {
            let page = enumerations
                .begin("a", items(3, 1), Start::Optimized, start)
                .unwrap();
            page.context.unwrap()
        };
        let [used, other, late, released] = [begin(), begin(), begin(), begin()];
        enumerations.pull("a", &used, HUNGRY, start).unwrap();
        enumerations.release("a", &released, start).unwrap();
        let later = start + EXPIRES_AFTER;
        for (user, context, moment) in [
            ("a", &used, start),
            ("b", &other, start),
            ("a", &released, start),
            ("a", &late, later),
        ] {
            let fault = enumerations
                .pull(user, context, HUNGRY, moment)
                .unwrap_err();
            assert_eq!(fault.code, 2_150_858_779);
        }
        let fault = enumerations.release("a", "uuid:X", later).unwrap_err();
        assert_eq!(fault.subcode, "InvalidEnumerationContext");
    }

    #[test]
    fn open_enumerations_count_against_the_users_quota_until_they_end() {
        let mut enumerations = Enumerations::new(1);
        let context = enumerations
            .begin("a", items(2, 1), Start::Optimized, now())
            .unwrap()
            .context
            .unwrap();
        let fault = enumerations
            .begin("A", items(2, 1), Start::Optimized, now())
            .unwrap_err();
        assert_eq!(fault.code, 2_150_859_174);
        enumerations
            .begin("b", items(2, 1), Start::Optimized, now())
            .unwrap();
        enumerations.pull("a", &context, HUNGRY, now()).unwrap();
        enumerations
            .begin(
                "a",
                items(2, 1),
                Start::Optimized,
                now() + Duration::from_secs(1),
            )
            .unwrap();
    }

    #[test]
    fn without_optimization_the_first_answer_has_only_a_context() {
        let mut enumerations = Enumerations::new(15);
        for count in [0, 1, 3] {
            let page = enumerations
                .begin("a", items(count, 1), Start::ContextOnly, now())
                .unwrap();
            assert_eq!(page.items, []);
            let context = page.context.unwrap();
            let page = enumerations.pull("a", &context, HUNGRY, now()).unwrap();
            assert_eq!((page.items.len(), page.context), (count, None));
        }
    }
}
