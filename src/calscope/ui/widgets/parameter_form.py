"""Widgets made from the parameter model: label, unit, allowed values, help, and what differs from the default.

Every change reaches the server at once: one that waits for the next button is lost where a person goes to another page
before. It draws the page again, which takes a few tenths of a second: all that is costly is kept.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import streamlit as st

from calscope.model.errors import ParameterError
from calscope.model.fields import ParameterField, Spec
from calscope.model.params import Parameters, field_of, fields
from calscope.ui.frame import keys

CHANGED_MARK = "●"
BARE_CHARACTERS, PAIR_CHARACTERS = 7, 14
"""So many fit into a box beside a slider, and into one of two that may be empty, which have no buttons (`page.css`).
The help says what an empty one means."""
_KEPT: dict[str, Any] = {"persist_state": "session"}
_FLOAT_STEPS = ((1.0, 0.05), (100.0, 0.1))
_COARSE_STEP = 1.0
HEARD_AFTER_S = 0.3
"""So long after a page was drawn the browser may still send what it had in a box before."""


@dataclass(frozen=True)
class _Led:
    """A box that its slider led to another value, or a slider that its box led there.

    Until the browser has heard of it, it repeats what was there before, with whatever else it sends.
    """

    before: tuple[Any, ...]
    now: Any
    drawn_at: float | None = None
    """When the page was drawn whole with it, on the monotonic clock, s; None until it was."""

    def may_be_unheard(self) -> bool:
        return self.drawn_at is None or time.monotonic() - self.drawn_at < HEARD_AFTER_S


def seed() -> None:
    """Give every parameter that has no value in this session its default."""
    for field in fields():
        if not _is_seeded(field):
            put(field, field.default)


def repeat_moves() -> None:
    """Put into boxes what their sliders were moved to, where the browser sent something else before it heard of it.

    Every message of the browser holds what it has in all widgets: a value that is entered right after a slider was
    moved comes with the older value of the slider's box.
    """
    for dotted, led in _led(keys.SLIDERS_MOVED).items():
        if led.may_be_unheard() and _value(field_of(dotted)) in led.before:
            _put(field_of(dotted), led.now)


def drawn() -> None:
    """Note that the page was drawn whole, which the browser hears of soon."""
    now = time.monotonic()
    for key in (keys.SLIDERS_MOVED, keys.SLIDERS_LED):
        still = {dotted: led for dotted, led in _led(key).items() if led.may_be_unheard()}
        st.session_state[key] = {
            dotted: led if led.drawn_at is not None else replace(led, drawn_at=now) for dotted, led in still.items()
        }


def _led(key: str) -> dict[str, _Led]:
    return st.session_state.get(key) or {}


def _note_led(key: str, field: ParameterField, before: Any, now: Any) -> None:
    last = _led(key).get(field.dotted)
    older = (*last.before, last.now) if last is not None and last.may_be_unheard() else ()
    led = _Led(tuple(one for one in (*older, before) if one != now), now)
    st.session_state[key] = _led(key) | {field.dotted: led}


def values() -> dict[str, Any]:
    """Give the values in the widgets, by full name, whether or not they are allowed."""
    return {field.dotted: _value(field) for field in fields()}


def values_of(group: str) -> dict[str, Any]:
    """Give the values in the widgets of one group, by name, whether or not they are allowed."""
    return {field.name: _value(field) for field in fields() if field.group == group}


def parameters(used: Collection[str] | None = None) -> Parameters:
    """Make parameters from the widgets.

    Parameters
    ----------
    used
        Groups that matter; another group that holds what is not allowed counts as its defaults. All where None.

    Raises
    ------
    ParameterError
        When a value is not allowed, or two don't fit together.
    """
    groups = _values_by_group()
    return Parameters.from_dict(
        {name: own for name, own in groups.items() if used is None or name in used or _is_allowed(name, own)}
    )


def _values_by_group() -> dict[str, dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    for field in fields():
        groups.setdefault(field.group, {})[field.name] = _value(field)
    return groups


def _is_allowed(group: str, values: dict[str, Any]) -> bool:
    try:
        Parameters.from_dict({group: values})
    except ParameterError:
        return False
    return True


def fill(params: Parameters) -> None:
    """Put parameters into the widgets; only before the widgets are drawn, as in a callback."""
    for field in fields():
        put(field, params.get(field.dotted))


def reset(group: str) -> None:
    """Put the defaults of one group back; only before the widgets are drawn, as in a callback."""
    for field in fields():
        if field.group == group:
            put(field, field.default)


def put(field: ParameterField, value: Any) -> None:
    """Put one value into its widget, whatever its slider was moved to."""
    st.session_state[keys.SLIDERS_MOVED] = {
        dotted: led for dotted, led in _led(keys.SLIDERS_MOVED).items() if dotted != field.dotted
    }
    _put(field, value)


def _put(field: ParameterField, value: Any) -> None:
    if field.spec.kind.endswith("pair"):
        for part, key in enumerate(_pair_keys(field)):
            st.session_state[key] = None if value is None else value[part]
    else:
        st.session_state[keys.parameter(field.dotted)] = value


def show_one(dotted: str) -> None:
    """Draw the widget of one number."""
    _number(field_of(dotted), label(field_of(dotted)), keys.parameter(dotted))


def value(dotted: str) -> Any:
    """Give the value in one parameter's widget, whether or not it is allowed."""
    return _value(field_of(dotted))


def _show_slider(field: ParameterField, low: float, high: float) -> None:
    """Draw a slider over the usual values beside the box, or the two boxes, of a number.

    The boxes hold the value, and the slider follows them. It moves both numbers of a pair together.
    """
    key, is_whole = keys.slider(field.dotted), field.spec.kind.startswith("int")
    largest = _largest(field)
    wanted = high if largest is None else min(max(largest, low), high)
    wanted = int(wanted) if is_whole else float(wanted)
    _lead_slider(field, wanted)
    with st.container(gap=None):
        st.markdown(f":small[{label(field)}]", help=help_text(field))
        widths = [2.2, 1, 1] if field.spec.kind.endswith("pair") else [3, 1]
        left, *right = st.columns(widths, gap="small", vertical_alignment="center")
        with left:
            st.slider(
                label(field),
                int(low) if is_whole else float(low),
                int(high) if is_whole else float(high),
                step=1 if is_whole else step(field.spec),
                key=key,
                on_change=_slider_moved,
                args=(field, key),
                label_visibility="collapsed",
            )
        _show_bare_boxes(field, right)


def _largest(field: ParameterField) -> float | None:
    held = _value(field)
    return max(held) if isinstance(held, tuple) else held


def _lead_slider(field: ParameterField, wanted: float) -> None:
    """Set the slider to what the box holds, where it is elsewhere: one that is being moved must not be pulled back."""
    key = keys.slider(field.dotted)
    held = st.session_state.get(key)
    if held == wanted:
        return
    if held is not None:
        _note_led(keys.SLIDERS_LED, field, held, wanted)
    st.session_state[key] = wanted


def _slider_moved(field: ParameterField, key: str) -> None:
    """Take over what the slider says, unless the browser only repeats where it was before the box led it elsewhere."""
    moved, led = st.session_state[key], _led(keys.SLIDERS_LED).get(field.dotted)
    if led is not None and led.may_be_unheard() and moved in led.before:
        return
    # From here on it tells where the hand is: on its way it may come back to where it was before the box led it.
    st.session_state[keys.SLIDERS_LED] = {
        dotted: led for dotted, led in _led(keys.SLIDERS_LED).items() if dotted != field.dotted
    }
    value = (moved, moved) if field.spec.kind.endswith("pair") else moved
    _note_led(keys.SLIDERS_MOVED, field, _value(field), value)
    _put(field, value)


def _show_bare_boxes(field: ParameterField, places: Sequence[Any]) -> None:
    if not field.spec.kind.endswith("pair"):
        with places[0]:
            _number(field, field.spec.label, keys.parameter(field.dotted), bare=True)
        return
    for part, box, key in zip("yx", places, _pair_keys(field), strict=True):
        with box:
            _number(field, f"{field.spec.label} {part}", key, bare=True)


def show_group(
    group: str,
    without: Collection[str] = (),
    after: Callable[[ParameterField], None] = lambda field: None,
    instead: Mapping[str, Callable[[ParameterField], None]] = MappingProxyType({}),
) -> None:
    """Draw the widgets of one group: the basic ones, and an expander with the advanced ones.

    Parameters
    ----------
    without
        Parameters that are left out, by full name.
    after
        Draws what stands under the widget of a parameter.
    instead
        Draw parameters, by full name, that have a widget of their own.
    """
    own = [field for field in fields() if field.group == group and field.dotted not in without]
    for field in own:
        if field.spec.level == "basic":
            instead.get(field.dotted, _show)(field)
            after(field)
    advanced = [field for field in own if field.spec.level == "advanced"]
    if advanced:
        n_changed = sum(is_changed(field) for field in advanced)
        with st.expander(
            f"Advanced {CHANGED_MARK} {n_changed} changed" if n_changed else "Advanced", key=keys.advanced(group)
        ):
            for field in advanced:
                instead.get(field.dotted, _show)(field)
                after(field)


def is_changed(field: ParameterField) -> bool:
    """Tell whether the widget holds something else than the default."""
    return _value(field) != field.default


def changed_words(params: Parameters) -> list[str]:
    """Give the parameters that differ from their defaults, as 'name value'."""
    return [
        f"{field.name} {words(params.get(field.dotted), field.spec)}"
        for field in fields()
        if params.get(field.dotted) != field.default
    ]


def words(value: Any, spec: Spec) -> str:
    """Give a value as people write it, with its unit."""
    if value is None:
        return spec.none_means or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple | list):
        parts = [f"{part:g}" for part in value]
        text = parts[0] if len(set(parts)) == 1 else f"({', '.join(parts)})"
    else:
        text = f"{value:g}" if isinstance(value, int | float) else str(value)
    return f"{text} {spec.unit}".strip()


def _is_seeded(field: ParameterField) -> bool:
    if field.spec.kind.endswith("pair"):
        return all(key in st.session_state for key in _pair_keys(field))
    return keys.parameter(field.dotted) in st.session_state


def _pair_keys(field: ParameterField) -> tuple[str, str]:
    return keys.parameter(field.dotted, 0), keys.parameter(field.dotted, 1)


def _value(field: ParameterField) -> Any:
    if not field.spec.kind.endswith("pair"):
        return st.session_state.get(keys.parameter(field.dotted), field.default)
    first, second = (st.session_state.get(key) for key in _pair_keys(field))
    if not _is_seeded(field):
        return field.default
    if first is None and second is None:
        return None
    # One number entered for both: a person who fills in one box of a pair means a square.
    return (first if first is not None else second, second if second is not None else first)


def label(field: ParameterField) -> str:
    """Give the words beside a widget: label, unit, name, and a mark where it holds something else than the default."""
    unit = f", {field.spec.unit}" if field.spec.unit else ""
    mark = f" {CHANGED_MARK}" if is_changed(field) else ""
    which = " (y, x)" if field.spec.kind.endswith("pair") else ""
    return f"{field.spec.label}{which}{unit} · {field.name}{mark}"


def help_text(field: ParameterField) -> str:
    """Give the help of a widget."""
    return f"{field.spec.help()}\n\nAllowed: {field.spec.allowed()}."


def _show(field: ParameterField) -> None:
    kind = field.spec.kind
    if field.spec.usual is not None:
        _show_slider(field, *field.spec.usual)
    elif kind == "bool" and field.spec.none_means:
        st.selectbox(
            label(field),
            (True, False),
            index=None,
            format_func=lambda choice: words(choice, field.spec),
            placeholder=field.spec.none_means,
            key=keys.parameter(field.dotted),
            help=help_text(field),
            **_KEPT,
        )
    elif kind == "bool":
        st.toggle(label(field), key=keys.parameter(field.dotted), help=help_text(field), **_KEPT)
    elif kind == "choice":
        st.selectbox(
            label(field),
            field.spec.choices,
            key=keys.parameter(field.dotted),
            help=help_text(field),
            disabled=len(field.spec.choices) == 1,
            **_KEPT,
        )
    elif kind.endswith("pair"):
        _show_pair(field)
    else:
        _number(field, label(field), keys.parameter(field.dotted))


def _show_pair(field: ParameterField) -> None:
    """Draw two number boxes, y and x, under one label."""
    with st.container(gap=None, key=keys.pair(field.dotted) if field.spec.none_means else None):
        st.markdown(f":small[{label(field)}]", help=help_text(field))
        _show_bare_boxes(field, st.columns(2, gap="small"))


def _number(field: ParameterField, label: str, key: str, *, bare: bool = False) -> None:
    spec = field.spec
    room = PAIR_CHARACTERS if spec.kind.endswith("pair") and spec.usual is None else BARE_CHARACTERS
    widest = room if bare else len(spec.none_means)
    whole = spec.kind.startswith("int")
    as_type = int if whole else float
    of_its_type: dict[str, Any] = {
        "min_value": None if spec.low is None else as_type(spec.low),
        "max_value": None if spec.high is None else as_type(spec.high),
        "value": None if spec.none_means else "min",
        "step": 1 if whole else step(spec),
        "format": None if whole else "%g",
    }
    st.number_input(
        label,
        placeholder=(spec.none_means if len(spec.none_means) <= widest else "none") or None,
        key=key,
        help=None if bare else help_text(field),
        label_visibility="collapsed" if bare else "visible",
        **of_its_type,
        **_KEPT,
    )


def step(spec: Spec) -> float:
    """Give a step that suits the range of a float parameter."""
    high = abs(spec.high) if spec.high is not None else _COARSE_STEP
    return next((step for top, step in _FLOAT_STEPS if high <= top), _COARSE_STEP)
