#!/usr/bin/env python3
"""Checks that relative links in all tracked Markdown files point to existing files and headings.

In the files of DESCRIPTIONS, paths in code spans have to exist, too.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.M | re.S)
DESCRIPTIONS = ["ARCHITECTURE.md", "CONTRIBUTING.md"]
PATH = re.compile(r"`((?:\.ci|benches|docs|examples|lrt-\w+|src|tests)/[\w./-]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$", re.M)


def anchor(heading):
    """Returns the id that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path):
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S)
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", text, re.M)}


def main():
    names = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    broken = []
    for name in names.splitlines():
        path = ROOT / name
        for match in LINK.finditer(CODE.sub("", path.read_text())):
            link = match[1] or match[2]
            if re.match(r"[a-z]+:", link):
                continue
            target, _, fragment = link.partition("#")
            file = (path.parent / target).resolve() if target else path
            if not file.exists() or (fragment and fragment not in anchors(file)):
                broken.append(f"{name}: {link}")
    for name in DESCRIPTIONS:
        for path in PATH.findall((ROOT / name).read_text()):
            if "NAME" not in path and not (ROOT / path).exists():
                broken.append(f"{name}: {path}")
    print("\n".join(broken) or "all relative links are valid")
    sys.exit(bool(broken))


main()
