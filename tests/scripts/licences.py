#!/usr/bin/env python3
"""Checks that every crate Lightbar is built from may be used under its licence.

Reads `cargo metadata`; prints what is not allowed and exits with 1, or prints a count.
"""
import json
import re
import subprocess
import sys

ALLOWED = {
    "MIT", "MIT-0", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "ISC",
    "Zlib", "IJG", "0BSD", "BSL-1.0", "CC0-1.0", "Unicode-3.0", "OFL-1.1", "Ubuntu-font-1.0", "Unlicense",
}


def allowed(expression):
    """Whether an SPDX expression can be satisfied with allowed licences alone."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    position = 0

    def term():
        nonlocal position
        token = tokens[position]
        position += 1
        if token == "(":
            value = either()
            position += 1
            return value
        if position < len(tokens) and tokens[position] == "WITH":
            token = f"{token} WITH {tokens[position + 1]}"
            position += 2
        return token in ALLOWED

    def both():
        nonlocal position
        value = term()
        while position < len(tokens) and tokens[position] == "AND":
            position += 1
            value = term() and value
        return value

    def either():
        nonlocal position
        value = both()
        while position < len(tokens) and tokens[position] == "OR":
            position += 1
            value = both() or value
        return value

    return either()


def main():
    metadata = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version", "1", "--locked"]))
    used = {node["id"] for node in metadata["resolve"]["nodes"]}
    packages = [package for package in metadata["packages"] if package["id"] in used]
    refused = [
        f"{package['name']} {package['version']}: {package['license']}"
        for package in packages
        if not package["license"] or not allowed(package["license"])
    ]
    for line in refused:
        print("not allowed:", line)
    if refused:
        return 1
    print(f"PASS {len(packages)} crates, all under allowed licences")
    return 0


sys.exit(main())
