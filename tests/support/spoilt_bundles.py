"""Bundles taken apart and put together again."""

import hashlib
import json
import zipfile


def parts_of(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def put_together(path, parts, *, is_listed=True):
    """Write a bundle of these parts, with a manifest that lists them where asked for."""
    manifest = json.loads(parts["manifest.json"])
    if is_listed:
        sums = {name: {"bytes": len(b), "sha256": hashlib.sha256(b).hexdigest()} for name, b in parts.items()}
        manifest["parts"] = {name: told for name, told in sums.items() if name != "manifest.json"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in (parts | {"manifest.json": json.dumps(manifest).encode()}).items():
            file.writestr(name, content)
    return path
