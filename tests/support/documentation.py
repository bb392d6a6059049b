"""The documentation as text: its pages, their tables and their code, for tests that compare it with the program."""

import re
import shlex
from pathlib import Path

from repository import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "DESIGN"))])
REFERENCE = DOCS / "reference"


def page(name: str) -> str:
    """Text of a page of the reference."""
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of the same or a higher level."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if re.fullmatch(rf"#+ `?{re.escape(heading)}`?", line))
    level = len(lines[start].split()[0])
    after = lines[start + 1 :]
    ends = (i for i, line in enumerate(after) if re.match(rf"#{{1,{level}}} ", line))
    return "\n".join(after[: next(ends, len(after))])


def rows(text: str) -> list[str]:
    """Names in backticks in the first column of all tables of a text."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def commands_in(path: Path) -> list[list[str]]:
    """Every line `calscope ...` of a page's code blocks, as arguments."""
    blocks = re.findall(r"```(?:text|sh|bash)?\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("calscope ")]


def commands_named_in(path: Path) -> list[list[str]]:
    """Every `calscope ...` inside of a page's sentences, as words."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [found.split()[1:] for found in re.findall(r"`(calscope [^`]+)`", text)]
