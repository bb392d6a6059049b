"""A short film of an animal for its bundle: the stretch in which the tissue moved most, raw beside corrected."""

from pathlib import Path

import numpy as np

from calscope.algorithms.motion_check.moments import displacement
from calscope.algorithms.motion_check.short_film import film_frames, plan_film
from calscope.export.stored_animal import StoredAnimal
from calscope.io.bundles.bundle_reading import is_bundle
from calscope.io.readers.reader_registry import open_recording
from calscope.jobs.bundles.bundled_extras import film_in
from calscope.model.errors import RecordingError
from calscope.model.movie import FrameSource
from calscope.plots.film_sheet import FilmWords, film_display_range, pack_film

_LENGTH_S, _LENGTH, _MEAN_OF = 20.0, 300, 3
"""Seconds, or frames where the rate is unknown; and frames that each picture is the mean of."""


def film_of(animal: StoredAnimal) -> bytes | None:
    """Give a packed film, of an opened bundle its own; None where the corrected movie is no longer in the store.

    The raw movie is left out where the recording is not where it was, or was changed.
    """
    corrected, estimate = animal.results.corrected, animal.results.motion_estimate
    if corrected is None or estimate is None:
        bundle = Path(str(animal.recording.get("path") or "")).parent
        return film_in(bundle, animal.name) if is_bundle(bundle) else None
    far = displacement(estimate.shifts_rig if estimate.shifts_els is None else estimate.shifts_els)
    length = round(_LENGTH_S * animal.fr_hz) if animal.fr_hz else _LENGTH
    plan = plan_film(corrected.movie.shape, start=int(np.argmax(far)) - length // 2, length=length, mean_of=_MEAN_OF)
    raw = _recording(animal)
    sources: dict[str, FrameSource] = {**({} if raw is None else {"raw": raw}), "corrected": corrected.movie}
    frames = [film_frames(source, plan) for source in sources.values()]
    words = FilmWords(
        titles=tuple(sources),
        frames=tuple(plan.frames),
        every=plan.every,
        fr_hz=animal.fr_hz,
        dxy_um=animal.dxy_um,
        binning=plan.binning,
        curve=tuple(round(float(far[frame]), 2) for frame in plan.frames),
        curve_title="displacement",
    )
    return pack_film(frames, words, film_display_range(frames))


def _recording(animal: StoredAnimal) -> FrameSource | None:
    """Give the raw movie; the first frames of it where only these were run."""
    path, wanted = str(animal.recording.get("path") or ""), animal.recording.get("fingerprint")
    for n_frames in (None, animal.n_frames):
        try:
            found = open_recording(Path(path), n_frames)
        except RecordingError:
            return None
        if found.info.fingerprint == wanted:
            return found
    return None
