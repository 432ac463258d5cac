//! A link in a page leads to a file, and to a heading in it.

use std::path::Path;

use crate::markdown::{anchors, links, prose};
use crate::{path, text};

/// Every page in a folder of the repository and in those under it, by its path.
fn pages_in(folder: &str) -> Vec<String> {
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(path(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let within = Path::new(folder).join(&name);
        let within = within.to_str().unwrap().to_owned();
        // What was built or installed, and what git keeps.
        if ["target", "node_modules", "vectors"].contains(&name.as_str()) || name.starts_with('.') {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            pages.extend(pages_in(&within));
        } else if Path::new(&name).extension().is_some_and(|it| it == "md") {
            pages.push(within);
        }
    }
    pages
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages_in("");
    assert!(pages.len() > 25, "{pages:?}");
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
