//! Facts about numbers at the edge of what fits: whatever a template does with them, it gives a value or a mistake.
#![cfg(test)]

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Source;
use crate::diag::Span;
use crate::syntax::template::Engine;
use crate::syntax::template::Variables;
use crate::syntax::template::filters;
use crate::syntax::template::predicates;

fn span() -> Span {
    let source = Source {
        name: "<text>".to_owned(),
        text: String::new(),
        secret: false,
    };
    Span {
        source: Arc::new(source),
        start: 0,
        end: 0,
    }
}

#[test]
fn numbers_at_the_edge_of_what_fits_give_a_value_or_a_mistake() {
    let lowest = "(-170141183460469231731687303715884105727 - 1)";
    let highest = "170141183460469231731687303715884105727";
    let edges = [lowest, "-1", highest, "-38"];
    let engine = Engine::new();
    let none = BTreeMap::new();
    let variables = Variables::new(vec![&none]);
    let span = &span();
    let names = filters::all()
        .flat_map(|filter| filter.names)
        .map(|name| ("|", *name));
    let tests = predicates::all()
        .flat_map(|test| test.names)
        .map(|name| ("is", *name));
    for (sign, name) in names.chain(tests) {
        for input in edges {
            let calls = edges.iter().map(|argument| format!("{name}({argument})"));
            for call in calls.chain([name.to_owned()]) {
                let text = format!("{input} {sign} {call}");
                let _told = engine.evaluate(&text, span, &variables);
            }
        }
    }
    for (left, right) in edges.iter().flat_map(|one| edges.map(|other| (one, other))) {
        for sign in ["+", "-", "*", "//", "/", "%", "**", "<", "=="] {
            let text = format!("{left} {sign} {right}");
            let _told = engine.evaluate(&text, span, &variables);
        }
        for text in [
            format!("{left} in range(5, {right}, -1)"),
            format!("range(1, {left}, {right}) | length"),
            format!("range({left}, {right}) | list"),
            format!("'%*d' % ({left}, {right})"),
            format!("'%.*f' % ({left}, {right})"),
            format!("'%x %o %e %c' % ({left}, {right}, {left}, {right})"),
            format!("'{{:,}} {{:b}} {{:+}}'.format({left}, {right}, {left})"),
            format!("'abc'[{left}:{right}]"),
            format!("[1, 2][{left}]"),
            format!("'abc' * {left}"),
            format!("[1] * {right}"),
        ] {
            let _told = engine.evaluate(&text, span, &variables);
        }
    }
}

#[test]
fn a_number_in_a_range_is_found_however_far_its_ends_are_apart() {
    let none = BTreeMap::new();
    let variables = Variables::new(vec![&none]);
    for (text, expected) in [
        (
            "1 in range(5, 170141183460469231731687303715884105727, -1)",
            false,
        ),
        ("4 in range(5, -1, -1)", true),
        ("4 in range(5, -1, -2)", false),
        ("3 in range(5, -1, -2)", true),
        ("5 in range(5, 5, 1)", false),
        ("-3 in range(-5, 5, 2)", true),
        ("-4 in range(-5, 5, 2)", false),
    ] {
        let given = Engine::new().evaluate(text, &span(), &variables);
        assert_eq!(given, Ok(expected.into()), "{text}");
    }
}
