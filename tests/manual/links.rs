//! Every link of the manual has a target.

use std::collections::HashSet;
use std::fs;

use crate::pages;

#[test]
fn every_link_has_a_target() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for page in pages::all() {
        let prose = page.prose();
        for link in pages::links(&prose).filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { pages::root().join(&page.path) } else { page.target(file) };
            let holds = target.exists()
                && (heading.is_empty() || headings(&fs::read_to_string(&target).unwrap()).contains(heading));
            if !holds {
                wrong.push(format!("{}: {link}", page.path.display()));
            }
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} links were found");
    assert!(wrong.is_empty(), "links without a target:\n{}", wrong.join("\n"));
}

/// The names by which a page's headings can be reached: in small letters, with hyphens for spaces.
fn headings(text: &str) -> HashSet<String> {
    let titles =
        text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let name = |title: &str| {
        let kept = title.to_lowercase().replace(' ', "-");
        kept.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
    };
    titles.map(name).collect()
}
