//! How one value is laid out: width, fill, sign, digits and base.

use crate::syntax::template::fault::Fault;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::number;

/// The widest that a value may be laid out, and the most digits behind the point.
const WIDEST: usize = 10_000;

/// A layout.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spec {
    fill: Option<char>,
    align: Option<Align>,
    sign: Option<char>,
    /// Whether numbers in other bases get their prefix.
    prefix: bool,
    group: Option<char>,
    width: usize,
    precision: Option<usize>,
    kind: Option<char>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Right,
    Centre,
    /// Between sign and digits.
    Inside,
}

impl Spec {
    /// The layout behind a `%`, and what follows it; `star` gives the number for a `*`.
    pub(super) fn percent<'t>(
        text: &'t str,
        star: &mut dyn FnMut() -> Result<i128, Fault>,
    ) -> Result<(Self, &'t str), Fault> {
        let mut spec = Self::default();
        let mut rest = text;
        while let Some(flag) = rest.chars().next().filter(|flag| "-+ 0#".contains(*flag)) {
            match flag {
                '-' => spec.align = Some(Align::Left),
                '+' => spec.sign = Some('+'),
                ' ' => spec.sign = spec.sign.or(Some(' ')),
                '0' => spec.fill = Some('0'),
                _ => spec.prefix = true,
            }
            rest = rest.get(1..).unwrap_or_default();
        }
        if let Some(after) = rest.strip_prefix('*') {
            let width = star()?;
            if width < 0 {
                spec.align = Some(Align::Left);
            }
            spec.width = size(width.checked_abs().unwrap_or(i128::MAX))?;
            rest = after;
        } else {
            (spec.width, rest) = digits(rest)?.unwrap_or((0, rest));
        }
        if let Some(after) = rest.strip_prefix('.') {
            if let Some(after) = after.strip_prefix('*') {
                spec.precision = Some(size(star()?)?);
                rest = after;
            } else {
                let (precision, after) = digits(after)?.unwrap_or((0, after));
                spec.precision = Some(precision);
                rest = after;
            }
        }
        rest = rest.trim_start_matches(['h', 'l', 'L']);
        let Some(kind) = rest.chars().next() else {
            return Err(Fault::failed("`%` at the end says no kind of value"));
        };
        spec.kind = Some(kind);
        match (spec.align, spec.fill) {
            (Some(Align::Left), _) => spec.fill = None,
            (_, Some('0')) if "sraci".contains(kind) && kind != 'i' => spec.fill = None,
            (_, Some('0')) => spec.align = Some(Align::Inside),
            _ => {}
        }
        spec.align = spec.align.or(Some(Align::Right));
        Ok((spec, rest.get(kind.len_utf8()..).unwrap_or_default()))
    }

    /// The layout behind a colon in braces.
    pub(super) fn braces(text: &str) -> Result<Self, Fault> {
        let mut spec = Self::default();
        let mut rest = text;
        let mut letters = rest.chars();
        let (first, second) = (letters.next(), letters.next());
        if let (Some(fill), Some(align)) = (first, second.and_then(align)) {
            spec.fill = Some(fill);
            spec.align = Some(align);
            rest = rest.get(fill.len_utf8() + 1..).unwrap_or_default();
        } else if let Some(align) = first.and_then(align) {
            spec.align = Some(align);
            rest = rest.get(1..).unwrap_or_default();
        }
        if let Some(sign) = rest.chars().next().filter(|sign| "+- ".contains(*sign)) {
            spec.sign = Some(sign).filter(|sign| *sign != '-');
            rest = rest.get(1..).unwrap_or_default();
        }
        if let Some(after) = rest.strip_prefix('#') {
            spec.prefix = true;
            rest = after;
        }
        if let Some(after) = rest.strip_prefix('0') {
            spec.fill = spec.fill.or(Some('0'));
            spec.align = spec.align.or(Some(Align::Inside));
            rest = after;
        }
        (spec.width, rest) = digits(rest)?.unwrap_or((0, rest));
        if let Some(group) = rest.chars().next().filter(|sign| ",_".contains(*sign)) {
            spec.group = Some(group);
            rest = rest.get(1..).unwrap_or_default();
        }
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = digits(after)?
                .ok_or_else(|| Fault::failed("digits are missing behind the point"))?;
            spec.precision = Some(precision);
            rest = after;
        }
        let mut kinds = rest.chars();
        spec.kind = kinds.next();
        if kinds.next().is_some() {
            return Err(Fault::failed(format!("`{text}` is no layout of a value")));
        }
        Ok(spec)
    }

    pub(super) fn percent_value(self, value: &Value) -> Result<String, Fault> {
        match self.kind {
            Some('s') => Ok(self.padded(&self.cut(value.spell()?))),
            Some('r' | 'a') => Ok(self.padded(&self.cut(value.literal()?))),
            Some('c') => match value.as_int() {
                Some(code) => self.character(code),
                None => Ok(self.padded(&value.spell()?)),
            },
            Some('d' | 'i' | 'u') => {
                let whole = match value {
                    Value::Float(real) => number::whole(*real),
                    other => other.as_int(),
                };
                let whole = whole.ok_or_else(|| unfit(value, 'd'))?;
                Ok(self.whole(whole, 10))
            }
            Some(_) => self.number(value),
            None => Err(Fault::failed("`%` says no kind of value")),
        }
    }

    pub(super) fn braces_value(self, value: &Value) -> Result<String, Fault> {
        match (value.used()?, self.kind) {
            (Value::Text(text), None | Some('s')) => {
                let align = self.align.or(Some(Align::Left));
                Ok(Self { align, ..self }.padded(&self.cut(text.to_string())))
            }
            (Value::Text(_), Some(kind)) => Err(unfit(value, kind)),
            (Value::Int(number), None | Some('d' | 'n')) => Ok(self.right().whole(*number, 10)),
            (Value::Bool(_), None) if self.width == 0 => value.spell(),
            (Value::Bool(truth), None | Some('d')) => {
                Ok(self.right().whole(i128::from(*truth), 10))
            }
            (Value::Int(_) | Value::Bool(_), Some('c')) => {
                self.character(value.as_int().unwrap_or_default())
            }
            (Value::Float(real), None) if self.precision.is_none() => {
                let text = crate::syntax::template::value::spell::float(*real);
                Ok(self.right().signed(
                    (*real < 0.0).then_some('-'),
                    text.trim_start_matches('-'),
                    "",
                ))
            }
            (Value::Int(_) | Value::Bool(_) | Value::Float(_), _) => self.right().number(value),
            (Value::Time(time), _) => Ok(time.strftime("%Y-%m-%d %H:%M:%S").to_string()),
            (other, None) if self.width == 0 && self.precision.is_none() => other.spell(),
            (other, kind) => Err(unfit(other, kind.unwrap_or('s'))),
        }
    }

    fn right(self) -> Self {
        Self {
            align: self.align.or(Some(Align::Right)),
            ..self
        }
    }

    fn character(self, code: i128) -> Result<String, Fault> {
        let letter = u32::try_from(code).ok().and_then(char::from_u32);
        match letter {
            Some(letter) => Ok(self.padded(&letter.to_string())),
            None => Err(Fault::failed(format!("{code} is no character"))),
        }
    }

    fn number(self, value: &Value) -> Result<String, Fault> {
        let kind = self.kind.unwrap_or('g');
        if let ('x' | 'X' | 'o' | 'b', Some(whole)) = (kind, value.as_int()) {
            let radix = match kind {
                'o' => 8,
                'b' => 2,
                _ => 16,
            };
            return Ok(self.whole(whole, radix));
        }
        let Some(real) = value.as_float() else {
            return Err(unfit(value, kind));
        };
        let precision = self.precision.unwrap_or(6);
        let size = real.abs();
        let (text, suffix) = match kind {
            'f' | 'F' => (format!("{size:.precision$}"), ""),
            '%' => (format!("{:.precision$}", size * 100.0), "%"),
            'e' | 'E' => (scientific(size, precision), ""),
            'g' | 'G' => (general(size, precision), ""),
            other => return Err(unfit(value, other)),
        };
        let text = if kind.is_uppercase() {
            text.to_uppercase()
        } else {
            text
        };
        Ok(self.signed(real.is_sign_negative().then_some('-'), &text, suffix))
    }

    fn whole(self, number: i128, radix: u32) -> String {
        let size = number.unsigned_abs();
        let upper = self.kind == Some('X');
        let digits = match radix {
            16 if upper => format!("{size:X}"),
            16 => format!("{size:x}"),
            8 => format!("{size:o}"),
            2 => format!("{size:b}"),
            _ => size.to_string(),
        };
        let least = self.precision.unwrap_or(0);
        let digits = format!("{digits:0>least$}");
        let prefix = match radix {
            16 if self.prefix && upper => "0X",
            16 if self.prefix => "0x",
            8 if self.prefix => "0o",
            2 if self.prefix => "0b",
            _ => "",
        };
        self.signed(
            (number < 0).then_some('-'),
            &format!("{prefix}{digits}"),
            "",
        )
    }

    /// Adds the sign, groups of three digits and the padding.
    fn signed(self, minus: Option<char>, digits: &str, suffix: &str) -> String {
        let sign = minus.or(self.sign).map_or_else(String::new, String::from);
        let digits = match self.group {
            Some(group) => grouped(digits, group),
            None => digits.to_owned(),
        };
        let body = format!("{digits}{suffix}");
        if self.align == Some(Align::Inside) {
            let width = self.width.saturating_sub(sign.chars().count());
            let fill = self.fill.unwrap_or(' ');
            let lacking = width.saturating_sub(body.chars().count());
            return format!("{sign}{}{body}", fill.to_string().repeat(lacking));
        }
        self.padded(&format!("{sign}{body}"))
    }

    fn cut(self, text: String) -> String {
        match self.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text,
        }
    }

    fn padded(self, text: &str) -> String {
        let lacking = self.width.saturating_sub(text.chars().count());
        let fill = self.fill.unwrap_or(' ').to_string();
        let (left, right) = match self.align {
            Some(Align::Left) => (0, lacking),
            Some(Align::Centre) => (lacking / 2, lacking - lacking / 2),
            Some(Align::Right | Align::Inside) | None => (lacking, 0),
        };
        format!("{}{text}{}", fill.repeat(left), fill.repeat(right))
    }
}

fn unfit(value: &Value, kind: char) -> Fault {
    let needed = if kind == 's' { "a text" } else { "a number" };
    Fault::failed(format!(
        "`{kind}` needs {needed}, this is {}",
        value.describe()
    ))
}

fn align(letter: char) -> Option<Align> {
    match letter {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Centre),
        '=' => Some(Align::Inside),
        _ => None,
    }
}

fn size(number: i128) -> Result<usize, Fault> {
    let size = usize::try_from(number).ok().filter(|size| *size <= WIDEST);
    size.ok_or_else(Fault::too_long)
}

fn digits(text: &str) -> Result<Option<(usize, &str)>, Fault> {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    if digits.is_empty() {
        return Ok(None);
    }
    let number: i128 = digits.parse().map_err(|_unfit| Fault::too_long())?;
    Ok(Some((size(number)?, rest)))
}

fn scientific(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let exponent: i32 = exponent.parse().unwrap_or_default();
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        // Infinite or no number.
        None => text,
    }
}

fn general(number: f64, precision: usize) -> String {
    let precision = precision.max(1);
    let text = scientific(number, precision - 1);
    let Some((digits, exponent)) = text.split_once('e') else {
        return text;
    };
    let exponent: i64 = exponent.parse().unwrap_or_default();
    let most = i64::try_from(precision).unwrap_or(i64::MAX);
    if !(-4..most).contains(&exponent) {
        return format!(
            "{}e{}",
            without_zeros(digits),
            text.rsplit('e').next().unwrap_or_default()
        );
    }
    let places = usize::try_from(most - 1 - exponent).unwrap_or_default();
    without_zeros(&format!("{number:.places$}")).to_owned()
}

fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

fn grouped(digits: &str, group: char) -> String {
    let (whole, fraction) = digits
        .split_at_checked(digits.find('.').unwrap_or(digits.len()))
        .unwrap_or((digits, ""));
    let length = whole.chars().count();
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (length - at).is_multiple_of(3) {
            out.push(group);
        }
        out.push(digit);
    }
    out + fraction
}
