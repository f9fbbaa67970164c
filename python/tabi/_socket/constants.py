"""The constants, as the running Python shows them: names and values differ between versions and systems."""

from __future__ import annotations

from .._genuine import module as builtin

#: Every constant of the built-in module: AF_*, SO_*, EAI_* ..., ``has_ipv6``.
TABLE = {
    name: value
    for name, value in vars(builtin).items()
    if not name.startswith("_") and isinstance(value, (int, str)) and (name.isupper() or name[0].isupper())
}
TABLE["has_ipv6"] = builtin.has_ipv6
