#!/usr/bin/env python3
"""Finds cycles between the modules of each crate: imports have to point in one direction.

    .ci/imports.py [--list]       --list prints all imports between modules

The nodes are the modules that a crate's lib.rs declares, with all their submodules. A name that lib.rs re-exports counts as
its module. Tests and documentation are ignored.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMENT = re.compile(r"^\s*//.*$", re.M)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
TEST_MODULE = re.compile(r"^#\[cfg\((?:all\()?test\b.*?^\}", re.M | re.S)
PATH = re.compile(r"\b(crate|super(?:::super)*)::(\{[^;]*?\}|\w+)")
RE_EXPORT = re.compile(r"\buse (?:crate::|self::)?(\w+)::([^;]*);")


def code(path):
    text = STRING.sub('""', COMMENT.sub("", path.read_text()))
    return TEST_MODULE.sub("", text)


def names(tree):
    """Returns the first names in `a::b` or `{a, b::{c, d}}`."""
    if not tree.startswith("{"):
        return [re.match(r"\w+", tree)[0]]
    found, depth = [], 0
    for token in re.findall(r"\w+|::|[{},*]", tree):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth == 1 and re.match(r"\w+$", token) and (not found or found[-1] is not None):
            found.append(token)
        if token == "::" and depth == 1:
            found.append(None)  # skips the rest of this path
        if token == "," and depth == 1:
            found = [name for name in found if name]
    return [name for name in found if name]


def module_of(path, source):
    """Returns the path of the module that a file contains, without the crate."""
    parts = list(path.relative_to(source).with_suffix("").parts)
    if parts[-1] in ("mod", "lib", "main"):
        parts.pop()
    return parts


def imports(source):
    """Returns the edges between the modules of a crate, each with a place."""
    root = code(source / "lib.rs")
    modules = set(re.findall(r"^\s*(?:pub(?:\([^)]*\))? )?mod (\w+);", root, re.M))
    exported = {}
    for module, tree in RE_EXPORT.findall(root):
        if module in modules:
            for name in re.findall(r"\w+", tree):
                exported.setdefault(name, module)
    edges = {}
    for path in sorted(source.rglob("*.rs")):
        own = module_of(path, source)
        if not own or own[0] not in modules or "tests" in own:
            continue
        for match in PATH.finditer(code(path)):
            if match[1] == "crate":
                targets = names(match[2])
            elif len(own) - match[1].count("super") == 0:
                targets = names(match[2])
            else:
                continue
            for name in targets:
                target = name if name in modules else exported.get(name)
                if target and target != own[0]:
                    edges.setdefault((own[0], target), path.relative_to(ROOT))
    return edges


def cycles(edges):
    """Returns the strongly connected components with more than one module."""
    graph = {}
    for start, end in edges:
        graph.setdefault(start, set()).add(end)

    def reachable(start):
        seen, stack = set(), [start]
        while stack:
            for end in graph.get(stack.pop(), ()):
                if end not in seen:
                    seen.add(end)
                    stack.append(end)
        return seen

    reach = {module: reachable(module) for module in graph}
    found = {frozenset(other for other in reach[module] if module in reach.get(other, ())) for module in graph}
    return [sorted(component) for component in found if len(component) > 1]


def main():
    total = 0
    for source in sorted([ROOT / "src", *ROOT.glob("lrt-*/src")]):
        crate = source.parent.name if source.parent != ROOT else "lrt"
        edges = imports(source)
        for component in cycles(edges):
            total += 1
            print(f"{crate}: cycle between {', '.join(component)}")
            for (start, end), path in sorted(edges.items()):
                if start in component and end in component:
                    print(f"  {start} -> {end} ({path})")
        if "--list" in sys.argv:
            for (start, end), path in sorted(edges.items()):
                print(f"{crate}: {start} -> {end} ({path})")
    print(f"{total} import cycles")
    sys.exit(total > 0)


main()
