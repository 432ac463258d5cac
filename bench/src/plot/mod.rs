//! Plots, as SVG by hand: a few shapes, readable in light and in dark.

mod curves;
mod rows;

use std::fmt::Display;

pub(crate) use self::curves::{Curve, percentiles, shares};
pub(crate) use self::rows::{Row, rows};

const WIDTH: f64 = 760.0;
const MARGIN: f64 = 20.0;

/// Colours that differ in lightness too. `o` is ours, `p` a peer; the lines
/// `c0` to `c4` come in pairs of a pale and a strong one.
const STYLE: &str = "\
text{font:14px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:16px}\
.dim{fill:#59636e}.paper{fill:#fff}.grid{stroke:#d1d9e0}.o{fill:#0969da}.p{fill:#8c959f}\
path{fill:none;stroke-width:2.5}.c0,.c2{stroke-dasharray:6 4}\
.c0,.c1{stroke:#0969da}.c2,.c3{stroke:#bc4c00}.c4{stroke:#59636e}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9198a1}.paper{fill:#0d1117}\
.grid{stroke:#3d444d}.o{fill:#4493f8}.p{fill:#656c76}.c0,.c1{stroke:#4493f8}\
.c2,.c3{stroke:#f0883e}.c4{stroke:#9198a1}}";

/// A picture that is being drawn, from the top left corner.
struct Canvas {
    height: f64,
    title: String,
    shapes: Vec<String>,
}

/// Where a text stands in relation to its point.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    fn new(title: &str, height: f64) -> Self {
        let mut canvas = Self {
            height,
            title: escaped(title),
            shapes: Vec::new(),
        };
        canvas.text((MARGIN, 32.0), Anchor::Start, "title", title);
        canvas
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, text: impl Display) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(&text.to_string());
        self.add(format_args!(
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" class="{class}">{text}</text>"#
        ));
    }

    fn block(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str) {
        self.add(format_args!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="3" class="{class}"/>"#
        ));
    }

    fn line(&mut self, points: &[(f64, f64)], class: &str) {
        let points: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1} {y:.1}"))
            .collect();
        let path = points.join("L");
        self.add(format_args!(r#"<path d="M{path}" class="{class}"/>"#));
    }

    fn add(&mut self, shape: impl Display) {
        self.shapes.push(shape.to_string());
    }

    fn finish(self) -> String {
        let Self {
            height,
            title,
            shapes,
        } = self;
        let shapes = shapes.join("\n");
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"6\" class=\"paper\"/>\n\
             {shapes}\n</svg>\n"
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
