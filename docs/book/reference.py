"""Writes the pages of the reference that are made of the header and of the Python package, and links every name of the
header in the other pages to its description."""

import re

import c_pages
import python_pages
from docutils import nodes
from plain_markdown import ROOT

FOLDER = "docs/reference"
NAME = re.compile(r"(?i:tabi_\w+)(?:\(\))?")


def setup(app):
    app.connect("config-inited", write)
    app.connect("source-read", list_pages)
    app.connect("doctree-resolved", link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(app, config):
    """The pages must be there before Sphinx looks for them. Only those that have changed are written."""
    texts = {**c_pages.pages(), "python": python_pages.page()}
    for old in (ROOT / FOLDER).glob("*.rst"):
        if old.stem not in texts:
            old.unlink()
    for name, text in texts.items():
        file = ROOT / FOLDER / f"{name}.rst"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def list_pages(app, page, source):
    if page == f"{FOLDER}/index":
        listed = "\n".join([*c_pages.pages(), "python"])
        rust = '<a href="../../rust/tabi/index.html">The pages of the crate</a>'
        source[0] = source[0].replace("`rust/tabi/index.html`", rust) + f"\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"


def link(app, tree, page):
    places = c_pages.places()
    for literal in list(tree.findall(nodes.literal)):
        name = literal.astext().removesuffix("()")
        inside = {type(each) for each in parents(literal)}
        if name not in places or not NAME.fullmatch(literal.astext()) or inside & {nodes.reference, nodes.title}:
            continue
        target = app.builder.get_relative_uri(page, f"{FOLDER}/{places[name]}")
        reference = nodes.reference("", "", internal=True, refuri=f"{target}#c.{name}")
        literal.replace_self(reference)
        reference += literal


def parents(node):
    while node := node.parent:
        yield node
