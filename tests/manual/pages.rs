//! The pages of the manual, and the blocks of code in them.

use std::fs;
use std::path::{Path, PathBuf};

/// A Markdown file.
pub(crate) struct Page {
    /// Where it is, below the root of the tree.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A block of code.
pub(crate) struct Block {
    /// What stands behind the first three backticks.
    pub(crate) language: String,
    pub(crate) text: String,
    /// The number of its first line in the page.
    pub(crate) line: usize,
    /// The last line before it that is not empty.
    pub(crate) above: String,
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All pages of the manual that are in a folder below `docs`, or below it.
pub(crate) fn in_folder(folder: &str) -> Vec<Page> {
    let mut pages = Vec::new();
    collect(&root().join("docs").join(folder), &mut pages);
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(!pages.is_empty(), "docs/{folder} has pages");
    pages
}

/// All pages that the manual consists of.
pub(crate) fn all() -> Vec<Page> {
    let mut pages = in_folder("");
    pages.extend(
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md", "python/README.md"]
            .map(page),
    );
    pages
}

fn collect(folder: &Path, pages: &mut Vec<Page>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(page(path));
        }
    }
}

/// A page, by its path or its place in the tree.
pub(crate) fn page(path: impl AsRef<Path>) -> Page {
    let path = root().join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Page { path: path.strip_prefix(root()).unwrap().to_owned(), text }
}

impl Page {
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let (mut above, mut open): (&str, Option<Block>) = ("", None);
        for (line, number) in self.text.lines().zip(1..) {
            match (&mut open, line.trim_start().strip_prefix("```")) {
                (Some(_), Some("")) => blocks.extend(open.take()),
                (Some(block), _) => block.text += &format!("{line}\n"),
                (None, Some(language)) => {
                    let (language, above) = (language.to_owned(), above.to_owned());
                    open = Some(Block { language, text: String::new(), line: number + 1, above });
                }
                (None, None) if !line.trim().is_empty() => above = line,
                (None, None) => (),
            }
        }
        assert!(open.is_none(), "{}: the last block does not end", self.path.display());
        blocks
    }

    /// The page without its blocks of code.
    pub(crate) fn prose(&self) -> String {
        let mut inside = false;
        let outside = |line: &&str| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            !fence && !inside
        };
        self.text.lines().filter(outside).flat_map(|line| [line, "\n"]).collect()
    }

    /// The file at which a link of this page points.
    pub(crate) fn target(&self, link: &str) -> PathBuf {
        root().join(self.path.parent().unwrap()).join(link)
    }
}

/// The targets of all links and images in a text.
pub(crate) fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}
