"""Which folders of this machine a browser may see.

Who opens the program in a browser sends paths as text. A text is looked at as text first: nothing is asked of the disk
(which on a network could already do harm) before it is clear that the path stands under an allowed root. Then links are
followed, and what they lead to must stand under a root too.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.request import url2pathname

from calscope.io.file_names import is_system_file, natural_key
from calscope.model.errors import RecordingError

ROOTS = "CALSCOPE_ROOTS"
_DRIVE = re.compile(r"^[A-Za-z]:")
_LONGEST = 4096
_QUOTES = ("''", '""', "``", "“”", "‘’", "„“", "«»")


def allowed_roots() -> tuple[Path, ...]:
    """Folders under which recordings may be opened: CALSCOPE_ROOTS, else home and the current folder.

    Those that do not exist are left out, and so is the root of the file system unless CALSCOPE_ROOTS names it.
    """
    roots: list[Path] = []
    for given in _given_roots():
        root = given.resolve()
        if root.is_dir() and root not in roots:
            roots.append(root)
    return tuple(roots)


def _given_roots() -> list[Path]:
    """Give the roots as they were written, links not followed."""
    text = os.environ.get(ROOTS, "")
    if text.strip():
        return [Path(part.strip()).expanduser().absolute() for part in text.split(os.pathsep) if part.strip()]
    return [root for root in (Path.home(), Path.cwd()) if root != Path(root.anchor)]


def plain_path(text: str) -> str:
    """Give the path in a text as people paste it: in quotes, or as an address that begins with file://."""
    text = text.strip()
    if len(text) >= 2 and text[0] + text[-1] in _QUOTES:
        text = text[1:-1].strip()
    if not text.lower().startswith("file:/"):
        return text
    path = text[len("file:") :]
    host, slash, rest = path[2:].partition("/") if path.startswith("//") else ("", "", "")
    if host not in ("", "localhost"):
        return text
    return url2pathname(f"/{rest}" if slash else path)


def resolve_folder(text: str, roots: Sequence[Path]) -> Path:
    """Give the folder that a text names, links followed.

    A relative path is looked for under the first root; '~' is home.

    Raises
    ------
    RecordingError
        When the text is no plain path, leads out of the roots (by '..' or by a link), or names no folder.
    """
    real = resolve_path(text, roots)
    if not real.is_dir():
        raise RecordingError(f"'{text}' is a file, not a folder. Open the folder that it is in: '{real.parent}'.")
    return real


def resolve_path(text: str, roots: Sequence[Path]) -> Path:
    """Give the file or folder that a text names, links followed; rules and errors as `resolve_folder`."""
    path = _under_roots(text, roots)
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise RecordingError(
            f"There is no file or folder '{text}'. Check how it is written.{_allowed(roots)}"
        ) from error
    if not _is_under(real, [root.resolve() for root in roots]):
        raise RecordingError(f"'{text}' is a link that leads out of the folders that may be opened.{_allowed(roots)}")
    return real


def resolve_new_folder(text: str, roots: Sequence[Path]) -> Path:
    """Give the folder to write that a text names, whether it is there yet or not; rules as `resolve_folder`.

    Raises
    ------
    RecordingError
        When the text is no plain path, leads out of the roots (by '..' or by a link), or names a file.
    """
    path = _under_roots(text, roots)
    there = next(folder for folder in (path, *path.parents) if folder.exists() or folder.is_symlink())
    resolve_folder(os.fspath(there), roots)
    return path.resolve()


def leads_out(path: Path, roots: Sequence[Path]) -> bool:
    """Whether a file or folder, or a file directly in that folder, is a link to outside of the roots.

    A link that can't be followed leads out too.
    """
    real_roots = [root.resolve() for root in roots]
    try:
        if not _is_under(path.resolve(strict=True), real_roots):
            return True
        if not path.is_dir():
            return False
        with os.scandir(path) as entries:
            links = [Path(entry.path) for entry in entries if entry.is_symlink() and not is_system_file(entry.name)]
        return any(not _is_under(link.resolve(strict=True), real_roots) for link in links)
    except (OSError, RuntimeError):
        return True


def list_folders(path: Path, roots: Sequence[Path]) -> list[Path]:
    """Folders in a folder that may be opened, in natural order of their names; none where it can't be looked into.

    Hidden ones and links that lead out of the roots are left out.

    Raises
    ------
    RecordingError
        When the folder itself may not be opened.
    """
    here = resolve_folder(os.fspath(path), roots)
    real_roots = [root.resolve() for root in roots]
    try:
        inside = [one for one in here.iterdir() if not is_system_file(one.name) and _is_safe_folder(one, real_roots)]
    except OSError:
        return []
    return sorted(inside, key=lambda one: natural_key(one.name))


def list_files(path: Path, endings: Sequence[str], roots: Sequence[Path]) -> list[Path]:
    """Files with one of these endings in a folder that may be opened; order, omissions and errors as `list_folders`."""
    here = resolve_folder(os.fspath(path), roots)
    try:
        inside = [one for one in here.iterdir() if one.suffix.lower() in endings and not is_system_file(one.name)]
        found = [one for one in inside if one.is_file() and not leads_out(one, roots)]
    except OSError:
        return []
    return sorted(found, key=lambda one: natural_key(one.name))


def _is_safe_folder(path: Path, real_roots: Sequence[Path]) -> bool:
    try:
        return path.is_dir() and (not path.is_symlink() or _is_under(path.resolve(strict=True), real_roots))
    except (OSError, RuntimeError):
        return False


def _under_roots(text: str, roots: Sequence[Path]) -> Path:
    """Check a path as text, without a look at what it names."""
    if not text or not text.strip() or len(text) > _LONGEST:
        raise RecordingError("The name of a folder is empty or too long. Type the path of a folder.")
    if any(ord(letter) < 32 for letter in text):
        raise RecordingError("The name of a folder has a control character in it. Type it again.")
    if re.match(r"^[\\/]{2}", text):
        raise RecordingError(
            f"'{text}' is a network address; only folders of this machine can be opened.{_allowed(roots)}"
        )
    if os.name != "nt" and (_DRIVE.match(text) or "\\" in text):
        raise RecordingError(
            f"'{text}' is a Windows path, but this server does not run Windows. Type the path as the server has it."
            f"{_allowed(roots)}"
        )
    if os.name == "nt" and ":" in _DRIVE.sub("", text):
        raise RecordingError(f"'{text}' is no plain path. Type the path of a folder.{_allowed(roots)}")
    if ".." in re.split(r"[\\/]", text):
        raise RecordingError(f"'{text}' has '..' in it. Type the whole path of a folder.{_allowed(roots)}")
    return _absolute(text, roots)


def _absolute(text: str, roots: Sequence[Path]) -> Path:
    """Make a checked text a path under a root."""
    path = Path.home() / text[2:] if text.startswith("~/") or text == "~" else Path(text)
    if not path.is_absolute() and roots:
        path = roots[0] / path
    # a root that is reached by a link may be typed as the link too
    if not _is_under(path, [*roots, *(given for given in _given_roots() if given.resolve() in roots)]):
        raise RecordingError(f"'{text}' is not one of the folders that may be opened.{_allowed(roots)}")
    return path


def _is_under(path: Path, roots: Sequence[Path]) -> bool:
    return any(path.is_relative_to(root) for root in roots)


def _allowed(roots: Sequence[Path]) -> str:
    named = ", ".join(f"'{root}'" for root in roots)
    return f" Allowed are {named} and what is in them; the server's {ROOTS} sets that." if roots else ""
