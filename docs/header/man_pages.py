"""Writes the manual pages of section 3 that are made of include/tabi.h: python3 docs/header/man_pages.py DIRECTORY

Each family of functions that families.txt lists has a page, and each function and type is a name of its page. tabi(3) has
what all functions have in common. The pages are in the language mdoc, and go to the folder man3 of the directory.
"""

import os
import pathlib
import re
import sys
import time

import header
from header import Items

HERE = pathlib.Path(__file__).parent
EXAMPLE = header.ROOT / "docs/programs/hello_client.c"

#: What has a macro of its own in a text: code, a function, another manual page, a constant.
MARKED = re.compile(
    r"(?P<opening>\(?)"
    r"(?:`(?P<code>[^`]+)`|(?P<own>\w+)\(\)|(?P<page>\w+)\((?P<part>\d)\)|(?P<constant>TABI_[A-Z0-9_]+\*?))"
    r"(?P<possessive>'s)?(?P<closing>[.,:;)]*)"
)


class Page:
    """A page that is being written."""

    def __init__(self, title, names):
        self.names = names
        self.links = set()
        stamp = int(os.environ.get("SOURCE_DATE_EPOCH", header.HEADER.stat().st_mtime))
        date = time.strftime("%B {}, %Y", time.gmtime(stamp)).format(time.gmtime(stamp).tm_mday)
        self.lines = [f".Dd {date}", f".Dt {names[0].upper()} 3", ".Os", ".Sh NAME"]
        self.lines += [f".Nm {each} ," for each in names[:-1]] + [f".Nm {names[-1]}", f".Nd {title}"]
        self.lines += [".Sh LIBRARY", r"libtabi (\-ltabi)"]

    def text(self, text, parameters=()):
        """Adds a paragraph's text. A sentence begins a new line."""
        line = ""
        for word in re.findall(r"(?:`[^`]*`|[^\s`])+", text):
            if marked := MARKED.fullmatch(word):
                self.flush(line)
                line = ""
                self.lines.append(self.macro(marked, parameters))
                continue
            word = escaped(word)
            if len(line) + len(word) > 76:
                self.flush(line)
                line = ""
            line = f"{line} {word}" if line else word
            if re.search(r"[.!?][)\"]*$", word):
                self.flush(line)
                line = ""
        self.flush(line)

    def flush(self, line):
        if line:
            self.lines.append(rf"\&{line}" if line[0] in ".'" else line)

    def macro(self, marked, parameters):
        if code := marked["code"]:
            macro = ["Fa", code] if code in parameters else ["Ql", argument(code)]
        elif own := marked["own"]:
            # A function that another library has, such as memcmp(), is not a page of this manual.
            here = own in self.names or not own.startswith("tabi_")
            macro = ["Fn", own] if here else self.link(own, 3)
        elif page := marked["page"]:
            macro = self.link(page, marked["part"])
        else:
            macro = ["Dv", marked["constant"]]
        if marked["opening"]:
            macro.insert(1, "(")
        if marked["possessive"]:
            macro += ["Ns", "'s"]
        # mdoc sets a delimiter that stands alone without a space before it.
        return "." + " ".join(macro + list(marked["closing"]))

    def link(self, name, part):
        self.links.add((str(part), name))
        return ["Xr", name, str(part)]

    def blocks(self, blocks, parameters=()):
        for number, block in enumerate(blocks):
            if isinstance(block, Items):
                self.lines.append(".Bl -bullet -compact")
                for text in block.texts:
                    self.lines.append(".It")
                    self.text(text, parameters)
                self.lines.append(".El")
            else:
                if number:
                    self.lines.append(".Pp")
                self.text(block.text, parameters)

    def synopsis(self, item):
        if item.kind == "macro":
            self.lines.append(f".Fd #define {item.name} {item.declaration}")
        elif item.kind == "opaque":
            self.lines.append(f".Vt typedef struct {item.name} {item.name} ;")
        elif item.kind == "alias":
            self.lines.append(f".Vt typedef {item.declaration} ;")
        elif item.kind == "structure":
            self.lines.append(f".Vt typedef struct {{ ... }} {item.name} ;")
        else:
            returns, name, parameters = header.signature(item)
            self.lines += [f'.Ft "{returns}"', f'.Fo "{name}"', *(f'.Fa "{each}"' for each in parameters), ".Fc"]

    def see_also(self):
        self.lines.append(".Sh SEE ALSO")
        links = sorted(self.links | {("3", "tabi")} - {("3", self.names[0])})
        self.lines += [f".Xr {name} {part}{'' if (part, name) == links[-1] else ' ,'}" for part, name in links]

    def write(self, folder):
        name = self.names[0]
        file = folder / f"{name}.3"
        file.unlink(missing_ok=True)
        file.write_text("\n".join(self.lines) + "\n", encoding="utf-8")
        file.chmod(0o644)
        for alias in self.names[1:]:
            (folder / f"{alias}.3").unlink(missing_ok=True)
            (folder / f"{alias}.3").symlink_to(f"{name}.3")


def escaped(word):
    word = word.replace("\\", r"\e")
    return re.sub(r"(?<!\w)-(?=\w)", r"\\-", word)


def argument(code):
    code = escaped(code).replace('"', r"\(dq")
    return f'"{code}"' if " " in code else code


def family_page(family):
    # The page has its own name first, which is one of its functions or types.
    functions = [each for each in family.members if each.kind != "macro"]
    names = [family.name, *(each.name for each in functions if each.name != family.name)]
    page = Page(family.title, names)
    page.lines += [".Sh SYNOPSIS", ".In tabi.h"]
    for item in family.members:
        page.synopsis(item)
    page.lines.append(".Sh DESCRIPTION")
    results = []
    for item in family.members:
        about = item.blocks
        if item.kind == "function":
            about, result = header.divided(item.blocks)
            results += [(item, result)] if result else []
        page.lines.append(f".Ss {item.name}{'()' if item.kind == 'function' else ''}")
        page.blocks(about, header.parameter_names(item))
        if item.members:
            page.lines.append(".Bl -tag -width Ds")
            for declaration, about in item.members:
                page.lines.append(f'.It Vt "{declaration}"')
                page.blocks(about)
            page.lines.append(".El")
    if results:
        page.lines.append(".Sh RETURN VALUES")
        for item, result in results:
            page.lines.append(f".Ss {item.name}()")
            page.blocks(result, header.parameter_names(item))
    return page


def front_page(text, families):
    page = Page("sockets and servers with the names of Python's modules", ["tabi"])
    page.lines += [".Sh SYNOPSIS", ".In tabi.h", ".Bd -literal", "cc client.c $(pkg\\-config \\-\\-cflags \\-\\-libs tabi)", ".Ed"]
    page.lines.append(".Sh DESCRIPTION")
    first = True
    for paragraph in header.conventions(text):
        if paragraph.startswith("    "):
            page.lines += [".Bd -literal", *map(escaped, re.sub(r"^ {4}", "", paragraph, flags=re.M).split("\n")), ".Ed"]
            continue
        titled = re.match(r"([A-Z]\w+)\. ", paragraph)
        if titled:
            page.lines.append(f".Ss {titled[1]}")
            paragraph = paragraph[titled.end():]
        elif not first:
            page.lines.append(".Pp")
        first = False
        page.text(paragraph)
    page.lines += [".Ss Pages", ".Bl -tag -width Ds"]
    for family in families:
        page.lines += [f".It Xr {family.name} 3", family.title]
    page.lines.append(".El")
    page.lines += [".Sh EXAMPLES", "This client connects to a server and prints what it says:", ".Bd -literal"]
    page.lines += [line.replace("\\", r"\e") for line in EXAMPLE.read_text().rstrip("\n").split("\n")]
    page.lines += [".Ed", ".Sh ERRORS", "These codes are not negative numbers of errno:", ".Bl -tag -width Ds"]
    for name, number, meaning in header.codes(text):
        page.lines.append(f".It Dv {name} No ( {escaped(number)} )")
        page.text(meaning)
    page.lines.append(".El")
    return page


def main(directory):
    text = header.HEADER.read_text(encoding="utf-8")
    families = header.families((HERE / "families.txt").read_text(encoding="utf-8"), header.items(text))
    folder = pathlib.Path(directory) / "man3"
    folder.mkdir(parents=True, exist_ok=True)
    for page in [front_page(text, families), *map(family_page, families)]:
        page.see_also()
        page.write(folder)


if __name__ == "__main__":
    main(sys.argv[1])
