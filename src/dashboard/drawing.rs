//! Geometry of the drawings: numbers and moments become rectangles, which the templates write as SVG. What lies side by
//! side is measured in hundredths of the drawing's width, so that it fits every window; heights are pixels.
//!
//! Knows numbers only; colours, letters and words are the templates' and the style sheet's.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Serialize;

/// The width of every drawing: its hundredths.
pub(super) const WIDTH: f64 = 100.0;

/// A part of a bar that is as wide as the drawing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Segment {
    /// Its left edge.
    pub(super) x: f64,
    /// Its width.
    pub(super) width: f64,
    /// What it stands for.
    pub(super) word: &'static str,
    /// How many.
    pub(super) count: u64,
}

/// The narrowest that something is drawn which is there.
const NARROWEST: f64 = 0.4;
/// The narrowest part of a strip.
const INSTANT: f64 = 0.1;

/// A bar that shares its width out by counts; what is there at all can be seen.
pub(super) fn spread(counts: &[(&'static str, u64)]) -> Vec<Segment> {
    let there: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
    let total: f64 = there.iter().map(|(_, count)| number(*count)).sum();
    let raised = |count: u64| (number(count) / total * WIDTH).max(NARROWEST);
    let drawn: f64 = there.iter().map(|(_, count)| raised(*count)).sum();
    let mut x = 0.0;
    there
        .into_iter()
        .map(|(word, count)| {
            let width = raised(*count) * WIDTH / drawn;
            let segment = Segment {
                x: rounded(x),
                width: rounded(width),
                word,
                count: *count,
            };
            x += width;
            segment
        })
        .collect()
}

/// A column of a chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Column {
    /// Its left edge.
    pub(super) x: f64,
    /// Its top.
    pub(super) y: f64,
    /// Its width.
    pub(super) width: f64,
    /// Its height.
    pub(super) height: f64,
}

/// Columns of a chart, and what its upper edge stands for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Columns {
    /// One for each value.
    pub(super) columns: Vec<Column>,
    /// The value at the upper edge: a round number, at least 1.
    pub(super) top: u64,
}

/// A column, and what is said of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Bar {
    #[serde(flatten)]
    pub(super) column: Column,
    /// What it stands for.
    pub(super) count: u64,
    /// Which one it is.
    pub(super) label: String,
    /// Of which kind it is; empty where all are of one.
    pub(super) word: &'static str,
}

/// A text below a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Tick {
    /// Where it begins, ends, or has its middle.
    x: f64,
    /// Which of these: `start`, `end`, `middle`; near an edge it does not reach beyond.
    anchor: &'static str,
    label: String,
}

impl Tick {
    /// How close to an edge a text would reach beyond it, in a window of a phone.
    const NEAR: f64 = 12.0;

    /// Below a column.
    pub(super) fn below(column: &Column, label: impl Into<String>) -> Self {
        let middle = column.x + column.width / 2.0;
        let (x, anchor) = if middle < Self::NEAR {
            (column.x, "start")
        } else if middle > WIDTH - Self::NEAR {
            (column.x + column.width, "end")
        } else {
            (middle, "middle")
        };
        Self {
            x: rounded(x),
            anchor,
            label: label.into(),
        }
    }
}

/// A chart's place: its height, and where its upper edge is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plot {
    /// Where the upper edge is.
    pub(super) y: f64,
    /// From the upper edge to the base line.
    pub(super) height: f64,
}

/// Columns that stand on the base line of a plot; `top` is the least value of its upper edge.
pub(super) fn columns(values: &[u64], plot: Plot, top: u64) -> Columns {
    let top = round_number(values.iter().copied().max().unwrap_or(0).max(top));
    let step = WIDTH / number(count(values)).max(1.0);
    let columns = values.iter().zip(0_u32..).map(|(value, at)| {
        let height = number(*value) / number(top) * plot.height;
        let height = if *value == 0 { 0.0 } else { height.max(1.5) };
        Column {
            x: rounded(f64::from(at) * step + step * 0.1),
            y: rounded(plot.y + plot.height - height),
            width: rounded(step * 0.8),
            height: rounded(height),
        }
    });
    Columns {
        columns: columns.collect(),
        top,
    }
}

/// The same columns below the base line, which is the plot's upper edge.
pub(super) fn hanging(values: &[u64], plot: Plot, top: u64) -> Vec<Column> {
    let mut hanging = columns(values, plot, top).columns;
    for column in &mut hanging {
        column.y = plot.y;
    }
    hanging
}

/// A window of time that is as wide as a drawing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Its left edge.
    from: Timestamp,
    /// Its width, at least a minute.
    width: SignedDuration,
}

impl Window {
    /// From one moment to a later one.
    pub(super) fn new(from: Timestamp, to: Timestamp) -> Self {
        let width = to.duration_since(from);
        Self {
            from,
            width: width.max(SignedDuration::from_mins(1)),
        }
    }

    /// Where a moment is, at the nearest edge when it is outside.
    pub(super) fn place(&self, at: Timestamp) -> f64 {
        let part = at.duration_since(self.from).as_secs_f64() / self.width.as_secs_f64();
        rounded(part.clamp(0.0, 1.0) * WIDTH)
    }

    /// Left edge and width of what lasted from one moment to another; `None` when that was before the window.
    pub(super) fn span(&self, since: Timestamp, until: Timestamp) -> Option<(f64, f64)> {
        let (start, end) = (self.place(since), self.place(until));
        (until > self.from).then(|| (start, rounded((end - start).max(INSTANT))))
    }
}

/// The least of 1, 2, 5, 10, 20, 50 and so on that is not less.
fn round_number(value: u64) -> u64 {
    let mut decade: u64 = 1;
    loop {
        for step in [1, 2, 5] {
            let candidate = decade.saturating_mul(step);
            if candidate >= value || candidate == u64::MAX {
                return candidate;
            }
        }
        decade = decade.saturating_mul(10);
    }
}

fn count<T>(values: &[T]) -> u64 {
    u64::try_from(values.len()).unwrap_or(u64::MAX)
}

/// Exact for what is drawn: nobody sees the difference beyond.
fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A thousandth of a hundredth is less than a pixel.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::Timestamp;

    use super::Column;
    use super::Plot;
    use super::Tick;
    use super::WIDTH;
    use super::Window;
    use super::columns;
    use super::hanging;
    use super::round_number;
    use super::spread;

    #[test]
    fn a_bar_is_filled_and_shows_what_is_rare() {
        let bar = spread(&[("many", 9_999), ("none", 0), ("one", 1)]);
        assert_eq!(bar.len(), 2);
        let last = &bar[1];
        assert!(last.width > 0.3, "{last:?}");
        assert!((last.x + last.width - WIDTH).abs() < 0.01, "{last:?}");
        assert_eq!(spread(&[("none", 0)]), []);
    }

    #[test]
    fn columns_reach_from_the_base_line_to_a_round_number() {
        let plot = Plot {
            y: 10.0,
            height: 100.0,
        };
        let chart = columns(&[0, 4, 10], plot, 0);
        assert_eq!(chart.top, 10);
        let heights: Vec<f64> = chart.columns.iter().map(|column| column.height).collect();
        assert_eq!(heights, [0.0, 40.0, 100.0]);
        let tops: Vec<f64> = chart.columns.iter().map(|column| column.y).collect();
        assert_eq!(tops, [110.0, 70.0, 10.0]);
        let below = hanging(&[0, 4, 10], plot, 0);
        assert!(below.iter().map(|column| column.y).eq([10.0; 3]));
        assert_eq!(columns(&[], plot, 0).top, 1);
    }

    #[test]
    fn texts_near_an_edge_stay_within() {
        let below = |x| {
            let column = Column {
                x,
                y: 0.0,
                width: 2.0,
                height: 1.0,
            };
            let tick = Tick::below(&column, "2026-09-30");
            (tick.x, tick.anchor)
        };
        assert_eq!(below(0.5), (0.5, "start"));
        assert_eq!(below(50.0), (51.0, "middle"));
        assert_eq!(below(97.0), (99.0, "end"));
    }

    #[test]
    fn round_numbers_are_not_less() {
        for (value, round) in [
            (0, 1),
            (1, 1),
            (3, 5),
            (11, 20),
            (51, 100),
            (u64::MAX, u64::MAX),
        ] {
            assert_eq!(round_number(value), round, "{value}");
        }
    }

    #[test]
    fn spans_end_at_the_edges_of_the_window() {
        let from = Timestamp::UNIX_EPOCH;
        let hours = |hours| from + SignedDuration::from_hours(hours);
        let window = Window::new(from, hours(10));
        assert_eq!(window.span(hours(-5), hours(5)), Some((0.0, 50.0)));
        assert_eq!(window.span(hours(8), hours(50)), Some((80.0, 20.0)));
        assert_eq!(window.span(hours(-5), hours(-1)), None);
    }
}
