"""How one parameter describes itself: widgets, validation, help, CaImAn export and cache keys all read this."""

from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["basic", "advanced"]
StageName = Literal[
    "source",
    "before",
    "check",
    "survey",
    "preview",
    "proposals",
    "estimate",
    "apply",
    "after",
    "motion_quality",
    "fit",
    "refit",
    "edited",
    "residual",
    "component_quality",
    "evaluation",
    "flags",
    "dff",
    "known_cells",
    "known_found",
    "injected",
    "half_fits",
    "halves",
]
Kind = Literal["int", "float", "bool", "choice", "int pair", "float pair"]


@dataclass(frozen=True)
class Spec:
    """Everything about a parameter but its value."""

    kind: Kind
    label: str
    """A few plain words, for the widget."""
    meaning: str
    """One or two sentences."""
    higher: str
    """What a higher value (or true) does, compared with a lower one (or false)."""
    source: str
    """Where the default comes from."""
    stages: tuple[StageName, ...]
    """The stages that read it; those and what follows run again when it changes."""
    caiman: tuple[str, ...]
    """Where CaImAn keeps it, as 'group.name'; more than one where CaImAn has copies."""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    usual: tuple[float, float] | None = None
    """Range of its slider; other values are entered in the box. None where there is no slider."""
    choices: tuple[str, ...] = ()
    none_means: str = ""
    """What an empty value means; empty where a value is needed."""
    level: Level = "basic"

    def allowed(self) -> str:
        """Say in words what values are allowed."""
        words = _KIND_WORDS[self.kind]
        if self.kind == "choice":
            words = "one of " + ", ".join(self.choices)
        if self.low is not None and self.high is not None:
            words += f" from {self.low:g} to {self.high:g}"
        if self.unit:
            words += f" ({self.unit})"
        return f"{words}, or none for {self.none_means}" if self.none_means else words

    def help(self) -> str:
        """Help text of the widget."""
        unit = f" In {self.unit}." if self.unit else ""
        names = ", ".join(f"`{path}`" for path in self.caiman) or "has no such parameter"
        return f"{self.meaning}{unit}\n\n{self.higher}\n\nDefault: {self.source}. CaImAn: {names}."

    def check_range(self, value: Any) -> None:
        """Raise ValueError where a number, or one of a pair, lies outside of the limits."""
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, bool) or not isinstance(number, int | float):
                continue
            if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
                raise ValueError("out of range")


_KIND_WORDS: dict[Kind, str] = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "choice": "one of",
    "int pair": "two whole numbers (y, x), each",
    "float pair": "two numbers (y, x), each",
}


@dataclass(frozen=True)
class ParameterField:
    """One parameter of the model: its place, its default and its description."""

    group: str
    name: str
    default: Any
    spec: Spec

    @property
    def dotted(self) -> str:
        """Its full name, 'group.name'."""
        return f"{self.group}.{self.name}"
