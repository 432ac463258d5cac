//! As much of Markdown as our pages use: fenced blocks, tables, headings, links.

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    /// The word after the fence.
    pub(crate) language: &'a str,
    /// The line in the page on which its text begins, from 1.
    pub(crate) line: usize,
    /// The lines between the fences.
    pub(crate) lines: Vec<&'a str>,
    /// The line above the fence.
    pub(crate) above: &'a str,
}

/// The blocks of a page, in order.
pub(crate) fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut above = "";
    let mut open = false;
    for (number, line) in page.lines().enumerate() {
        match (open, line.strip_prefix("```")) {
            (false, Some(language)) => {
                let line = number + 2;
                blocks.push(Block {
                    language,
                    line,
                    lines: Vec::new(),
                    above,
                });
                open = true;
            }
            (true, Some("")) => open = false,
            (true, _) => blocks.last_mut().unwrap().lines.push(line),
            (false, None) => {}
        }
        above = line;
    }
    assert!(!open, "a block is not closed");
    blocks
}

/// The lines outside of blocks, with their numbers from 1.
pub(crate) fn prose(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut open = false;
    page.lines().enumerate().filter_map(move |(number, line)| {
        let fence = line.starts_with("```");
        open ^= fence;
        (!open && !fence).then_some((number + 1, line))
    })
}

/// The rows of the first table under a heading, without its head, each cell
/// trimmed.
pub(crate) fn rows_under<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let mut section = prose(page)
        .map(|(_, line)| line)
        .skip_while(|line| *line != heading);
    assert!(section.next().is_some(), "there is no section {heading:?}");
    let section = section.take_while(|line| !line.starts_with('#'));
    let table = section
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    // The head and the rule under it.
    let rows = table.skip(2).map(|row| row.trim_matches('|'));
    rows.map(|row| row.split('|').map(str::trim).collect())
        .collect()
}

/// The anchors of a page's headings, as GitHub makes them.
pub(crate) fn anchors(page: &str) -> Vec<String> {
    let headings = prose(page).filter_map(|(_, line)| line.split_once("# "));
    let headings = headings.filter(|(marks, _)| marks.chars().all(|mark| mark == '#'));
    headings.map(|(_, title)| anchor(title)).collect()
}

fn anchor(title: &str) -> String {
    let kept = title.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|character| character.is_alphanumeric() || " -_".contains(*character));
    kept.map(|character| if character == ' ' { '-' } else { character })
        .collect()
}

/// The targets of a line's links.
pub(crate) fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target)
}

#[test]
fn blocks_tables_anchors_and_links_are_found() {
    let page = "# A: b `c`\n| x | y |\n|---|---|\n| 1 | 2 |\n<!-- why -->\n```sh\n# no heading\n```\n[a](b#c)\n";
    let [block] = &blocks(page)[..] else {
        panic!("one block")
    };
    assert_eq!(
        (block.language, block.line, block.above),
        ("sh", 7, "<!-- why -->")
    );
    assert_eq!(block.lines, ["# no heading"]);
    assert_eq!(rows_under(page, "# A: b `c`"), [["1", "2"]]);
    assert_eq!(anchors(page), ["a-b-c"]);
    assert_eq!(
        links("see [a](b#c), [d](e).").collect::<Vec<_>>(),
        ["b#c", "e"]
    );
}
