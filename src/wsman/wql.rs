//! Reads WQL back into [`Query`] where it is one of the forms that a query has. Writing it is [`Query::wql`]'s.

use crate::cim::Filter;
use crate::cim::Namespace;
use crate::cim::Query;

/// `SELECT * FROM Class [WHERE p='v' [OR p='w']...]`; `None` for any other text, because quotes do not tell whether a
/// moment or a text was meant.
pub(super) fn parse(namespace: &Namespace, text: &str) -> Option<Query> {
    let mut words = Words { rest: text };
    words.keyword("SELECT")?;
    words.sign('*')?;
    words.keyword("FROM")?;
    let class = words.identifier()?.to_owned();
    let filter = if words.at_end() {
        Filter::All
    } else {
        words.keyword("WHERE")?;
        filter(&mut words)?
    };
    Some(Query {
        namespace: namespace.clone(),
        class,
        filter,
    })
}

fn filter(words: &mut Words<'_>) -> Option<Filter> {
    let (property, first) = words.term()?;
    let property = property.to_owned();
    let mut values = vec![first];
    while !words.at_end() {
        words.keyword("OR")?;
        let (other, value) = words.term()?;
        if !other.eq_ignore_ascii_case(&property) {
            return None;
        }
        values.push(value);
    }
    Some(match <[String; 1]>::try_from(values) {
        Ok([value]) => Filter::Equals { property, value },
        Err(values) => Filter::OneOf { property, values },
    })
}

/// Writes equalities that must all hold, which no [`Query`] can say, with its quoting.
pub(super) fn all_of(class: &str, terms: &[(String, String)]) -> String {
    let prefix = Query::all(Namespace::CIMV2, class).wql();
    let mut text = prefix.clone();
    for (index, (property, value)) in terms.iter().enumerate() {
        let one = Query::equals(Namespace::CIMV2, class, property, value).wql();
        let condition = one.strip_prefix(&prefix).unwrap_or_default();
        let condition = condition.strip_prefix(" WHERE ").unwrap_or_default();
        text.push_str(if index == 0 { " WHERE " } else { " AND " });
        text.push_str(condition);
    }
    text
}

struct Words<'t> {
    rest: &'t str,
}

impl<'t> Words<'t> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn at_end(&mut self) -> bool {
        self.skip_blanks();
        self.rest.is_empty()
    }

    fn identifier(&mut self) -> Option<&'t str> {
        self.skip_blanks();
        let end = self
            .rest
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        if word.is_empty() || word.starts_with(|letter: char| letter.is_ascii_digit()) {
            return None;
        }
        self.rest = rest;
        Some(word)
    }

    fn keyword(&mut self, expected: &str) -> Option<()> {
        let word = self.identifier()?;
        word.eq_ignore_ascii_case(expected).then_some(())
    }

    fn sign(&mut self, expected: char) -> Option<()> {
        self.skip_blanks();
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    fn term(&mut self) -> Option<(&'t str, String)> {
        let property = self.identifier()?;
        self.sign('=')?;
        Some((property, self.literal()?))
    }

    fn literal(&mut self) -> Option<String> {
        self.skip_blanks();
        let mut letters = self.rest.chars();
        let quote = letters
            .next()
            .filter(|letter| matches!(letter, '\'' | '"'))?;
        let mut value = String::new();
        loop {
            match letters.next()? {
                '\\' => value.push(letters.next()?),
                letter if letter == quote => break,
                letter => value.push(letter),
            }
        }
        self.rest = letters.as_str();
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::all_of;
    use super::parse;
    use crate::cim::Filter;
    use crate::cim::Namespace;
    use crate::cim::Query;

    #[test]
    fn keywords_ignore_case_and_both_quotes_are_read() {
        let query = Query::equals(Namespace::CIMV2, "Win32_Service", "Name", r"it's \ a");
        for text in [
            r"select * from Win32_Service where Name='it\'s \\ a'",
            r#" SELECT  *  FROM Win32_Service WHERE Name = "it's \\ a" "#,
        ] {
            assert_eq!(
                parse(&Namespace::CIMV2, text),
                Some(query.clone()),
                "{text}"
            );
        }
    }

    #[test]
    fn alternatives_of_one_property_are_one_filter() {
        let found = parse(&Namespace::CIMV2, "SELECT * FROM C WHERE p='a' OR P='b'").unwrap();
        let values = vec!["a".to_owned(), "b".to_owned()];
        let property = "p".to_owned();
        assert_eq!(found.filter, Filter::OneOf { property, values });
    }

    #[test]
    fn what_a_query_cannot_say_is_left_as_text() {
        for text in [
            "SELECT Name FROM C",
            "SELECT * FROM C WHERE p='a' AND q='b'",
            "SELECT * FROM C WHERE p='a' OR q='b'",
            "SELECT * FROM C WHERE p=1",
            "SELECT * FROM C WHERE p LIKE 'a%'",
            "SELECT * FROM C WHERE p='a",
            "SELECT * FROM C WHERE",
            "SELECT * FROM C D",
            "ASSOCIATORS OF {C.Name='a'}",
            "",
        ] {
            assert_eq!(parse(&Namespace::CIMV2, text), None, "{text}");
        }
    }

    #[test]
    fn conditions_that_must_all_hold_are_quoted() {
        let terms = [
            ("a".to_owned(), "it's".to_owned()),
            ("b".to_owned(), "2".to_owned()),
        ];
        let expected = r"SELECT * FROM C WHERE a='it\'s' AND b='2'";
        assert_eq!(all_of("C", &terms), expected);
    }
}
