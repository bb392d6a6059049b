"""A methods paragraph in words, from the parameters that were really used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calscope.export.exported_animal import ExportedAnimal, ExportedRun
from calscope.model.acceptance_rule import in_words

Groups = Mapping[str, Mapping[str, Any]]

REFERENCES = {
    "Pnevmatikakis & Giovannucci 2017": (
        "Pnevmatikakis EA, Giovannucci A (2017). NoRMCorre: an online algorithm for piecewise rigid motion correction "
        "of calcium imaging data. J Neurosci Methods 291:83-94. doi:10.1016/j.jneumeth.2017.07.031"
    ),
    "Pnevmatikakis et al. 2016": (
        "Pnevmatikakis EA, Soudry D, Gao Y, et al. (2016). Simultaneous denoising, deconvolution, and demixing of "
        "calcium imaging data. Neuron 89:285-299. doi:10.1016/j.neuron.2015.11.037"
    ),
    "Friedrich et al. 2017": (
        "Friedrich J, Zhou P, Paninski L (2017). Fast online deconvolution of calcium imaging data. PLoS Comput Biol "
        "13:e1005423. doi:10.1371/journal.pcbi.1005423"
    ),
    "Giovannucci et al. 2019": (
        "Giovannucci A, Friedrich J, Gunn P, et al. (2019). CaImAn an open source tool for scalable calcium imaging "
        "data analysis. eLife 8:e38173. doi:10.7554/eLife.38173"
    ),
}


@dataclass(frozen=True)
class Methods:
    """What to put into a manuscript."""

    paragraphs: tuple[str, ...]
    """One for each set of parameters that was used."""
    references: tuple[str, ...]
    """What the paragraphs cite, in full."""


def write_methods(run: ExportedRun) -> Methods:
    """Say in words what was done to the animals; animals that ran alike share a paragraph."""
    groups = alike(run.animals)
    paragraphs = tuple(_paragraph(animals, name_them=len(groups) > 1) for animals in groups if animals[0].effective)
    text = " ".join(paragraphs)
    return Methods(paragraphs, tuple(full for short, full in REFERENCES.items() if short in text))


def alike(animals: Sequence[ExportedAnimal]) -> list[list[ExportedAnimal]]:
    """Group animals that ran with the same engine and parameters, those of the recording itself aside."""
    groups: dict[str, list[ExportedAnimal]] = {}
    for animal in animals:
        groups.setdefault(_signature(animal), []).append(animal)
    return list(groups.values())


def _signature(animal: ExportedAnimal) -> str:
    own = {name: {**group} for name, group in animal.effective.items()}
    for name in ("fr", "dxy"):
        own.get("dataset", {}).pop(name, None)
    steps = (animal.motion is not None, animal.footprints is not None, animal.accepted is not None)
    return repr((sorted(own.items()), animal.meta.get("engine"), animal.meta.get("engine_version"), steps))


def _paragraph(animals: Sequence[ExportedAnimal], *, name_them: bool) -> str:
    first = animals[0]
    if first.is_imported:
        return " ".join((_recordings(animals, name_them=name_them), _imported(first), _outcome(animals)))
    sentences = [_recordings(animals, name_them=name_them), _program(first)]
    if first.motion is not None:
        sentences.append(_motion(first))
    if first.footprints is not None:
        sentences += [_extraction(first), _deconvolution(first)]
    if first.accepted is not None and first.effective.get("evaluation"):
        sentences.append(_evaluation(first))
    if "dff" in first.trace_kinds:
        sentences.append(_dff(first))
    if first.footprints is not None:
        sentences.append(_outcome(animals))
    return " ".join(sentence for sentence in sentences if sentence)


def _recordings(animals: Sequence[ExportedAnimal], *, name_them: bool) -> str:
    frames, rates = _span([a.n_frames for a in animals]), _span([a.fr_hz for a in animals])
    sizes = " or ".join(dict.fromkeys(f"{a.dims[0]} × {a.dims[1]} px" for a in animals))
    which = f" ({', '.join(a.name for a in animals)})" if name_them else ""
    count = "One recording" if len(animals) == 1 else f"{len(animals)} recordings"
    verb = "was" if len(animals) == 1 else "were"
    return f"{count}{which} of {frames} frames of {sizes} at {rates} Hz {verb} processed."


def _span(values: Sequence[float | None]) -> str:
    known = sorted({f"{v:g}": v for v in values if v is not None}.items(), key=lambda item: item[1])
    if not known:
        return "an unknown number of"
    return known[0][0] if len(known) == 1 else f"{known[0][0]} to {known[-1][0]}"


def _program(animal: ExportedAnimal) -> str:
    versions = animal.meta.get("versions")
    own = versions.get("calscope", "") if isinstance(versions, Mapping) else ""
    program = f"Calscope {own}".strip()
    engine, version = str(animal.meta.get("engine") or ""), str(animal.meta.get("engine_version") or "")
    if engine == "caiman":
        return f"Processing used CaImAn {version} (Giovannucci et al. 2019) through {program}."
    return f"Processing used {program}."


def _imported(animal: ExportedAnimal) -> str:
    return (
        f"{animal.meta.get('engine_version') or 'Another program'} made the results; Calscope opened them and computed "
        "none of them again, so the methods are those of that program."
    )


def _motion(animal: ExportedAnimal) -> str:
    limit = _pair(animal, "motion.max_shifts")
    if not animal.param("motion.pw_rigid"):
        return (
            "Motion was corrected by rigid translation of whole frames, with the template matching of NoRMCorre "
            f"(Pnevmatikakis & Giovannucci 2017) and shifts of at most {limit}."
        )
    return (
        "Motion was corrected by piecewise-rigid registration (NoRMCorre; Pnevmatikakis & Giovannucci 2017) with "
        f"shifts of at most {limit}, on patches of {_motion_patch(animal)} every {_pair(animal, 'motion.strides')}, "
        f"each deviating from the shift of the whole frame by at most {animal.param('motion.max_deviation_rigid')} px."
    )


def _motion_patch(animal: ExportedAnimal) -> str:
    strides, overlaps = animal.param("motion.strides"), animal.param("motion.overlaps")
    if not strides or not overlaps:
        return "unknown size"
    return " × ".join(str(s + o) for s, o in zip(strides, overlaps, strict=True)) + " px"


def _extraction(animal: ExportedAnimal) -> str:
    return (
        "Sources were extracted by constrained non-negative matrix factorisation (CNMF; Pnevmatikakis et al. 2016): "
        f"{_where_sought(animal)}, with a soma half-size of {_pair(animal, 'cnmf.gSig')} and "
        f"{animal.param('cnmf.nb')} background components; overlapping components whose traces correlated above "
        f"{animal.param('cnmf.merge_thr')} were merged, and the factorisation was repeated over the whole field from "
        "this first result."
    )


def _where_sought(animal: ExportedAnimal) -> str:
    rf, k = animal.param("cnmf.rf"), animal.param("cnmf.K")
    if rf is None:
        return f"{k} components were sought in the whole field"
    side, overlap = 2 * rf + 1, animal.param("cnmf.stride")
    return f"{k} components were sought in each patch of {side} × {side} px, neighbours overlapping by {overlap} px"


def _deconvolution(animal: ExportedAnimal) -> str:
    order = animal.param("cnmf.p")
    if not order:
        return "Traces were not deconvolved."
    return (
        f"Traces were denoised and deconvolved with an autoregressive model of order {order} (OASIS; Friedrich et al. "
        "2017)."
    )


def _evaluation(animal: ExportedAnimal) -> str:
    return (
        f"{in_words(animal.effective['evaluation'])}; transients were expected to decay within "
        f"{animal.param('dataset.decay_time')} s."
    )


def _dff(animal: ExportedAnimal) -> str:
    return (
        f"dF/F was computed against the {_ordinal(animal.param('cnmf.dff_quantile'))} percentile of fluorescence in a "
        f"sliding window of {animal.param('cnmf.dff_window_s')} s."
    )


def _ordinal(value: Any) -> str:
    number = f"{value:g}" if isinstance(value, int | float) else str(value)
    if not number.isdecimal() or number[-2:] in ("11", "12", "13"):
        return f"{number}th"
    return number + {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")


def _outcome(animals: Sequence[ExportedAnimal]) -> str:
    found = sum(a.n_components for a in animals)
    evaluated = [a.accepted for a in animals if a.accepted is not None]
    if not evaluated:
        return f"{found} components were found."
    return f"Of {found} components, {sum(int(a.sum()) for a in evaluated)} were accepted."


def _pair(animal: ExportedAnimal, dotted: str) -> str:
    """Give a length in px, with µm behind it where the pixel size is known."""
    value = animal.param(dotted)
    if value is None:
        return "unknown"
    pair = tuple(value) if isinstance(value, Sequence) else (value, value)
    text = f"{pair[0]:g} px" if pair[0] == pair[1] else f"{pair[0]:g} × {pair[1]:g} px"
    if animal.dxy_um is None:
        return text
    um = [f"{p * d:.3g}" for p, d in zip(pair, animal.dxy_um, strict=True)]
    return f"{text} ({um[0]} µm)" if um[0] == um[1] else f"{text} ({um[0]} × {um[1]} µm)"
