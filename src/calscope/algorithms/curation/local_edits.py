"""Components that a person asks for: several merged into one, one split into two or more, a new one drawn.

Merging is the merge step of CNMF (Pnevmatikakis et al. 2016, "Merging"): the best single footprint and trace for the
sum of the members. A split and a drawn component are fitted to what all others leave of the movie around them, as seeds
are in the refit (`seeding`); then footprints, and traces of all that share pixels, are updated as there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from calscope.algorithms.cnmf.field_model import smallest_footprint_px
from calscope.algorithms.cnmf.footprints import dilated, from_rows, normalised
from calscope.algorithms.cnmf.merging import as_one
from calscope.algorithms.cnmf.patch_fit import Where, spread_in_time
from calscope.algorithms.cnmf.seeding import add_seeds
from calscope.algorithms.cnmf.spatial import GROWTH_PX, update_spatial
from calscope.algorithms.curation.component_rows import ComponentRow, unit_footprints
from calscope.algorithms.curation.local_field import LocalField, box_around
from calscope.algorithms.curation.replaced_components import NewComponents, movie_under, replace_components
from calscope.algorithms.curation.two_cells import largest_of_noise, two_factors
from calscope.algorithms.deconvolution.deconvolution import model_trace
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import FloatArray, Movie
from calscope.model.notes import Note
from calscope.model.progress import Progress, part
from calscope.model.results import Components

SMALLEST_PIECE = 0.1
"""Share of a footprint's energy from which on a separate piece of it is a component of its own."""
OUTLINE_SWEEPS = 15
FEWEST_OUTLINED_PX = 3


class Refused(Exception):  # noqa: N818 - what happened, as Cancelled
    """A component that was asked for can't be made; `note` says why."""

    def __init__(self, note: Note) -> None:
        super().__init__(note.kind)
        self.note = note


@dataclass(frozen=True)
class LocalEdits:
    """The movie and the settings of the fit that is edited."""

    movie: Movie
    found: Components
    """The fit, for its background, its noise and the size of the field."""
    gSig: tuple[int, int]
    gSiz: tuple[int, int]
    nb: int
    p: int
    nonneg_baseline: bool
    pool: WorkerPool

    def merge(self, rows: Sequence[ComponentRow], members: Sequence[int]) -> list[ComponentRow]:
        """Merge components; the new one stands last.

        Raises
        ------
        Refused
            When some of them lie too far from the others to be of one cell.
        """
        A, norms = unit_footprints(rows, self._n_px)
        own = list(members)
        self._check_together(A[:, own])
        C = np.array([rows[k].c * np.float32(norms[k]) for k in own], np.float32)
        weights, mixture = as_one(csr_matrix(A[:, own].T @ A[:, own]), C, np.arange(len(own)))
        footprint = csc_matrix(A[:, own] @ csc_matrix(weights.reshape(-1, 1)), dtype=np.float32)
        footprint.sort_indices()
        products = weights.astype(np.float32) @ np.array(movie_under(rows, own, A, norms))
        new = NewComponents(footprint, (mixture.astype(np.float32) @ C)[None], products[None])
        return self._replaced(rows, own, new)

    def split(self, rows: Sequence[ComponentRow], number: int, progress: Progress) -> list[ComponentRow]:
        """Split a component; the parts stand last, in the order of their places along the longer way between them.

        Raises
        ------
        Refused
            When its pixels rise and fall together: there are no two cells to be seen.
        """
        row, others = rows[number], [one for k, one in enumerate(rows) if k != number]
        field = self._around(row.pixels, others, part(progress, 0, 0.5))
        pieces = self._pieces(row)
        if len(pieces) > 1:
            weights = [row.weights[np.searchsorted(row.pixels, own)] for own in pieces]
            places = [field.to_window(own) for own in pieces]
            begun, C = normalised(from_rows(places, weights, field.n_px), np.tile(row.c, (len(pieces), 1)))
        else:
            begun, C = self._two_of(field, row)
            begun, C = self._with_footprints(field, begun, C, part(progress, 0.5, 0.8))
        order = _in_order(begun, field.movie.shape[2])
        begun, C = csc_matrix(begun[:, order]), C[order]
        return self._replaced(rows, [number], self._seen(field, begun, C, part(progress, 0.8, 1)))

    def draw(self, rows: Sequence[ComponentRow], pixels: NDArray, progress: Progress) -> list[ComponentRow]:
        """Begin a component at a place (one pixel) or inside of an outline (several); it stands last.

        Parameters
        ----------
        pixels
            Fortran order, ascending.

        Raises
        ------
        Refused
            When the outline is too small, or all that rises there is explained by other components.
        """
        if 1 < pixels.size < FEWEST_OUTLINED_PX or not pixels.size:
            raise Refused(Note("outline_too_small", {"n": int(pixels.size), "least": FEWEST_OUTLINED_PX}))
        field = self._around(pixels, rows, part(progress, 0, 0.5))
        if pixels.size == 1:
            begun, C = self._at_place(field, int(pixels[0]), part(progress, 0.5, 0.6))
            begun, C = self._with_footprints(field, begun, C, part(progress, 0.6, 0.8))
        else:
            begun, C = self._in_outline(field, pixels)
        return self._replaced(rows, [], self._seen(field, begun, C, part(progress, 0.8, 1)))

    @property
    def _n_px(self) -> int:
        return self.found.dims[0] * self.found.dims[1]

    def _around(self, pixels: NDArray, rows: Sequence[ComponentRow], progress: Progress) -> LocalField:
        return LocalField.around(
            pixels,
            self.movie,
            self.found,
            rows,
            gSig=self.gSig,
            gSiz=self.gSiz,
            nb=self.nb,
            pool=self.pool,
            progress=progress,
        )

    def _replaced(self, rows: Sequence[ComponentRow], gone: Sequence[int], new: NewComponents) -> list[ComponentRow]:
        found = replace_components(rows, gone, new, p=self.p, nonneg_baseline=self.nonneg_baseline, pool=self.pool)
        if not all(row.c.any() for row in found[-new.A.shape[1] :]):
            raise Refused(Note("nothing_of_its_own"))
        return found

    def _seen(self, field: LocalField, A: csc_matrix, C: FloatArray, progress: Progress) -> NewComponents:
        """Give new components of a window with what they see of the movie once the background leaves room for them."""
        products = field.products(A, self.pool, part(progress, 0, 0.3))
        others = field.factors
        raw = products - np.asarray(A.T @ others.A @ others.C, np.float32)
        shared = np.asarray((A.T @ A).todense(), np.float32)
        for k in range(len(C)):
            alone = raw[k] - shared[k] @ C + shared[k, k] * C[k]
            C[k] = model_trace(alone, p=self.p, nonneg_baseline=False).c
        field = field.with_background_beside(A, C, self.pool, part(progress, 0.3, 0.7))
        products = field.products(A, self.pool, part(progress, 0.7, 1))
        return NewComponents(field.to_field(A), C, products)

    def _check_together(self, A: csc_matrix) -> None:
        """Refuse members of which one lies far from all others."""
        reach = -(-max(self.gSig) // 2)
        grown = dilated(A, self.found.dims[::-1], reach)  # Fortran order is the row order of the turned field
        if connected_components((grown.T @ grown) > 0, directed=False)[0] > 1:
            raise Refused(Note("too_far_to_merge", {"most_px": 2 * reach}))

    def _pieces(self, row: ComponentRow) -> list[NDArray]:
        """Give the pixels of the separate pieces of a footprint; specks are left out."""
        height = self.found.dims[0]
        where = box_around(row.pixels, (0, 0), self.found.dims)
        x, y = np.divmod(row.pixels, height)
        image = np.zeros([axis.stop - axis.start for axis in where], np.uint8)
        inside = y - where[0].start, x - where[1].start
        image[inside] = row.weights > 0
        count, labels = cv2.connectedComponents(image, connectivity=8)
        energy = np.bincount(labels[inside], weights=row.weights.astype(np.float64) ** 2, minlength=count)
        large = np.flatnonzero(energy[1:] >= SMALLEST_PIECE * energy.sum()) + 1
        return [row.pixels[labels[inside] == label] for label in large]

    def _two_of(self, field: LocalField, row: ComponentRow) -> tuple[csc_matrix, FloatArray]:
        """Find two cells where one component was; footprints of the window, traces."""
        own = from_rows([np.sort(field.to_window(row.pixels))], None, field.n_px)
        grown = dilated(own, field.factors.dims, GROWTH_PX)
        where = _box(grown.indices, field.factors.dims)
        left, noise, every = self._left(field, where)
        inside = np.zeros(field.factors.dims, bool)
        inside.ravel()[grown.indices] = True
        found = two_factors(left, noise, inside[where], self.pool.check)
        if found is None:
            raise Refused(Note("nothing_to_split"))
        return _placed(found[0], where, field), spread_in_time(found[1], every, self.found.n_frames)

    def _left(self, field: LocalField, where: Where) -> tuple[FloatArray, FloatArray, int]:
        left, every = field.left(where)
        noise = field.factors.sn.reshape(field.factors.dims)[where] / np.float32(np.sqrt(every))
        return left, noise, every

    def _at_place(self, field: LocalField, pixel: int, progress: Progress) -> tuple[csc_matrix, FloatArray]:
        seed = divmod(int(field.to_window(np.array([pixel]))[0]), field.factors.dims[1])
        found = add_seeds(
            field.factors, field.movie, (seed,), gSig=self.gSig, gSiz=self.gSiz, pool=self.pool, progress=progress
        )
        if found.n == field.factors.n:
            raise Refused(Note("nothing_left_there"))
        return csc_matrix(found.A[:, [-1]]), found.C[-1:]

    def _in_outline(self, field: LocalField, pixels: NDArray) -> tuple[csc_matrix, FloatArray]:
        """Give the best single footprint and trace for what is left inside of an outline."""
        places = np.sort(field.to_window(pixels))
        where = _box(places, field.factors.dims)
        left, noise, every = self._left(field, where)
        inside = np.zeros(field.factors.dims, bool)
        inside.ravel()[places] = True
        seen = inside[where] & (noise > 0)
        X = left[seen] / noise[seen][:, None]
        X -= np.median(X, axis=1, keepdims=True) if len(X) else 0
        a = np.ones(len(X), np.float32)
        c = np.zeros(left.shape[2], np.float32)
        for _ in range(OUTLINE_SWEEPS):
            c = np.maximum(a @ X / max(float(a @ a), 1e-12), 0)
            a = np.maximum(X @ c / max(float(c @ c), 1e-12), 0)
        if np.linalg.norm(a) * np.linalg.norm(c) < largest_of_noise(*X.shape) or not len(X):
            raise Refused(Note("nothing_left_there"))
        image = np.zeros((1, *seen.shape), np.float32)
        image[0, seen] = a * noise[seen]
        return _placed(image, where, field), spread_in_time(c[None], every, self.found.n_frames)

    def _with_footprints(
        self, field: LocalField, begun: csc_matrix, C: FloatArray, progress: Progress
    ) -> tuple[csc_matrix, FloatArray]:
        """Update new footprints as the refit does, together with those that overlap."""
        smallest, n_new = smallest_footprint_px(self.gSig), begun.shape[1]
        factors, kept = update_spatial(
            movie=field.movie,
            factors=field.with_components(begun, C),
            smallest_px=1,
            pool=self.pool,
            progress=progress,
        )
        own = np.flatnonzero(kept >= field.factors.n)
        found = csc_matrix(factors.A[:, own])
        if own.size < n_new or (n_new > 1 and np.diff(found.indptr).min() < smallest):
            raise Refused(Note("nothing_to_split") if n_new > 1 else Note("nothing_left_there"))
        return found, factors.C[own]


def _box(places: NDArray, dims: tuple[int, int]) -> Where:
    """Give the rows and columns of pixels in row order."""
    columns, rows = box_around(places, (0, 0), dims[::-1])
    return rows, columns


def _placed(images: FloatArray, where: Where, field: LocalField) -> csc_matrix:
    """Give images of a part of the window as footprints of norm 1 of the whole of it."""
    k, y, x = np.nonzero(images)
    pixels = (y + where[0].start) * field.factors.dims[1] + x + where[1].start
    made = csc_matrix((images[k, y, x], (pixels, k)), shape=(field.n_px, len(images)), dtype=np.float32)
    return normalised(made, np.zeros((len(images), 1), np.float32))[0]


def _in_order(A: csc_matrix, width: int) -> NDArray[np.intp]:
    """Give the order of footprints along the axis on which their centres lie farther apart."""
    places = []
    for k in range(A.shape[1]):
        own = slice(A.indptr[k], A.indptr[k + 1])
        y, x = np.divmod(A.indices[own], width)
        places.append((np.average(y, weights=A.data[own]), np.average(x, weights=A.data[own])))
    centers = np.array(places)
    axis = int(np.argmax(np.ptp(centers, axis=0)))
    return np.argsort(centers[:, axis], kind="stable")
