"""The page of the book that is made of the docstrings of python/tabi: what the package adds to Python's own modules. The
source is read and not imported, so that no library is needed."""

import ast
import inspect
import textwrap

from plain_markdown import ROOT

PACKAGE = ROOT / "python/tabi"

#: The modules, and the files that define their names.
MODULES = {
    "tabi": ["__init__.py", "_cancel.py", "_errors.py"],
    "tabi.socketserver": ["socketserver.py"],
    "tabi.proxy": ["proxy.py"],
}


def page():
    title = "What the Python package adds"
    made = f"{title}\n{'=' * len(title)}\n\n"
    return made + "".join(module(name, files) for name, files in MODULES.items())


def module(name, files):
    trees = [ast.parse((PACKAGE / file).read_text(encoding="utf-8")) for file in files]
    made = f"``{name}``\n{'-' * (len(name) + 4)}\n\n.. py:module:: {name}\n\n{docstring(trees[0])}\n\n"
    public = public_names(trees[0])
    for tree in trees:
        for node in tree.body:
            if getattr(node, "name", None) in public:
                made += definition(node)
    return made


def public_names(tree):
    """What the list __all__ of a module has."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return ast.literal_eval(node.value)
    return []


def definition(node):
    """The directive for a function, or for a class with its public methods."""
    about = docstring(node)
    if isinstance(node, ast.ClassDef):
        inside = [each for each in node.body if isinstance(each, ast.FunctionDef) and docstring(each)]
        about += "\n\n" + "".join(definition(each) for each in inside if not each.name.startswith("_"))
        return directive("py:class", node.name, about)
    decorators = {getattr(each, "id", None) for each in node.decorator_list}
    if "property" in decorators:
        return directive("py:property", node.name, about)
    arguments = node.args
    kind = "py:function"
    if node.col_offset:
        kind = "py:staticmethod" if "staticmethod" in decorators else "py:method"
        arguments.args = arguments.args if kind == "py:staticmethod" else arguments.args[1:]
    return directive(kind, f"{node.name}({ast.unparse(arguments)})", about)


def docstring(node):
    return inspect.cleandoc(ast.get_docstring(node) or "")


def directive(name, argument, body):
    return f".. {name}:: {argument}\n\n{textwrap.indent(body, '   ')}\n\n"
