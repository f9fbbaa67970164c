"""Draws the pictures of the manual, docs/images/*.dot, with graphviz: python3 docs/book/pictures.py

Each picture carries a sum of its source. With --check nothing is drawn: a picture whose source has changed since is an
error. That needs no graphviz.
"""

import hashlib
import pathlib
import subprocess
import sys

IMAGES = pathlib.Path(__file__).parent.parent / "images"


def mark(source):
    return f"<!-- drawn from {source.name} {hashlib.sha256(source.read_bytes()).hexdigest()} -->"


def draw(source):
    drawn = subprocess.run(["dot", "-Tsvg", source], check=True, capture_output=True, text=True).stdout
    source.with_suffix(".svg").write_text(f"{drawn}{mark(source)}\n")


def is_current(source):
    picture = source.with_suffix(".svg")
    return picture.exists() and picture.read_text().endswith(f"{mark(source)}\n")


def main():
    sources = sorted(IMAGES.glob("*.dot"))
    if sys.argv[1:] != ["--check"]:
        for source in sources:
            draw(source)
    elif old := [source.name for source in sources if not is_current(source)]:
        sys.exit(f"{', '.join(old)}: the picture is older. Draw it: python3 docs/book/pictures.py")


if __name__ == "__main__":
    main()
