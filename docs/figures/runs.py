# SPDX-License-Identifier: Apache-2.0
"""Runs of the program, each made once and kept until the program changes."""

import csv
import hashlib
import json
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


class Runs:
    """`program` run in `folder`, which keeps what each command line gave."""

    def __init__(self, program: Path, folder: Path):
        self.program = program.resolve()
        self.folder = folder / hashlib.sha256(self.program.read_bytes()).hexdigest()[:12]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pool = ThreadPoolExecutor(max_workers=2)

    def write(self, name: str, text: str) -> None:
        """A file that runs may name."""
        (self.folder / name).write_text(text)

    def start(self, commands) -> None:
        """Begins with commands whose results will be asked for."""
        for future in [self.pool.submit(self.of, command) for command in commands]:
            future.result()

    def of(self, command: str) -> Path:
        """The folder that `tricycle COMMAND` gave."""
        arguments = shlex.split(command)
        out = self.folder / hashlib.sha256(command.encode()).hexdigest()[:16]
        if not out.is_dir():
            made = out.with_suffix(".made")
            shutil.rmtree(made, ignore_errors=True)
            done = subprocess.run(
                [self.program, *arguments, "-o", made], cwd=self.folder, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                sys.exit(f"tricycle {command}\n{done.stderr}")
            made.rename(out)
        return out

    def result(self, command: str) -> dict:
        return json.loads((self.of(command) / "result.json").read_text())

    def rows(self, command: str) -> list:
        """The rows of a sweep's table."""
        with open(self.of(command) / "sweep.csv", encoding="utf-8") as file:
            return list(csv.DictReader(file))


def count(n) -> str:
    return f"{n:,}"


def micro(pJ, digits=1) -> str:
    return f"{pJ / 1e6:.{digits}f}"


def row(*cells) -> str:
    return "|" + "|".join(f" {cell} " if str(cell) else " " for cell in cells) + "|"


def bold(cells) -> list:
    return [f"**{cell}**" if str(cell) else "" for cell in cells]


def short(x: float) -> str:
    """Two digits behind the point, without zeros at the end."""
    return f"{x:.2f}".rstrip("0").rstrip(".")
