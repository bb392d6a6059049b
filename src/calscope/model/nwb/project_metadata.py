"""What is said for NWB of all animals of a project, and of single ones in place of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calscope.model.errors import ParameterError
from calscope.model.nwb.nwb_metadata import ANIMALS, NO_METADATA, NwbMetadata


@dataclass(frozen=True)
class ProjectNwbMetadata:
    """What is said of all animals of a project, and of some of them in place of it."""

    common: NwbMetadata = NO_METADATA
    animals: tuple[tuple[str, NwbMetadata], ...] = ()

    def of(self, animal: str) -> NwbMetadata:
        """Give what is said of one animal."""
        own = dict(self.animals).get(animal)
        return self.common if own is None else own.over(self.common)

    @classmethod
    def from_plain(cls, plain: object, place: str = "The NWB metadata") -> "ProjectNwbMetadata":
        """Read groups of plain values, with those of single animals under `animals`; ParameterError as there."""
        if not isinstance(plain, Mapping):
            raise ParameterError(
                f"{place} must hold groups of values: {', '.join((*NwbMetadata.model_fields, ANIMALS))}."
            )
        animals = plain.get(ANIMALS) or {}
        if not isinstance(animals, Mapping):
            raise ParameterError(f"{place}: {ANIMALS} must hold groups of values by names of animals.")
        common = NwbMetadata.from_plain({name: value for name, value in plain.items() if name != ANIMALS}, place)
        own = {str(name): NwbMetadata.from_plain(value or {}, f"{place}, {name}") for name, value in animals.items()}
        return cls(common, tuple(own.items()))

    def to_plain(self) -> dict[str, Any]:
        """Give what `from_plain` reads."""
        own = {name: metadata.to_plain() for name, metadata in self.animals}
        return self.common.to_plain() | ({ANIMALS: own} if own else {})

    def check_animals(self, names: Sequence[str]) -> None:
        """Refuse what is said of animals that are not there; ParameterError naming them."""
        unknown = [name for name, _ in self.animals if name not in names]
        if unknown:
            raise ParameterError(
                f"The NWB metadata are of {', '.join(unknown)} too, which the run doesn't have. "
                f"Its animals: {', '.join(names)}."
            )


NOTHING_SAID = ProjectNwbMetadata()
