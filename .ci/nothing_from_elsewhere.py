"""Ends with 1 where a built page of the documentation loads a script, style, font or picture from another server."""

import re
import sys
from pathlib import Path

LOADS = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?(?:https?:)?//"
    r"|<link\b(?![^>]*\brel=[\"']?(?:canonical|next|prev))[^>]*\bhref=[\"']?(?:https?:)?//"
    r"|@import\s+(?:url\()?[\"']?(?:https?:)?//"
    r"|url\([\"']?(?:https?:)?//",
    re.IGNORECASE,
)


def main(site: Path) -> int:
    """Look through all pages and styles."""
    files = [path for path in site.rglob("*") if path.suffix in {".html", ".css"}]
    found = [f"{path}: {match[0]}" for path in files for match in LOADS.finditer(path.read_text(encoding="utf-8"))]
    print("\n".join(found) or f"{len(files)} pages and styles load nothing from other servers")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
