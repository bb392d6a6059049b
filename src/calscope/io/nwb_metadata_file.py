"""Files of YAML or JSON with what NWB asks of an experiment."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from calscope.io.json_files import read_json_text
from calscope.model.errors import EngineError, ParameterError
from calscope.model.json_text import parse_json
from calscope.model.nwb.project_metadata import ProjectNwbMetadata

if TYPE_CHECKING:
    from ruamel.yaml.constructor import BaseConstructor
    from ruamel.yaml.nodes import ScalarNode

_MOST_CHARACTERS = 1_000_000


def read_nwb_metadata(path: Path) -> ProjectNwbMetadata:
    """Read a file; its ending says which of the two it is: `.json`, or `.yaml` or `.yml`.

    Raises
    ------
    ParameterError
        When it can't be read, or says something that NWB has no place for.
    EngineError
        When it is YAML, and the package that reads it is not installed.
    """
    readers = {".json": parse_json, ".yaml": _parse_yaml, ".yml": _parse_yaml}
    parse = readers.get(path.suffix.lower())
    if parse is None:
        raise ParameterError(f"{path} is no file of NWB metadata: its name must end in {', '.join(readers)}.")
    try:
        text = read_json_text(path)
        if len(text) > _MOST_CHARACTERS:
            raise ValueError(f"it has {len(text)} characters, which is too much for metadata")
        plain = parse(text)
    except OSError as error:
        raise ParameterError(f"{path} can't be read: {error.strerror or error}.") from None
    except ValueError as error:
        raise ParameterError(f"{path} can't be read as {path.suffix[1:].upper()}: {error}") from None
    return ProjectNwbMetadata.from_plain(plain, path.name)


def _parse_yaml(text: str) -> Any:
    """Give what YAML holds; dates stay text, because YAML's own reading loses their time zone."""
    try:
        from ruamel.yaml import YAML  # noqa: PLC0415 - comes with pynwb, an extra
        from ruamel.yaml.constructor import SafeConstructor  # noqa: PLC0415
        from ruamel.yaml.error import YAMLError  # noqa: PLC0415
    except ImportError as error:
        raise EngineError('YAML needs the package ruamel.yaml: pip install "calscope[nwb]", or give JSON.') from error

    class Constructor(SafeConstructor):
        """Of plain values, without dates."""

    def as_text(constructor: "BaseConstructor", node: "ScalarNode") -> str:
        return str(constructor.construct_scalar(node))

    Constructor.add_constructor("tag:yaml.org,2002:timestamp", as_text)
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Constructor
    try:
        return yaml.load(text)
    except YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
    except RecursionError:
        raise ValueError("lists or groups are nested too deeply in it") from None
