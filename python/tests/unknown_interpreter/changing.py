"""Lets a file of the package have another line than it has: the interpreter is not what that line expects."""

import importlib.machinery


def change(file: str, before: str, after: str) -> None:
    original = importlib.machinery.SourceFileLoader.get_code

    def get_code(self, name):
        if name != file:
            return original(self, name)
        source = self.get_source(name)
        assert before in source, before
        return compile(source.replace(before, after), self.get_filename(name), "exec", dont_inherit=True)

    importlib.machinery.SourceFileLoader.get_code = get_code
