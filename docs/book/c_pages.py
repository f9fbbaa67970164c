"""The pages of the book that are made of include/tabi.h: one for each section of the header, and one for what all functions
have in common. They are in reStructuredText, where Sphinx has directives for C."""

import re
import sys
import textwrap

from plain_markdown import ROOT

sys.path.insert(0, str(ROOT / "docs/header"))

import header

#: What is more than text: code, a function, a manual page, a name that begins with TABI_ or tabi_, an errno.
MARKED = re.compile(
    r"`(?P<code>[^`]+)`|\b(?P<function>\w+)\(\)|\b(?P<manual>\w+\(\d\))|\b(?P<name>TABI_\w+\*?|tabi_\w+)|(?P<errno>-(?:E[A-Z0-9]+|errno)\b)"
)


def pages():
    """Returns the text of each page by its name, in the order of the header."""
    text = header.HEADER.read_text(encoding="utf-8")
    items = header.items(text)
    writer = Writer({each.name: each.kind for each in items})
    made = {"conventions": writer.conventions(text)}
    for item in items:
        page = file_name(item.section)
        made[page] = made.get(page, titled(item.section)) + writer.item(item)
    return made


def places():
    """Returns the page that describes each name of the header."""
    text = header.HEADER.read_text(encoding="utf-8")
    found = {name: "conventions" for name, _, _ in header.codes(text)}
    return found | {item.name: file_name(item.section) for item in header.items(text)}


def file_name(section):
    return re.sub(r"\W+", "-", section.lower()).replace("'", "")


def titled(title):
    return f"{title}\n{'=' * len(title)}\n\n"


class Writer:
    def __init__(self, kinds):
        #: What each name of the header is.
        self.kinds = kinds

    def item(self, item):
        body = self.blocks(item.blocks)
        if item.kind == "macro":
            return directive("c:macro", item.name, f"``#define {item.name} {item.declaration}``\n\n{body}")
        if item.kind == "function":
            return directive("c:function", item.declaration, body)
        if item.kind == "structure":
            members = (directive("c:member", declaration, self.blocks(about)) for declaration, about in item.members)
            return directive("c:struct", item.name, body + "".join(members))
        return directive("c:type", item.declaration or item.name, body)

    def blocks(self, blocks):
        made = ""
        for block in blocks:
            if isinstance(block, header.Items):
                made += "".join(f"- {self.inline(text)}\n" for text in block.texts) + "\n"
            else:
                made += f"{self.inline(block.text)}\n\n"
        return made

    def inline(self, text):
        made, end = "", 0
        for marked in MARKED.finditer(text):
            made += escaped(text[end : marked.start()]) + self.role(marked)
            end = marked.end()
            # What follows a role at once would be a part of it.
            made += "\\ " if re.match(r"[\w(]", text[end:]) else ""
        return made + escaped(text[end:])

    def role(self, marked):
        if manual := marked["manual"]:
            return f":manpage:`{manual}`"
        if function := marked["function"]:
            return f":c:func:`{function}`" if function in self.kinds else f"``{function}()``"
        name = marked["name"]
        if name in self.kinds:
            return f":c:{'macro' if name.startswith('TABI_') else 'type'}:`{name}`"
        if name and re.fullmatch(r"TABI_(GAI|HERROR|ERR)_\w*[A-Z]|TABI_(PARK|AGAIN|MORE)", name):
            return f":c:macro:`{name}`"
        return f"``{marked['code'] or name or marked['errno']}``"

    def conventions(self, text):
        made = titled("What all functions have in common")
        for paragraph in header.conventions(text):
            if paragraph.startswith("    "):
                made += f".. code-block:: none\n\n{paragraph}\n\n"
            else:
                made += re.sub(r"^(\w+\.) ", r"**\1** ", self.inline(header.one_line(paragraph))) + "\n\n"
        made += "The codes that are not negative numbers of errno; :doc:`/docs/errors` says what to do about each:\n\n"
        for name, number, meaning in header.codes(text):
            made += directive("c:macro", name, f"{escaped(number)}: {self.inline(meaning)}\n\n")
        return made


def directive(name, argument, body):
    return f".. {name}:: {argument}\n\n{textwrap.indent(body, '   ')}\n"


def escaped(text):
    return re.sub(r"([\\*_|`])", r"\\\1", text)
