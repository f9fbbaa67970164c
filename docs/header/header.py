"""What include/tabi.h says about each of its items, for the manual pages and for the book.

The header is made by a program, so its form is known: a comment that begins with /** and the declaration under it, with
an empty line between two items, and a line such as "/* ---- Sockets ---- */" before each section. Items that not every
system has stand between #if and #endif.
"""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).parent.parent.parent
HEADER = ROOT / "include/tabi.h"
COMMENT = re.compile(r"\s*/\*\*\n(.*?)\*/\n(.*)", re.S)
SECTION = re.compile(r"/\* ---- (.*) ---- \*/")
MEMBER = re.compile(r"    /\*\*\n(.*?)\*/\n    (.*?);\n", re.S)
#: What is said about items that not every system has.
SYSTEMS = {"defined(__linux__)": "Linux only.", "!defined(_WIN32)": "Not on Windows.", "defined(_WIN32)": "Windows only."}
RESULTS = re.compile(r"(Returns|Errors|The results|The errors|Rounding and\s+results)\b")


@dataclasses.dataclass
class Paragraph:
    text: str


@dataclasses.dataclass
class Items:
    """A list in a comment, each item with its text."""

    texts: list


@dataclasses.dataclass
class Item:
    """A macro, a type or a function of the header."""

    #: "macro", "structure", "opaque", "alias", "callback" or "function"
    kind: str
    name: str
    section: str
    blocks: list
    #: The declaration in one line, without its semicolon. For a macro, its value.
    declaration: str
    #: The declaration and the blocks of each member of a structure.
    members: list


def items(text):
    """Returns the items of a header in their order."""
    found, section, systems = [], "", None
    for part in re.split(r"\n\n(?=/\*|#if )", text):
        if guard := re.match(r"#if (.*)\n", part):
            systems, part = SYSTEMS.get(guard[1]), part[guard.end() :]
        if title := SECTION.match(part):
            section = title[1]
        elif documented := COMMENT.fullmatch(part):
            found.append(item(section, blocks(documented[1]), documented[2]))
            if systems:
                found[-1].blocks.append(Paragraph(systems))
        if systems and part.endswith("\n#endif"):
            systems = None
    return found


def item(section, described, declaration):
    if macro := re.match(r"#define (\w+) (.*)", declaration):
        return Item("macro", macro[1], section, described, macro[2], [])
    if structure := re.match(r"typedef struct {\n(.*)} (\w+);", declaration, re.S):
        members = [(one_line(member[2]), blocks(member[1])) for member in MEMBER.finditer(structure[1])]
        return Item("structure", structure[2], section, described, "", members)
    if opaque := re.match(r"typedef struct (\w+) \1;", declaration):
        return Item("opaque", opaque[1], section, described, "", [])
    if callback := re.match(r"typedef (\w+ \(\*(\w+)\)\(.*?\));", declaration, re.S):
        return Item("callback", callback[2], section, described, one_line(callback[1]), [])
    # A type that is another one on Windows.
    if alias := re.match(r"#if .*#else\ntypedef ([\w ]+? (tabi_\w+));\n#endif", declaration, re.S):
        return Item("alias", alias[2], section, described, alias[1], [])
    # A function that the header defines itself stands behind attributes for the compiler.
    function = re.search(r"^(?:static inline )?([\w *]+?(tabi_\w+)\([^{;]*\))\s*[;{]", declaration, re.S | re.M)
    return Item("function", function[2], section, described, one_line(function[1]), [])


def one_line(text):
    return re.sub(r"\s+", " ", text).strip()


def blocks(comment):
    """Returns the paragraphs and lists of a comment."""
    found, ends = [], True
    for line in comment.split("\n"):
        line = re.sub(r"^ *\* ?", "", line).rstrip()
        if not line:
            ends = True
        elif line.startswith("- "):
            if ends or not isinstance(found[-1], Items):
                found.append(Items([]))
            found[-1].texts.append(line[2:])
            ends = False
        elif line.startswith("  ") and not ends and isinstance(found[-1], Items):
            found[-1].texts[-1] += " " + line.strip()
        elif ends or isinstance(found[-1], Items):
            found.append(Paragraph(line))
            ends = False
        else:
            found[-1].text += " " + line
    return found


def signature(item):
    """Returns what a function or a callback returns, its name, and its parameters."""
    returns, name, inside = re.fullmatch(r"(.*?)(\w+|\(\*\w+\))\((.*)\)", item.declaration).groups()
    return ("typedef " if item.kind == "callback" else "") + returns.strip(), name, inside.split(", ")


def parameter_names(item):
    return re.findall(r"(\w+)(?=[,)])", item.declaration)


def divided(described):
    """Returns what the blocks say about a function apart from its results, and what they say about these."""
    about, results = [], []
    in_results = False
    for number, block in enumerate(described):
        if isinstance(block, Items):
            (results if in_results else about).append(block)
            continue
        sentences = re.split(r"(?<=[.:]) (?=[A-Z])", block.text)
        # What a function returns may be all that it is for.
        begin = 1 if number == 0 else 0
        first = next((at for at in range(begin, len(sentences)) if RESULTS.match(sentences[at])), len(sentences))
        in_results = first < len(sentences)
        for part, into in (sentences[:first], about), (sentences[first:], results):
            if part:
                into.append(Paragraph(" ".join(part)))
    return about, results


def codes(text):
    """Returns the error codes of the header: the name, the number and the text of each."""
    return re.findall(r"^#define (TABI_\w+) \((-\d+)\) /\* (.*) \*/$", text, re.M)


def conventions(text):
    """Returns the comment at the top of the header: the title and the text of each paragraph, which may be code."""
    comment = re.match(r"/\*\n(.*?) \*/", text, re.S)[1]
    lines = [re.sub(r"^ \* ?", "", line) for line in comment.split("\n")]
    paragraphs = re.split(r"\n\n", "\n".join(lines).strip("\n"))
    # The first one says what the header is, the last one how it is made.
    return paragraphs[1:-1]


@dataclasses.dataclass
class Family:
    """A manual page, and what stands on it."""

    name: str
    title: str
    members: list


def families(listing, known):
    """Reads families.txt. Every item must be in exactly one family."""
    found, left = [], {each.name: each for each in known}
    for line in listing.split("\n"):
        if line.startswith("== "):
            name, title = line[3:].split(": ", 1)
            found.append(Family(name, title, []))
        elif not line.startswith("#"):
            for name in line.split():
                if name not in left:
                    raise SystemExit(f"docs/header/families.txt: {name} is here twice, or not in the header")
                found[-1].members.append(left.pop(name))
    if left:
        raise SystemExit(f"docs/header/families.txt: no page has {', '.join(left)}")
    return found
