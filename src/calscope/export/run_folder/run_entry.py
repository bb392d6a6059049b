"""What OUT/run.json says of each animal."""

from collections.abc import Mapping
from typing import Any


def entry_of(record: Mapping[str, Any], remarks: Mapping[str, str]) -> dict[str, Any]:
    """Give the entry of an animal from its record as plain values (`AnimalRun.to_dict`), and the remark on it."""
    return {
        "name": record["name"],
        "folder": record["name"],
        "state": "failed" if record["error"] else "done",
        "error": record["error"],
        "remark": remarks.get(record["name"], ""),
        "seconds": round(sum(stage["seconds"] for stage in record["stages"]), 3),
        "components": record["counts"],
        "peak_memory_bytes": record["peak_memory_bytes"],
    }
