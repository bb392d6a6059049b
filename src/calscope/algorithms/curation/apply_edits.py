"""The components of a fit after all changes by hand, one after the other."""

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.curation.component_rows import ComponentRow, rows_of, with_rows
from calscope.algorithms.curation.local_edits import LocalEdits, Refused
from calscope.algorithms.threads import WorkerPool
from calscope.model.curation.edits import Edit, EditedComponents, Edits, Part
from calscope.model.movie import Movie
from calscope.model.notes import Note
from calscope.model.progress import Progress, Repeated, part, silent
from calscope.model.results import Components


def apply_edits(
    movie: Movie,
    fit: Components,
    edits: Edits,
    *,
    start: EditedComponents,
    n_made: int,
    gSig: tuple[int, int],
    gSiz: tuple[int, int],
    nb: int,
    p: int,
    bas_nonneg: bool,
    workers: int = 1,
    progress: Progress = silent,
) -> EditedComponents:
    """Make the changes that are not made yet.

    Parameters
    ----------
    movie
        Motion-corrected, the one that was fitted.
    fit
        The refit.
    start, n_made
        The components after the first `n_made` changes: `unedited(fit)` and 0, or an earlier result.

    The others as for `cnmf.refit`. A change that can't be made changes nothing, and is told in `refused`.
    """
    rows, parts, refused = rows_of(start.components), list(start.parts), dict(start.refused)
    progress = Repeated(progress)
    with WorkerPool(workers, progress.again) as pool:
        local = LocalEdits(movie, fit, gSig, gSiz, nb, p, bas_nonneg, pool)
        for number in range(n_made, len(edits)):
            edit, span = edits[number], len(edits) - n_made
            now = part(progress, (number - n_made) / span, (number + 1 - n_made) / span)
            try:
                rows, parts = _made(local, rows, parts, number, edit, now)
            except Refused as why:
                refused[number] = why.note
    return EditedComponents(with_rows(fit, rows), tuple(parts), refused)


def _made(  # noqa: PLR0917
    local: LocalEdits, rows: list[ComponentRow], parts: list[Part], number: int, edit: Edit, progress: Progress
) -> tuple[list[ComponentRow], list[Part]]:
    if any(one not in parts for one in edit.of):
        raise Refused(Note("edited_otherwise_before"))
    own = [parts.index(one) for one in edit.of]
    if edit.kind == "draw":
        found = local.draw(rows, drawn_pixels(edit), progress)
    elif edit.kind == "merge":
        found = local.merge(rows, own)
    else:
        found = local.split(rows, own[0], progress)
    kept = [one for one in parts if one not in edit.of]
    return found, [*kept, *((number, k) for k in range(len(found) - len(kept)))]


def drawn_pixels(edit: Edit) -> NDArray[np.intp]:
    """Give the pixels (Fortran order) of what was drawn."""
    return np.zeros(0, np.intp) if edit.drawn is None else np.asarray(edit.drawn.column().indices, np.intp)
