"""The parts of the documentation that the program itself knows: every parameter, command and option, as Markdown."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping

from calscope.cli.parser import make_parser
from calscope.model.fields import ParameterField
from calscope.model.params import fields
from calscope.pipeline.stages import STAGES
from calscope.ui.parameters.parameter_reference import GROUP_TITLES


def parameters() -> str:
    """Give a section for each group and each parameter of the model."""
    lines: list[str] = []
    for group in dict.fromkeys(field.group for field in fields()):
        lines += [f"## {GROUP_TITLES[group]}: `{group}`", ""]
        for field in fields():
            if field.group == group:
                lines += [*_parameter(field), ""]
    return "\n".join(lines)


def _parameter(field: ParameterField) -> Iterator[str]:
    spec = field.spec
    default = "none" if field.default is None else json.dumps(field.default)
    caiman = ", ".join(f"`{path}`" for path in spec.caiman) or "has no such parameter"
    yield f"### `{field.dotted}`"
    yield f"\n**{spec.label}.** {spec.meaning} {spec.higher}\n"
    yield f"- Default: `{default}`{f' {spec.unit}' * (field.default is not None and bool(spec.unit))} ({spec.source})."
    yield f"- Allowed: {spec.allowed()}."
    yield f"- Level: {spec.level}."
    yield f"- In CaImAn: {caiman}."
    yield f"- A change runs again: {_stages_of(field)}."


def _stages_of(field: ParameterField) -> str:
    titles = [f"{stage.title} (`{stage.name}`)" for stage in STAGES if stage.name in field.spec.stages]
    return f"{', '.join(titles)}, and what follows" if titles else "nothing"


def command_line() -> str:
    """Give a section for each command, with its usage, arguments and options."""
    return "\n".join(line for name, parser in commands().items() for line in _command(name, parser))


def commands() -> Mapping[str, argparse.ArgumentParser]:
    """Give the parser of every command by its name."""
    return _subparsers().choices


def _subparsers() -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    actions = make_parser()._actions
    return next(action for action in actions if isinstance(action, argparse._SubParsersAction))


def arguments(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Give the arguments and options of a command, without --help."""
    return [action for action in parser._actions if action.dest != "help"]


def _command(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    said = next(action.help for action in _subparsers()._choices_actions if action.dest == name)
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    yield f"## calscope {name}\n\n{_sentence(said or '')}\n\n```text\n{usage}\n```\n"
    if parser.description:
        yield f"{parser.description}\n"
    for action in arguments(parser):
        yield f"{_names(action)}\n: {_sentence(_help(action))}\n"


def _names(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    if not action.option_strings:
        return f"`{value}`"
    return ", ".join(f"`{name}`" if action.nargs == 0 else f"`{name} {value}`" for name in action.option_strings)


def _help(action: argparse.Action) -> str:
    return (action.help or "") % {"default": action.default} if "%(" in (action.help or "") else action.help or ""


def _sentence(text: str) -> str:
    """Begin with a capital letter and end with a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


GENERATED: dict[str, Callable[[], str]] = {"parameters": parameters, "command line": command_line}
"""What a page may ask for by a line `<!-- generated: NAME -->`."""
