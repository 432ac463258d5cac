//! Colours on a terminal, and plain text everywhere else: `anstream` strips
//! them when nobody sees them (`NO_COLOR`, a pipe, a dumb terminal).

use anstyle::{AnsiColor, Style};
use clap::builder::Styles;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();

/// The colours of `--help`.
pub(crate) const HELP: Styles = Styles::styled()
    .header(BOLD)
    .usage(BOLD)
    .literal(NAME)
    .placeholder(DIM);

/// `text` in a style, and the style ended after it.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}
