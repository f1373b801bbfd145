//! As much of WQL as simple clients send: `SELECT … FROM class WHERE a='b' AND … OR …`, no parentheses.

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Query;
use crate::cim::query::Filter;
use crate::lab::machine::Machine;
use crate::lab::provider::class::Class;
use crate::lab::provider::class::Number;
use crate::lab::provider::class::as_text;
use crate::lab::provider::class::property;
use crate::lab::provider::fault;
use crate::wsman::Fault;

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Select {
    /// The properties asked for; `None` for `*`.
    columns: Option<Vec<String>>,
    class: String,
    /// Alternatives, each of them terms that must all hold; no alternatives at all means every object.
    alternatives: Vec<Vec<Term>>,
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
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Literal(String),
    Sign(Sign),
    Comma,
}

impl Select {
    /// The query as data.
    pub(super) fn from_query(query: &Query) -> Self {
        let term = |property: &String, value: &String| {
            vec![Term {
                property: property.clone(),
                sign: Sign::Equal,
                literal: value.clone(),
            }]
        };
        let alternatives = match &query.filter {
            Filter::All => Vec::new(),
            Filter::Equals { property, value } => vec![term(property, value)],
            Filter::OneOf { property, values } => {
                values.iter().map(|value| term(property, value)).collect()
            }
        };
        Self {
            columns: None,
            class: query.class.clone(),
            alternatives,
        }
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
        let mut alternatives = Vec::new();
        if let Some(token) = rest.next() {
            keyword(token, "WHERE")?;
            alternatives.push(Vec::new());
            loop {
                let term = Term {
                    property: word(rest.next()?)?,
                    sign: sign(rest.next()?)?,
                    literal: literal(rest.next()?)?,
                };
                alternatives.last_mut()?.push(term);
                match rest.next() {
                    None => break,
                    Some(token) if keyword(token, "AND").is_some() => {}
                    Some(token) => {
                        keyword(token, "OR")?;
                        alternatives.push(Vec::new());
                    }
                }
            }
        }
        Some(Self {
            columns: if columns.iter().any(|column| column == "*") {
                None
            } else {
                Some(columns)
            },
            class,
            alternatives,
        })
    }
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
        Token::Word(_) | Token::Sign(_) | Token::Comma => None,
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        match first {
            blank if blank.is_whitespace() => {}
            ',' => tokens.push(Token::Comma),
            '=' => tokens.push(Token::Sign(Sign::Equal)),
            '<' | '!' => {
                let second = if first == '<' { '>' } else { '=' };
                rest.next_if_eq(&second)?;
                tokens.push(Token::Sign(Sign::Unequal));
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
    let mut found = Vec::new();
    for instance in (class.instances)(machine, now) {
        if matches(&instance, &select.alternatives)? {
            found.push(cut(instance, select.columns.as_deref())?);
        }
    }
    Ok(found)
}

fn matches(instance: &Instance, alternatives: &[Vec<Term>]) -> Result<bool, Fault> {
    let mut any = alternatives.is_empty();
    for terms in alternatives {
        let mut all = true;
        for term in terms {
            let value = property(instance, &term.property)
                .and_then(as_text)
                .ok_or_else(fault::cannot_process_filter)?;
            let equal = value.to_lowercase() == term.literal.to_lowercase();
            all &= equal == (term.sign == Sign::Equal);
        }
        any |= all;
    }
    Ok(any)
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
    use proptest::prelude::*;

    use super::Select;
    use crate::cim::Namespace;
    use crate::cim::Query;

    #[test]
    fn the_text_of_a_query_means_the_query() {
        for query in [
            Query::all(Namespace::CIMV2, "Win32_Service"),
            Query::equals(Namespace::CIMV2, "CIM_DataFile", "Name", r"C:\it's"),
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
        let sizes: Vec<usize> = select.alternatives.iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1]);
        assert_eq!(select.columns.unwrap(), ["Name", "State"]);
    }

    #[test]
    fn what_the_lab_cannot_do_is_refused() {
        for text in [
            "",
            "SELECT",
            "SELECT * FROM",
            "SELECT * FROM A WHERE",
            "SELECT * FROM A WHERE b LIKE 'c%'",
            "SELECT * FROM A WHERE (b=1)",
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
