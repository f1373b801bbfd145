//! How values are written on pages: bounded and escaped texts, moments with their distance, counts, parts of addresses.

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::Environment;
use minijinja::Error;
use minijinja::HtmlEscape;
use minijinja::Output;
use minijinja::State;
use minijinja::Value;
use minijinja::escape_formatter;
use minijinja::value::ValueKind;

use crate::dashboard::text;

/// Adds all of them.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.set_formatter(bounded);
    environment.add_filter("encoded", |part: &str| {
        Value::from_safe_string(text::encoded(part))
    });
    environment.add_filter("whole", |text: &str| {
        Value::from_safe_string(HtmlEscape(&text::whole(text)).to_string())
    });
    environment.add_filter("thousands", thousands);
    environment.add_filter("plain", plain);
    environment.add_filter("when", when);
    environment.add_filter("moment", |at: &str| parsed(at).map(moment));
    environment.add_filter("day", |at: &str| parsed(at).map(day));
    environment.add_filter("took", took);
}

/// Whatever a page shows passes here: texts that are not ours are bounded, made harmless and escaped.
fn bounded(output: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() => {
            escape_formatter(output, state, &Value::from(text::shown(text)))
        }
        _ => escape_formatter(output, state, value),
    }
}

/// A count with a comma at every third digit.
fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut written = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

/// A value of a property, in words.
fn plain(value: &Value) -> String {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => "nothing".to_owned(),
        ValueKind::String => match value.as_str() {
            None | Some("") => "an empty text".to_owned(),
            Some(text) => text.to_owned(),
        },
        ValueKind::Seq | ValueKind::Map => serde_json::to_string(value).unwrap_or_default(),
        _ => value.to_string(),
    }
}

fn parsed(at: &str) -> Result<Timestamp, Error> {
    at.parse().map_err(|error: jiff::Error| {
        Error::new(minijinja::ErrorKind::InvalidOperation, error.to_string())
    })
}

fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M UTC")
        .to_string()
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// A moment as an element: how far it is from now, with the moment itself for those who point at it and for programs.
fn when(at: &str, now: &str) -> Result<Value, Error> {
    let (at, now) = (parsed(at)?, parsed(now)?);
    Ok(Value::from_safe_string(format!(
        "<time datetime=\"{at}\" title=\"{}\">{}</time>",
        moment(at),
        distance(at.duration_since(now)),
    )))
}

/// How far away something is, in its largest unit.
fn distance(from_now: SignedDuration) -> String {
    let length = from_now.unsigned_abs();
    let minutes = length.as_secs() / 60;
    let (count, unit) = match minutes {
        0 => return "now".to_owned(),
        1..60 => (minutes, "min"),
        60..2880 => (minutes / 60, "h"),
        2880..129_600 => (minutes / 1440, "days"),
        129_600..1_051_200 => (minutes / 43_200, "months"),
        _ => (minutes / 525_600, "years"),
    };
    if from_now.is_negative() {
        format!("{count} {unit} ago")
    } else {
        format!("in {count} {unit}")
    }
}

/// How long something took.
fn took(milliseconds: u64) -> String {
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        1000..60_000 => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        _ => {
            let seconds = milliseconds / 1000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use minijinja::Environment;
    use minijinja::context;

    use super::distance;
    use super::register;
    use super::thousands;
    use super::took;

    fn rendered(template: &'static str, text: &str) -> String {
        let mut environment = Environment::new();
        register(&mut environment);
        environment.add_template("page.html", template).unwrap();
        let page = environment.get_template("page.html").unwrap();
        page.render(context! { text }).unwrap()
    }

    #[test]
    fn what_hosts_say_is_escaped_and_bounded_wherever_it_stands() {
        let hostile = format!(
            "<script>alert(1)</script>\u{1b}[2J\u{202e}{}",
            "x".repeat(9_000)
        );
        let page = rendered("<p title=\"{{ text }}\">{{ text }}</p>", &hostile);
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
        assert!(page.len() < 2_000, "{}", page.len());
        let quoted = rendered("<p title=\"{{ text }}\"></p>", "\" onclick=\"alert(1)");
        assert!(!quoted.contains("\" onclick"), "{quoted}");
    }

    #[test]
    fn addresses_hold_encoded_parts() {
        let link = rendered("<a href=\"/hosts/{{ text|encoded }}\">", "../a\"b");
        assert_eq!(link, "<a href=\"/hosts/..%2Fa%22b\">");
    }

    #[test]
    fn fields_hold_whole_texts_that_cannot_leave_them() {
        let hostile = format!("\" autofocus onfocus=\"alert(1){}", "x".repeat(900));
        let field = rendered("<input value=\"{{ text|whole }}\">", &hostile);
        assert!(!field.contains("\" autofocus"), "{field}");
        assert!(field.ends_with(&format!("{}\">", "x".repeat(900))));
    }

    #[test]
    fn values_are_written_in_words() {
        assert_eq!(rendered("{{ text|plain }}", ""), "an empty text");
        assert_eq!(rendered("{{ none|plain }}", ""), "nothing");
        assert_eq!(rendered("{{ [1, 'a']|plain }}", ""), "[1,&quot;a&quot;]");
    }

    #[test]
    fn numbers_and_distances_are_for_people() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(999), "999");
        assert_eq!(took(90_500), "1 min 30 s");
        assert_eq!(took(1_250), "1.2 s");
        let minutes = SignedDuration::from_mins;
        assert_eq!(distance(minutes(-5)), "5 min ago");
        assert_eq!(distance(minutes(60 * 24 * 30)), "in 30 days");
        assert_eq!(distance(SignedDuration::ZERO), "now");
    }
}
