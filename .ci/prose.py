#!/usr/bin/env python3
"""Finds wording that does not read like plain technical English.

    .ci/prose.py [--list] [PATH …]      default: all tracked .rs, .md and .py files, except the cases of trybuild

It reads doc comments, comments, string literals and Markdown outside of code blocks. A hit is a line to read again; if
the wording is right, a comment `prose: ok` at the end of the line exempts it. Without paths, the script fails for more
than MAX_HITS hits or MAX_EXEMPTIONS exemptions in the tree; with paths, for any hit.
"""
import pathlib
import re
import subprocess
import sys

MAX_HITS = 20
MAX_EXEMPTIONS = 10
EXEMPTION = re.compile(r"prose: ok(?: -->)?\s*$")

# Name, pattern, advice. `first` rules apply to the first line of a comment only.
FIRST_LINE_RULES = [
    (
        "headless definition",
        r"^(?:What|Whether|Where|Who|One|That|Those|All that|As it|Of) (?!is\b.*\?$)(?!.*\?\s*$)",
        "begin with a noun or a verb: `Serializes the partial batch response.`",
    ),
    (
        "one-word docs",
        r"^(?:It|It does|It is one|It can|The same|None|Ends it|Lends it|Runs it)\.$",
        "describe the item, or make it private",
    ),
]
RULES = [
    (
        "is no X",
        r"\b(?:is|are|was|were|be) no (?!(?:longer|more|less|different|need|way|reason|better|such|match|default)\b)[a-z`]",
        "is not a …, invalid …",
    ),
    ("is none", r"\b(?:is|are) none\b", "is not one, there is no …"),
    ("odd", r"\bodd(?:ly)?\b(?! number)", "invalid, malformed, unexpected"),
    (
        "told",
        r"\b(?:is|are|was|were|be) told\b|\btells? (?:of|that|what|which|whether|how|it)\b|\bto tell\b|\btold\b",
        "reported, logged, says",
    ),
    ("stands", r"\bstands?\b(?! for)", "is, appears, is located"),
    ("behind, beside", r"\bbeside\b|\bbehind (?:it|them|its|the (?:last|first))\b", "after, next to, following"),
    (
        "archaic",
        r"\b(?:cures?|fates?|anew|till|nobody|for ever|apart from it|by itself alone)\b",
        "fix, outcome, again, until, no one",
    ),
    (
        "vague relative",
        r"\b(?:what (?:is|was|has|becomes|became|came)|has to|had to be)\b.{0,40}\b(?:of it|is said|is there)\b",
        "name the thing: outcome, result, value",
    ),
    ("vague place", r"\b(?:is there|it is there) once\b|\bapart, so that\b", "say where, and why"),
]
COMPILED = [(name, re.compile(pattern), True) for name, pattern, _ in FIRST_LINE_RULES]
COMPILED += [(name, re.compile(pattern, re.I), False) for name, pattern, _ in RULES]
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def without_code(text):
    return re.sub(r"`[^`]*`", "`x`", text)


def markdown_prose(lines):
    fenced = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, without_code(line.strip(" |*#->")), False


def source_prose(lines, comment):
    in_comment = fenced = False
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if match := comment.match(text):
            if match[1].startswith("```"):
                fenced = not fenced
            elif not fenced:
                yield number, without_code(match[1]), not in_comment
            in_comment = True
            continue
        in_comment = fenced = False
        for literal in STRING.findall(text):
            if " " in literal:
                yield number, literal, False


def prose(path, lines):
    """Yields the line number and text of each piece of prose, and if it is the first line of a comment."""
    if path.suffix == ".md":
        return markdown_prose(lines)
    return source_prose(lines, re.compile(r"//[/!]?\s?(.*)" if path.suffix == ".rs" else r"#\s?(.*)"))


def tracked_files():
    command = ["git", "ls-files", "*.rs", "*.md", "*.py", ":!tests/ui", ":!.ci/prose.py"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def main():
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    paths = [pathlib.Path(argument) for argument in arguments or tracked_files()]
    hits = {name: [] for name, *_ in COMPILED}
    exemptions = 0
    for path in paths:
        lines = path.read_text(errors="replace").splitlines()
        exempt = {number for number, line in enumerate(lines, 1) if EXEMPTION.search(line)}
        exemptions += len(exempt)
        for number, text, is_first in prose(path, lines):
            for name, pattern, first_only in COMPILED:
                if number not in exempt and (is_first or not first_only) and pattern.search(text):
                    hits[name].append(f"{path}:{number}: {lines[number - 1].strip()[:140]}")
    for name, _, advice in FIRST_LINE_RULES + RULES:
        print(f"{len(hits[name]):5}  {name:20} {advice}")
        if "--list" in sys.argv:
            print("".join(f"       {hit}\n" for hit in hits[name]), end="")
    total = sum(map(len, hits.values()))
    max_hits = 0 if arguments else MAX_HITS
    print(f"{total:5}  hits in {len(paths)} files (at most {max_hits}), {exemptions} exemptions (at most {MAX_EXEMPTIONS})")
    sys.exit(total > max_hits or exemptions > MAX_EXEMPTIONS)


main()
