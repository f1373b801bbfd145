//! Geometry of the drawings: numbers and moments become rectangles, which the templates write as SVG.
//!
//! Knows numbers only; colours, letters and words are the templates' and the style sheet's.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Serialize;

/// The width of every drawing in its own units.
pub(super) const WIDTH: f64 = 1000.0;

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
const NARROWEST: f64 = 4.0;

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

/// A chart's place: its height, and where its left and upper edges are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plot {
    /// Space on the left, for numbers.
    pub(super) left: f64,
    /// Where the upper edge is.
    pub(super) y: f64,
    /// From the upper edge to the base line.
    pub(super) height: f64,
}

/// Columns that stand on the base line of a plot; `top` is the least value of its upper edge.
pub(super) fn columns(values: &[u64], plot: Plot, top: u64) -> Columns {
    let top = round_number(values.iter().copied().max().unwrap_or(0).max(top));
    let step = (WIDTH - plot.left) / number(count(values)).max(1.0);
    let columns = values.iter().zip(0_u32..).map(|(value, at)| {
        let height = number(*value) / number(top) * plot.height;
        let height = if *value == 0 { 0.0 } else { height.max(1.5) };
        Column {
            x: rounded(plot.left + f64::from(at) * step + step * 0.1),
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
        (until > self.from).then(|| (start, rounded((end - start).max(1.0))))
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

/// A hundredth of a unit is less than a pixel.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::Timestamp;

    use super::Plot;
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
        assert!(last.width > 3.0, "{last:?}");
        assert!((last.x + last.width - WIDTH).abs() < 0.1, "{last:?}");
        assert_eq!(spread(&[("none", 0)]), []);
    }

    #[test]
    fn columns_reach_from_the_base_line_to_a_round_number() {
        let plot = Plot {
            left: 0.0,
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
        assert_eq!(window.span(hours(-5), hours(5)), Some((0.0, 500.0)));
        assert_eq!(window.span(hours(8), hours(50)), Some((800.0, 200.0)));
        assert_eq!(window.span(hours(-5), hours(-1)), None);
    }
}
