"""`calscope params`: the reference of all parameters, made from the model."""

import argparse
import json
import shutil
import sys
import textwrap

from calscope.cli import OK
from calscope.model.caiman_params import to_caiman
from calscope.model.fields import ParameterField
from calscope.model.params import Parameters, fields


def command(chosen: argparse.Namespace) -> int:
    """Print the reference, or the defaults as JSON."""
    if chosen.json:
        text = Parameters().to_json()
    elif chosen.caiman:
        text = json.dumps(to_caiman(Parameters()), indent=1)
    else:
        width = min(shutil.get_terminal_size().columns, 120)
        text = "\n\n".join(_entry(field, width) for field in fields())
    sys.stdout.write(f"{text}\n")
    return OK


def _entry(field: ParameterField, width: int) -> str:
    spec = field.spec
    default = json.dumps(field.default) if field.default is not None else "none"
    words = f"{spec.label}: {spec.meaning} {spec.higher} Allowed: {spec.allowed()}. Default from: {spec.source}."
    if spec.caiman:
        words += f" CaImAn: {', '.join(spec.caiman)}."
    return f"{field.dotted} = {default}\n" + textwrap.fill(
        words, width, initial_indent="    ", subsequent_indent="    "
    )
