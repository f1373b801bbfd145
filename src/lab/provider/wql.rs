//! As much of WQL as simple clients send: `SELECT … FROM class WHERE a='b' AND (c>=1 OR …)`.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Query;
use crate::cim::Value;
use crate::cim::comparison::Comparison;
use crate::cim::comparison::Literal;
use crate::cim::comparison::Operator;
use crate::cim::comparison::dmtf;
use crate::cim::comparison::from_dmtf;
use crate::cim::event::LOG_EVENT_CLASS;
use crate::cim::query::Filter;
use crate::lab::machine::Machine;
use crate::lab::provider::class::Class;
use crate::lab::provider::class::Number;
use crate::lab::provider::class::as_text;
use crate::lab::provider::class::property;
use crate::lab::provider::fault;
use crate::lab::provider::log;
use crate::wsman::Fault;

/// Deeper parentheses than any client writes.
const MOST_NESTED: usize = 16;

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Select {
    /// The properties asked for; `None` for `*`.
    columns: Option<Vec<String>>,
    class: String,
    /// What has to hold; `None` means every object.
    condition: Option<Condition>,
}

/// What has to hold for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Term(Term),
    Every(Vec<Condition>),
    Any(Vec<Condition>),
}

/// A comparison with a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    property: String,
    sign: Sign,
    literal: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Equal,
    Unequal,
    Less,
    More,
    NotLess,
    NotMore,
}

impl Sign {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::More => order.is_gt(),
            Self::NotLess => order.is_ge(),
            Self::NotMore => order.is_le(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Literal(String),
    Sign(Sign),
    Comma,
    Open,
    Close,
}

impl Select {
    /// The query as data.
    pub(super) fn from_query(query: &Query) -> Self {
        let equal = |property: &String, value: &String| {
            Condition::Term(Term {
                property: property.clone(),
                sign: Sign::Equal,
                literal: value.clone(),
            })
        };
        let condition = match &query.filter {
            Filter::All => None,
            Filter::Equals { property, value } => Some(equal(property, value)),
            Filter::OneOf { property, values } => {
                any(values.iter().map(|value| equal(property, value)).collect())
            }
            Filter::Every(comparisons) => {
                let terms: Vec<_> = comparisons.iter().filter_map(compared).collect();
                joined(terms, Condition::Every)
            }
        };
        Self {
            columns: None,
            class: query.class.clone(),
            condition,
        }
    }

    /// Whether it asks for objects of this class.
    pub(super) fn is_from(&self, class: &str) -> bool {
        self.class.eq_ignore_ascii_case(class)
    }

    /// What a property is compared with anywhere in the query.
    fn literals(&self, property: &str) -> Vec<&str> {
        let mut found = Vec::new();
        let mut open: Vec<&Condition> = self.condition.iter().collect();
        while let Some(condition) = open.pop() {
            match condition {
                Condition::Term(term) if term.property.eq_ignore_ascii_case(property) => {
                    found.push(term.literal.as_str());
                }
                Condition::Term(_) => {}
                Condition::Every(parts) | Condition::Any(parts) => open.extend(parts),
            }
        }
        found
    }

    /// Reads a text; `None` when it is not WQL or more than the lab can do.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut rest = tokens.iter();
        keyword(rest.next()?, "SELECT")?;
        let mut columns = Vec::new();
        loop {
            columns.push(word(rest.next()?)?);
            match rest.next()? {
                Token::Comma => {}
                from => {
                    keyword(from, "FROM")?;
                    break;
                }
            }
        }
        let class = word(rest.next()?)?;
        let condition = match rest.next() {
            None => None,
            Some(token) => {
                keyword(token, "WHERE")?;
                Some(alternatives(&mut rest, 0)?)
            }
        };
        rest.next().is_none().then(|| Self {
            columns: if columns.iter().any(|column| column == "*") {
                None
            } else {
                Some(columns)
            },
            class,
            condition,
        })
    }
}

/// One condition stands for itself; none at all is none.
fn joined(
    mut conditions: Vec<Condition>,
    join: fn(Vec<Condition>) -> Condition,
) -> Option<Condition> {
    match conditions.len() {
        0 | 1 => conditions.pop(),
        _ => Some(join(conditions)),
    }
}

fn any(conditions: Vec<Condition>) -> Option<Condition> {
    joined(conditions, Condition::Any)
}

fn compared(comparison: &Comparison) -> Option<Condition> {
    let term = |literal: String| {
        Condition::Term(Term {
            property: comparison.property.clone(),
            sign: match comparison.operator {
                Operator::Equal => Sign::Equal,
                Operator::NotLess => Sign::NotLess,
            },
            literal,
        })
    };
    match &comparison.literal {
        Literal::Text(text) => Some(term(text.clone())),
        Literal::Number(number) => Some(term(number.to_string())),
        Literal::Flag(true) => Some(term("TRUE".to_owned())),
        Literal::Flag(false) => Some(term("FALSE".to_owned())),
        Literal::DateTime(moment) => Some(term(dmtf(*moment))),
        Literal::AnyOf(numbers) => any(numbers
            .iter()
            .map(|number| term(number.to_string()))
            .collect()),
    }
}

type Tokens<'t> = std::slice::Iter<'t, Token>;

fn alternatives(rest: &mut Tokens<'_>, depth: usize) -> Option<Condition> {
    let mut found = vec![conjunction(rest, depth)?];
    while next_is(rest, "OR") {
        found.push(conjunction(rest, depth)?);
    }
    any(found)
}

fn conjunction(rest: &mut Tokens<'_>, depth: usize) -> Option<Condition> {
    let mut found = vec![primary(rest, depth)?];
    while next_is(rest, "AND") {
        found.push(primary(rest, depth)?);
    }
    joined(found, Condition::Every)
}

fn primary(rest: &mut Tokens<'_>, depth: usize) -> Option<Condition> {
    let first = rest.next()?;
    if *first == Token::Open {
        if depth == MOST_NESTED {
            return None;
        }
        let inner = alternatives(rest, depth + 1)?;
        return (*rest.next()? == Token::Close).then_some(inner);
    }
    Some(Condition::Term(Term {
        property: word(first)?,
        sign: sign(rest.next()?)?,
        literal: literal(rest.next()?)?,
    }))
}

/// Takes the keyword when it comes next.
fn next_is(rest: &mut Tokens<'_>, expected: &str) -> bool {
    let mut ahead = rest.clone();
    let found = ahead
        .next()
        .is_some_and(|token| keyword(token, expected).is_some());
    if found {
        *rest = ahead;
    }
    found
}

fn keyword(token: &Token, word: &str) -> Option<()> {
    matches!(token, Token::Word(found) if found.eq_ignore_ascii_case(word)).then_some(())
}

fn word(token: &Token) -> Option<String> {
    if let Token::Word(word) = token {
        Some(word.clone())
    } else {
        None
    }
}

fn sign(token: &Token) -> Option<Sign> {
    if let Token::Sign(sign) = token {
        Some(*sign)
    } else {
        None
    }
}

fn literal(token: &Token) -> Option<String> {
    match token {
        Token::Literal(text) => Some(text.clone()),
        // Numbers, TRUE and FALSE stand without quotes.
        Token::Word(word) if word.parse::<i64>().is_ok() => Some(word.clone()),
        Token::Word(word) if ["TRUE", "FALSE"].contains(&word.to_ascii_uppercase().as_str()) => {
            Some(word.clone())
        }
        Token::Word(_) | Token::Sign(_) | Token::Comma | Token::Open | Token::Close => None,
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        match first {
            blank if blank.is_whitespace() => {}
            ',' => tokens.push(Token::Comma),
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            '=' | '<' | '>' | '!' => {
                let second = rest.next_if(|next| matches!(next, '=' | '>'));
                tokens.push(Token::Sign(sign_of(first, second)?));
            }
            '\'' | '"' => {
                let mut literal = String::new();
                loop {
                    match rest.next()? {
                        '\\' => literal.push(rest.next()?),
                        end if end == first => break,
                        other => literal.push(other),
                    }
                }
                tokens.push(Token::Literal(literal));
            }
            '*' => tokens.push(Token::Word("*".to_owned())),
            start if is_word(start) => {
                let mut word = String::from(start);
                while let Some(next) = rest.next_if(|next| is_word(*next)) {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
            _ => return None,
        }
    }
    Some(tokens)
}

fn sign_of(first: char, second: Option<char>) -> Option<Sign> {
    Some(match (first, second) {
        ('=', None) => Sign::Equal,
        ('<', Some('>')) | ('!', Some('=')) => Sign::Unequal,
        ('<', None) => Sign::Less,
        ('>', None) => Sign::More,
        ('>', Some('=')) => Sign::NotLess,
        ('<', Some('=')) => Sign::NotMore,
        _ => return None,
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '-'
}

/// The instances that a query finds; fragments without a class when it asks for single properties.
pub(super) fn run(
    machine: &Machine,
    namespace: &Namespace,
    select: &Select,
    now: Timestamp,
) -> Result<Vec<Instance>, Fault> {
    // A class that does not exist is the query's fault here, not the resource's.
    let Some(class) = Class::find(namespace, &select.class)
        .ok()
        .filter(|class| class.number != Number::None)
    else {
        return Err(fault::cannot_process_filter());
    };
    if select.is_from(LOG_EVENT_CLASS) && log::is_refused(machine, &select.literals("Logfile")) {
        return Err(fault::access_denied());
    }
    let mut found = Vec::new();
    let instances = match class.asked_for {
        Some(asked_for) => asked_for(machine, &equalities(select.condition.as_ref())),
        None => (class.instances)(machine, now),
    };
    for instance in instances {
        let wanted = match &select.condition {
            None => true,
            Some(condition) => matches(&instance, condition)?,
        };
        if wanted {
            found.push(cut(instance, select.columns.as_deref())?);
        }
    }
    Ok(found)
}

/// Properties that must equal a literal, whatever else must hold.
fn equalities(condition: Option<&Condition>) -> Vec<(String, String)> {
    let terms = match condition {
        Some(Condition::Every(terms)) => terms.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    terms
        .iter()
        .filter_map(|condition| match condition {
            Condition::Term(term) if term.sign == Sign::Equal => {
                Some((term.property.clone(), term.literal.clone()))
            }
            Condition::Term(_) | Condition::Every(_) | Condition::Any(_) => None,
        })
        .collect()
}

fn matches(instance: &Instance, condition: &Condition) -> Result<bool, Fault> {
    match condition {
        Condition::Term(term) => {
            let value =
                property(instance, &term.property).ok_or_else(fault::cannot_process_filter)?;
            // Nothing compares with a value that is not there.
            if *value == Value::Null {
                return Ok(term.literal.is_empty() && term.sign == Sign::Equal);
            }
            let order = order(value, &term.literal).ok_or_else(fault::cannot_process_filter)?;
            Ok(term.sign.holds(order))
        }
        Condition::Every(conditions) => {
            for condition in conditions {
                if !matches(instance, condition)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Condition::Any(conditions) => {
            for condition in conditions {
                if matches(instance, condition)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// How a value stands to a literal: numbers and moments as such, all else as text without regard to letter case.
fn order(value: &Value, literal: &str) -> Option<Ordering> {
    let number = match value {
        Value::Uint(number) => Some(i128::from(*number)),
        Value::Sint(number) => Some(i128::from(*number)),
        _ => None,
    };
    if let Some((number, wanted)) = number.zip(literal.parse::<i128>().ok()) {
        return Some(number.cmp(&wanted));
    }
    if let Value::DateTime(moment) = value {
        return Some(moment.cmp(&from_dmtf(literal)?));
    }
    Some(as_text(value)?.to_lowercase().cmp(&literal.to_lowercase()))
}

fn cut(instance: Instance, columns: Option<&[String]>) -> Result<Instance, Fault> {
    let Some(columns) = columns else {
        return Ok(instance);
    };
    let known = columns
        .iter()
        .all(|column| property(&instance, column).is_some());
    if !known {
        return Err(fault::cannot_process_filter());
    }
    let mut fragment = Instance::new(instance.namespace, "");
    fragment.properties = instance
        .properties
        .into_iter()
        .filter(|(name, _)| {
            columns
                .iter()
                .any(|column| column.eq_ignore_ascii_case(name))
        })
        .collect();
    Ok(fragment)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::Condition;
    use super::Select;
    use super::matches;
    use crate::cim::Comparison;
    use crate::cim::Instance;
    use crate::cim::Literal;
    use crate::cim::Namespace;
    use crate::cim::Query;
    use crate::cim::Value;

    #[test]
    fn the_text_of_a_query_means_the_query() {
        for query in [
            Query::all(Namespace::CIMV2, "Win32_Service"),
            Query::equals(Namespace::CIMV2, "CIM_DataFile", "Name", r"C:\it's"),
            Query::every(Namespace::CIMV2, "C", Vec::new()),
            Query::every(
                Namespace::CIMV2,
                "Win32_NTLogEvent",
                vec![
                    Comparison::equal("Logfile", Literal::Text("System".to_owned())),
                    Comparison::not_less("TimeWritten", Literal::DateTime(Timestamp::UNIX_EPOCH)),
                    Comparison::equal("EventCode", Literal::AnyOf(vec![50, 56])),
                    Comparison::equal("RecordNumber", Literal::AnyOf(vec![7])),
                    Comparison::equal("LocalAccount", Literal::Flag(true)),
                    Comparison::equal("Bias", Literal::Number(-60)),
                ],
            ),
        ] {
            assert_eq!(
                Select::parse(&query.wql()),
                Some(Select::from_query(&query))
            );
        }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let select = Select::parse(
            "select Name, State from Win32_Service where State = \"Running\" and StartMode <> 'Auto' or ProcessId=0",
        )
        .unwrap();
        let Some(Condition::Any(alternatives)) = &select.condition else {
            panic!("{select:?}");
        };
        assert!(
            matches!(alternatives.as_slice(), [Condition::Every(both), Condition::Term(_)] if both.len() == 2),
            "{select:?}"
        );
        assert_eq!(select.columns.unwrap(), ["Name", "State"]);
    }

    #[test]
    fn numbers_and_moments_compare_as_such() {
        let moment: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let instance = Instance::new(Namespace::CIMV2, "C")
            .with("Number", 10_u32)
            .with("Text", "b")
            .with("At", Value::DateTime(moment))
            .with("Nothing", Value::Null);
        for (condition, expected) in [
            ("Number>=9", true),
            ("Number>='9'", true),
            ("Number<9", false),
            ("Number<=10 AND Number!=11", true),
            ("Text>'A'", true),
            ("At>='20260102000000.000000+000'", true),
            ("At>='20260102000000.000000-060'", false),
            ("Nothing>=0", false),
            ("Nothing<>'x'", false),
            ("(Number=1 OR Number=10) AND (Text='B' OR Text='c')", true),
            ("Number=1 OR (Number=10 AND Text='c')", false),
        ] {
            let text = format!("SELECT * FROM C WHERE {condition}");
            let select = Select::parse(&text).unwrap();
            let found = matches(&instance, &select.condition.unwrap());
            assert_eq!(found, Ok(expected), "{condition}");
        }
    }

    #[test]
    fn what_the_lab_cannot_do_is_refused() {
        for text in [
            "",
            "SELECT",
            "SELECT * FROM",
            "SELECT * FROM A WHERE",
            "SELECT * FROM A WHERE b LIKE 'c%'",
            "SELECT * FROM A WHERE (b=1",
            "SELECT * FROM A WHERE b=1)",
            "SELECT * FROM A WHERE ()",
            "SELECT * FROM A WHERE b=>1",
            "SELECT * FROM A WHERE NOT b=1",
            &format!(
                "SELECT * FROM A WHERE {}b=1{}",
                "(".repeat(17),
                ")".repeat(17)
            ),
            "SELECT * FROM A WHERE b='c",
            "ASSOCIATORS OF {Win32_Service.Name='x'}",
        ] {
            assert_eq!(Select::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _either = Select::parse(&text);
        }

        #[test]
        fn any_value_survives_quoting(value in "[^\u{0}]{0,40}") {
            let query = Query::equals(Namespace::CIMV2, "C", "p", value);
            prop_assert_eq!(Select::parse(&query.wql()), Some(Select::from_query(&query)));
        }
    }
}
