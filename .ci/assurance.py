#!/usr/bin/env python3
"""Checks that the tests that docs/assurance.md names exist.

    .ci/assurance.py               checks the page
    .ci/assurance.py --self-test   checks that the check finds each kind of mistake

Tables with a column "Tests" are checked. In that column, a link names a file, and the code spans after it name tests in that file:
functions with a test attribute and without `#[ignore]` in Rust, functions in Python and shell. A link to a script or to a fuzz target
needs no names.
"""
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOKEN = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|`([^`]+)`")
# Attributes, which comments may separate, and the function after them.
RUST = re.compile(r"((?:^[ \t]*#\[.*\]\n(?:[ \t]*//.*\n)*)+)[ \t]*(?:async )?fn (\w+)", re.M)
FUNCTIONS = {"": re.compile(r"^(\w+)\(\) \{", re.M), ".py": re.compile(r"^ *def (\w+)\(", re.M)}


def tests(file):
    """Returns the names of the tests in a file, or None for a file that is neither code nor a script."""
    text = file.read_text()
    if file.suffix == ".rs":
        return {
            name for attributes, name in RUST.findall(text)
            if re.search(r"#\[(\w+::)?test\b", attributes) and not re.search(r"#\[(cfg_attr\(.*)?ignore\b", attributes)
        }
    pattern = FUNCTIONS.get(file.suffix)
    return set(pattern.findall(text)) if pattern else None


def needs_names(link):
    return link is not None and link.endswith(".rs") and "fuzz_targets/" not in link


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows(text):
    """Returns the number of each line that is a row of a table with the column "Tests", and the content of that column."""
    column = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            column = None
        elif column is None:
            column = cells(line).index("Tests") if "Tests" in cells(line) else -1
        elif column >= 0 and not set(line) <= set("|-: "):
            yield number, cells(line)[column]


def mistakes(page):
    """Returns a line of text for each mistake in a page, and the number of tests that it names."""
    found, count = [], 0
    for number, content in rows(page.read_text()):
        place = f"{page.name}:{number}"
        file, known, named = None, None, 0
        for link, name in TOKEN.findall(content):
            if link:
                if needs_names(file) and not named:
                    found.append(f"{place}: no test named in {file}")
                file, named = link, 0
                target = page.parent / link
                known = tests(target) if target.is_file() else None
                if not target.exists():
                    found.append(f"{place}: {link} does not exist")
                    named = 1  # one mistake is enough
            elif file is None:
                found.append(f"{place}: `{name}` without a file")
            elif known is not None:
                named += 1
                count += 1
                if name not in known:
                    found.append(f"{place}: no test `{name}` in {file}")
        if not TOKEN.search(content):
            found.append(f"{place}: no test")
        elif needs_names(file) and not named:
            found.append(f"{place}: no test named in {file}")
    return found, count


def self_test():
    rust = """
#[test]
fn runs() {}

#[tokio::test(start_paused = true)]
// A comment.
async fn runs_too() {}

#[test]
#[ignore = "slow"]
fn ignored() {}

fn helper() {}
"""
    cases = {
        "[a](a.rs): `runs`, `runs_too`; [b](run): `step`; [c](run); [d](data.txt)": None,
        "[a](a.rs): `gone`": "no test `gone` in a.rs",
        "[a](a.rs): `helper`": "no test `helper` in a.rs",
        "[a](a.rs): `ignored`": "no test `ignored` in a.rs",
        "[a](a.rs): `runs`; [b](run): `gone`": "no test `gone` in run",
        "[a](gone.rs): `runs`": "gone.rs does not exist",
        "[a](a.rs)": "no test named in a.rs",
        "[a](a.rs); [b](run): `step`": "no test named in a.rs",
        "`runs`": "`runs` without a file",
        "manually": "no test",
    }
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "a.rs").write_text(rust)
        (folder / "run").write_text("#!/usr/bin/env bash\nstep() {\n  true\n}\n")
        (folder / "data.txt").write_text("")
        page = folder / "page.md"
        for content, expected in cases.items():
            page.write_text(f"| Promise | Tests |\n|---|---|\n| it works | {content} |\n\n| Other |\n|---|\n| no column |\n")
            found = mistakes(page)[0]
            if [line.partition(": ")[2] for line in found] != ([expected] if expected else []):
                sys.exit(f"{content}: expected {expected}, found {found}")
    print(f"{len(cases)} cases of the self-test passed")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return
    found, count = mistakes(ROOT / "docs/assurance.md")
    print("\n".join(found) or f"all {count} tests in docs/assurance.md exist")
    sys.exit(bool(found))


main()
