//! Lines: latency by percentile, and the share of answers by time.

use super::{Anchor, Canvas, MARGIN, WIDTH};
use crate::stats::{Sorted, to_float};

const LEFT: f64 = 70.0;
const LEGEND_ROW: f64 = 24.0;
const HEIGHT: f64 = 260.0;

/// One line of a plot.
pub(crate) struct Curve {
    pub(crate) label: &'static str,
    pub(crate) samples: Sorted,
    class: &'static str,
}

impl Curve {
    /// A class is one of the style's `c0` to `c4`.
    pub(crate) fn new(label: &'static str, samples: Vec<f64>, class: &'static str) -> Self {
        Self {
            label,
            samples: Sorted::new(samples),
            class,
        }
    }
}

/// Where on an axis, from 0 to 1, and what stands there.
type Tick = (f64, String);

/// A line's points from 0 to 1 on both axes.
type Line = Vec<(f64, f64)>;

/// Latency by percentile, on a logarithmic scale. The axis of percentiles is
/// stretched towards its end: 90, 99 and 99.9 are equally far apart.
pub(crate) fn percentiles(title: &str, curves: &[Curve]) -> String {
    const NINES: f64 = 3.0;
    let decades = |milliseconds: f64| milliseconds.max(1e-3).log10();
    let ends = |percent| {
        let values = curves
            .iter()
            .map(move |curve| curve.samples.percentile(percent));
        values.map(decades)
    };
    let low = ends(0.0).fold(f64::INFINITY, f64::min).floor();
    let high = ends(99.9).fold(f64::NEG_INFINITY, f64::max).ceil();
    let across = [50.0, 90.0, 99.0, 99.9].map(|percent| {
        let nines = -(1.0_f64 - percent / 100.0).log10();
        (nines / NINES, format!("{percent} %"))
    });
    let up = std::iter::successors(Some(low), |exponent| Some(exponent + 1.0))
        .take_while(|exponent| *exponent <= high)
        .map(|exponent| {
            let label = format!("{} ms", 10.0_f64.powf(exponent));
            ((exponent - low) / (high - low), label)
        });
    let line = |curve: &Curve| {
        let steps = (0..=60).map(|step| f64::from(step) / 60.0);
        let points = steps.map(|x| {
            let percent = 100.0 * (1.0 - 10.0_f64.powf(-x * NINES));
            let milliseconds = curve.samples.percentile(percent);
            (x, (decades(milliseconds) - low) / (high - low))
        });
        points.collect()
    };
    draw(title, (&across, &up.collect::<Vec<_>>()), curves, line)
}

/// The share of samples up to each time: where two of these lie on each other,
/// nobody can tell the classes apart.
pub(crate) fn shares(title: &str, curves: &[Curve]) -> String {
    let ends = |percent| {
        curves
            .iter()
            .map(move |curve| curve.samples.percentile(percent))
    };
    let low = ends(0.5).fold(f64::INFINITY, f64::min);
    let high = ends(98.0).fold(f64::NEG_INFINITY, f64::max);
    let across: Vec<Tick> = (0..=4)
        .map(|quarter| {
            let x = f64::from(quarter) / 4.0;
            (x, format!("{:.1} ms", low + x * (high - low)))
        })
        .collect();
    let up =
        [0.0, 25.0, 50.0, 75.0, 100.0].map(|percent| (percent / 100.0, format!("{percent} %")));
    let line = |curve: &Curve| {
        let values = curve.samples.values();
        let count = to_float(values.len());
        let points = values.iter().enumerate().map(|(rank, milliseconds)| {
            let x = (milliseconds - low) / (high - low);
            (x, to_float(rank + 1) / count)
        });
        points.filter(|(x, _)| (0.0..=1.0).contains(x)).collect()
    };
    draw(title, (&across, &up), curves, line)
}

fn draw(
    title: &str,
    (across, up): (&[Tick], &[Tick]),
    curves: &[Curve],
    line: impl Fn(&Curve) -> Line,
) -> String {
    let mut canvas = Canvas::new(title, 44.0);
    for curve in curves {
        canvas.height += LEGEND_ROW;
        let y = canvas.height - 10.0;
        canvas.line(&[(LEFT, y), (LEFT + 40.0, y)], curve.class);
        canvas.text((LEFT + 50.0, y + 5.0), Anchor::Start, "", curve.label);
    }
    let (top, right) = (canvas.height + 16.0, WIDTH - 2.0 * MARGIN);
    let bottom = top + HEIGHT;
    let place = |(x, y): (f64, f64)| (LEFT + x * (right - LEFT), bottom - y * HEIGHT);
    for (y, label) in up {
        let (left, y) = place((0.0, *y));
        canvas.line(&[(left, y), (right, y)], "grid");
        canvas.text((left - 8.0, y + 5.0), Anchor::End, "dim", label);
    }
    for (x, label) in across {
        let (x, bottom) = place((*x, 0.0));
        canvas.text((x, bottom + 24.0), Anchor::Middle, "dim", label);
    }
    for curve in curves {
        let points: Line = line(curve).into_iter().map(place).collect();
        canvas.line(&points, curve.class);
    }
    canvas.height = bottom + 44.0;
    canvas.finish()
}
