//! A link in a page leads to a file, and to a heading in it.

use std::path::Path;

use crate::markdown::{anchors, links, prose};
use crate::{SPECIFICATION, path, text};

#[test]
fn every_link_leads_somewhere() {
    let mut pages: Vec<String> = ["spec", "research", "data-model", "quickstart"]
        .map(|page| format!("{SPECIFICATION}/{page}.md"))
        .into();
    pages.extend(
        [
            "ARCHITECTURE",
            "CONTRIBUTING",
            "README",
            "docs/pages",
            "docs/errors",
        ]
        .map(|page| format!("{page}.md")),
    );
    pages.retain(|page| path(page).exists());
    assert!(pages.len() > 4, "{pages:?}");
    let mut dead = Vec::new();
    for page in pages {
        let text = text(&page);
        for (line, target) in
            prose(&text).flat_map(|(number, line)| links(line).map(move |link| (number, link)))
        {
            if !target.contains("://") && !leads_somewhere(&page, target) {
                dead.push(format!("{page}:{line}: {target}"));
            }
        }
    }
    assert!(
        dead.is_empty(),
        "links that lead nowhere:\n{}",
        dead.join("\n")
    );
}

fn leads_somewhere(page: &str, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = Path::new(page).parent().unwrap();
    let file = if file.is_empty() {
        path(page)
    } else {
        path("").join(folder).join(file)
    };
    if anchor.is_empty() {
        return file.exists();
    }
    std::fs::read_to_string(file)
        .is_ok_and(|page| anchors(&page).iter().any(|known| known == anchor))
}
