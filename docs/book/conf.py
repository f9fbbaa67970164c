"""How Sphinx makes the manual of the Markdown files in this tree."""

import pathlib
import re
import sys

BOOK = pathlib.Path(__file__).parent
ROOT = BOOK.parent.parent
sys.path.insert(0, str(BOOK))

project = "tabi"
version = release = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
copyright = "the authors of tabi, MIT or Apache-2.0"
root_doc = "docs/index"
# The sources are the tree itself, so that every link holds in the tree and in the book.
include_patterns = ["docs/**", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md", "python/README.md"]
exclude_patterns = ["target", ".git", "docs/book", "docs/programs"]

extensions = ["myst_parser", "sphinx_copybutton", "sphinx_design", "plain_markdown", "reference"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
# Pages for the forge begin a section at the level that reads well there.
suppress_warnings = ["myst.header"]

# A string such as "" stays what a program has to be given, and --servers keeps both hyphens.
smartquotes = False

html_theme = "furo"
html_title = f"tabi {release}"
html_static_path = ["static"]
html_css_files = ["manual.css"]
html_copy_source = False
html_show_sphinx = False
# The prompts of the terminals in this manual: "$ ", "server$ ", "client$ ".
copybutton_prompt_text = r"[a-z]*\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
