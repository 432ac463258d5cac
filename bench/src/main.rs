//! Measures Hallpass against its bars.

fn main() {}
