#!/usr/bin/env python3
"""Checks that all tracked Markdown files refer to things that exist.

- Relative links point to existing files and headings.
- Paths in commands and code spans exist, and so do packages (`-p NAME`) in commands.
- Each page below docs is linked from another page; each page of the guide is in its index and in the API documentation.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```(\w*).*?^```", re.M | re.S)
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.M | re.S)
SPAN = re.compile(r"`([^`\n]*)`")
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$", re.M)
FOLDERS = r"(?:\.ci|benches|docs|examples|lrt-\w+|tests)"
PATH = re.compile(rf"(?<![\w./-])({FOLDERS}/[\w./-]*[\w/])(?![\w*{{<-])")
PACKAGE = re.compile(r"\bcargo .*?-p ([\w-]+)")
INCLUDED = re.compile(r'"(?:\.\./)+docs/guide/([\w-]+\.md)"')
# The files that describe the repository, in which `src/…` is the crate lrt.
DESCRIPTIONS = {"ARCHITECTURE.md", "CONTRIBUTING.md"}
DESCRIBED_PATH = re.compile(rf"^((?:{FOLDERS}|src)/[\w./-]+)$")


def tracked(pattern):
    return subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def anchor(heading):
    """Returns the id that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path):
    text = BLOCK.sub("", path.read_text())
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", text, re.M)}


def links(text):
    """Returns the relative links of a page."""
    found = (match[1] or match[2] for match in LINK.finditer(CODE.sub("", text)))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def is_broken(link, path):
    target, _, fragment = link.partition("#")
    file = (path.parent / target).resolve() if target else path
    return not file.exists() or (fragment and fragment not in anchors(file))


def commands(text):
    """Returns the commands in a page, without their output."""
    lines = (line for block in BLOCK.finditer(text) if block[1] == "console" for line in block[0].splitlines())
    return [line[2:] for line in lines if line.startswith("$ ")]


def missing(name, text, packages):
    """Returns the paths and packages in the commands and code spans of a page that do not exist."""
    outside = BLOCK.sub("", text)
    snippets = commands(text) + SPAN.findall(outside)
    paths = {path for snippet in snippets for path in PATH.findall(snippet)}
    if name in DESCRIPTIONS:
        paths |= {match[1] for span in SPAN.findall(outside) for match in [DESCRIBED_PATH.match(span)] if match}
    found = [path for path in sorted(paths) if "NAME" not in path and not (ROOT / path).exists()]
    named = {package for command in commands(text) for package in PACKAGE.findall(command)}
    return found + [f"-p {package}" for package in sorted(named - packages) if package != "NAME"]


def main():
    pages = {name: (ROOT / name).read_text() for name in tracked("*.md")}
    packages = {
        name for manifest in tracked("*Cargo.toml")
        for name in re.findall(r'^name = "(.*)"$', (ROOT / manifest).read_text(), re.M)
    }
    included = {name for file in tracked("*.rs") for name in INCLUDED.findall((ROOT / file).read_text())}
    index = links(pages["docs/guide/README.md"])
    linked = set()
    broken = []
    for name, text in pages.items():
        path = ROOT / name
        linked |= {(path.parent / link.partition("#")[0]).resolve() for link in links(text) if not link.startswith("#")}
        broken += [f"{name}: {link}" for link in links(text) if is_broken(link, path)]
        broken += [f"{name}: {what} does not exist" for what in missing(name, text, packages)]
    for name in pages:
        folder, _, file = name.rpartition("/")
        if folder.startswith("docs") and ROOT / name not in linked:
            broken.append(f"{name}: not linked from any page")
        if folder == "docs/guide" and file != "README.md":
            if file not in index:
                broken.append(f"{name}: not in docs/guide/README.md")
            if file not in included:
                broken.append(f"{name}: not part of the API documentation")
    print("\n".join(broken) or f"all references in {len(pages)} pages are valid")
    sys.exit(bool(broken))


main()
