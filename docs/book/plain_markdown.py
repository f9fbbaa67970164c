"""The pages are plain Markdown, which any viewer shows. In the book, two things are made of what they say:

- Blocks of code in several languages that follow each other become tabs. Each has its language in a line above it, in
  bold type: **C**, **Python** or **Rust**, and perhaps more in that line.
- The lists of links in docs/index.md become the table of contents. Pages that it does not list come last.

The search finds words in English and in Chinese.
"""

import logging
import pathlib
import posixpath
import re

import jieba
from sphinx.search.en import SearchEnglish

ROOT = pathlib.Path(__file__).parent.parent.parent
LABEL = re.compile(r"\*\*(C|Python|Rust)\*\*(.*)")
LINK = re.compile(r"- \[[^]]+\]\(([^)#]+\.md)\)")
HEADING = re.compile(r"## (.*)")
CHINESE = re.compile(r"[\u4e00-\u9fff]+")


class Words(SearchEnglish):
    """English words, and those of Chinese text, which has no spaces between them."""

    def split(self, text):
        chinese = [word for part in CHINESE.findall(text) for word in jieba.cut_for_search(part)]
        return super().split(text) + chinese


def setup(app):
    jieba.setLogLevel(logging.WARNING)
    app.add_search_language(Words)
    app.connect("source-read", rewrite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def rewrite(app, page, source):
    # What rustdoc must know of a block, such as no_run, does not matter here.
    text = with_tabs(re.sub(r"^```rust,.*$", "```rust", source[0], flags=re.M))
    if page == app.config.root_doc:
        text += contents(page, text, app.env.found_docs)
    source[0] = text


def with_tabs(text):
    """Puts labelled blocks that follow each other into a set of tabs."""
    lines, made, at = text.split("\n"), [], 0
    while at < len(lines):
        blocks, end = labelled_blocks(lines, at)
        if len(blocks) > 1:
            made += ["::::{tab-set}", ":sync-group: language", ""]
            for label, block in blocks:
                made += [f":::{{tab-item}} {label[1]}", f":sync: {label[1]}", "", label[2].strip(" :"), "", *block]
                made += [":::", ""]
            made += ["::::", ""]
            at = end
            continue
        # A block is copied whole: what it shows may look like a label.
        last = end_of_block(lines, at) if lines[at].startswith("```") else at
        made += lines[at : last + 1]
        at = last + 1
    return "\n".join(made)


def labelled_blocks(lines, at):
    """Returns the labelled blocks that begin here, each as its label and its lines, and where they end."""
    blocks = []
    while at < len(lines) and (label := LABEL.fullmatch(lines[at])) and (fence := block_after(lines, at)):
        begin, end = fence
        blocks.append((label, lines[begin : end + 1]))
        at = end + 1
        while at < len(lines) and not lines[at].strip():
            at += 1
    return blocks, at


def block_after(lines, at):
    """Returns the first and the last line of the block that follows a label."""
    begin = at + 1
    while begin < len(lines) and not lines[begin].strip():
        begin += 1
    if begin == len(lines) or not lines[begin].startswith("```"):
        return None
    return begin, end_of_block(lines, begin)


def end_of_block(lines, begin):
    return next(at for at in range(begin + 1, len(lines)) if lines[at].strip() == "```")


def contents(page, text, all_pages):
    """A table of contents for each section that is a list of links to pages, and one for pages that no section has."""
    sections, caption = {}, ""
    for line in text.split("\n"):
        if heading := HEADING.fullmatch(line):
            caption = heading[1]
        elif link := LINK.match(line):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), link[1]))
            sections.setdefault(caption, []).append(target.removesuffix(".md"))
    listed = {page, *(target for targets in sections.values() for target in targets)}
    # The index of the reference lists those that are beside it.
    sections["More"] = sorted(each for each in set(all_pages) - listed if not each.startswith("docs/reference/"))
    tables = [table(caption, targets) for caption, targets in sections.items() if targets]
    return "\n".join(tables)


def table(caption, targets):
    targets = "\n".join(f"/{target}" for target in targets)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{targets}\n```\n"
