//! A bar for each contender, one below the other.

use super::{Anchor, Canvas, MARGIN, WIDTH};
use crate::report::Figure;

const TOP: f64 = 56.0;
const ROW: f64 = 36.0;
const THICK: f64 = 22.0;
const LABELS: f64 = 290.0;
/// For the figure at a bar's end.
const FIGURES: f64 = 110.0;

pub(crate) struct Row {
    label: String,
    figure: Figure,
    is_ours: bool,
}

impl Row {
    pub(crate) fn new(label: &str, figure: Figure, is_ours: bool) -> Self {
        Self {
            label: label.to_owned(),
            figure,
            is_ours,
        }
    }
}

pub(crate) fn rows(title: &str, rows: &[Row]) -> String {
    let most = rows.iter().map(|row| row.figure.value).fold(0.0, f64::max);
    let span = WIDTH - LABELS - FIGURES - MARGIN;
    let mut canvas = Canvas::new(title, TOP);
    for row in rows {
        let top = canvas.height;
        let base = top + THICK / 2.0 + 5.0;
        let length = (row.figure.value / most * span).max(1.0);
        let class = if row.is_ours { "o" } else { "p" };
        canvas.text((LABELS - 10.0, base), Anchor::End, "", &row.label);
        canvas.block((LABELS, top), (length, THICK), class);
        let end = LABELS + length + 8.0;
        canvas.text((end, base), Anchor::Start, "dim", row.figure);
        canvas.height += ROW;
    }
    canvas.finish()
}
