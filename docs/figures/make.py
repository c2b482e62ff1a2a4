# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of the pages in docs anew: make.py PROGRAM [PAGE ...]

A table that is made stands below the line <!-- figures: NAME -->; its heading stays, its rows are made by the function
of that name in the page's module. `--facts` prints the figures that a page has in its sentences.
"""

import sys
from pathlib import Path

import reproduction
import zero_skipping
from runs import Runs

PAGES = {"zero_skipping.md": zero_skipping, "reproduction.md": reproduction}


def renewed(text: str, tables: dict, runs: Runs) -> str:
    """`text` with the rows of each table made."""
    lines, out, at = text.split("\n"), [], 0
    while at < len(lines):
        out.append(lines[at])
        name = lines[at].removeprefix("<!-- figures: ").removesuffix(" -->")
        at += 1
        if name == out[-1]:
            continue
        out += lines[at : at + 2]  # the heading and the line below
        at += 2
        out += tables[name](runs)
        while lines[at].startswith("|"):
            at += 1
    return "\n".join(out)


def main(arguments: list) -> None:
    facts = "--facts" in arguments
    program, *pages = [argument for argument in arguments if not argument.startswith("--")]
    docs = Path(__file__).resolve().parent.parent
    runs = Runs(Path(program), docs.parent / "build" / "figures")
    for page in pages or PAGES:
        if facts:
            PAGES[page].facts(runs)
            continue
        file = docs / page
        file.write_text(renewed(file.read_text(), PAGES[page].TABLES, runs))


if __name__ == "__main__":
    main(sys.argv[1:])
