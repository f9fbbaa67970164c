"""Prints what the C library is made of: a bill of materials in the JSON form of CycloneDX 1.5.

    python3 packaging/sbom.py VERSION_OF_THE_COMPILER

It has the crates of Cargo.lock that the C library needs on Linux. cargo says which they are.
"""

import json
import re
import subprocess
import sys


def crates() -> list:
    """The name, version, source and licence of each crate, in the order of their names."""
    command = ["cargo", "tree", "--locked", "--package", "tabi-capi", "--edges", "normal", "--prefix", "none"]
    listing = subprocess.run([*command, "--format", "{p}|{l}"], check=True, capture_output=True, text=True).stdout
    found = set()
    for line in listing.splitlines():
        name, version, licence = re.fullmatch(r"(\S+) v(\S+)[^|]*\|(.*?)(?: \(\*\))?", line).groups()
        found.add((name, version, licence.replace("/", " OR ") if " " not in licence else licence))
    return sorted(found)


def checksums() -> dict:
    with open("Cargo.lock", encoding="utf-8") as lock:
        entries = lock.read().split("[[package]]")[1:]
    fields = [dict(re.findall(r'^(\w+) = "(.*)"$', entry, re.M)) for entry in entries]
    return {(each["name"], each["version"]): each["checksum"] for each in fields if "checksum" in each}


def component(name: str, version: str, licence: str, checksum) -> dict:
    described = {"type": "library", "name": name, "version": version, "licenses": [{"expression": licence}]}
    if checksum:
        described["purl"] = f"pkg:cargo/{name}@{version}"
        described["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return described


def main() -> None:
    known = checksums()
    listed = [component(name, version, licence, known.get((name, version))) for name, version, licence in crates()]
    # The package of the C library compiles the source of the crate: nothing else of the project is in it.
    own = next(each for each in listed if each["name"] == "tabi-capi") | {"name": "tabi"}
    std = {"type": "library", "name": "rust-std", "version": sys.argv[1], "licenses": [{"expression": "MIT OR Apache-2.0"}]}
    others = [each for each in listed if each["name"] != "tabi-capi"]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": [*others, std],
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
