"""What a fit would take, from parameters and the movie's shape alone: what can't work is refused before it runs."""

import psutil

from calscope.algorithms.cnmf.patch_fit import effective_tsub
from calscope.algorithms.cnmf.patches import area_px, patch_grid
from calscope.algorithms.cnmf.pixel_stream import CODES_PER_CHUNK
from calscope.algorithms.cnmf.residual import BINS_PER_TRANSIENT, VALUES_PER_CHUNK
from calscope.model.errors import ParameterError
from calscope.model.params import Parameters
from calscope.model.quantities import size

FEWEST_PX = 4
"""A patch needs so many pixels for each of its components: on fewer, every pixel becomes a component of its own."""
_MOVIE_COPIES, _FOOTPRINT_COPIES, _TRACE_COPIES, _BLOCK_COPIES = 3, 5, 8, 3
"""How often a patch's movie, its footprints, the traces of all components, and those of the blocks of the neuropil are
in memory at once. Compared with what fits take by `benchmarks/fit_memory.py`."""
_VALUE_BYTES, _PRODUCT_BYTES, _CODE_BYTES = 4, 8, 2
_RESIDUAL_COPIES = 3
"""The binned movie, the cells in it, and with the background."""
_PROGRAM_BYTES, _PIXEL_BYTES = 160_000_000, 600
"""The program with its libraries and compiled kernels, and what is kept of each pixel of the field."""


def check_fit(params: Parameters, shape: tuple[int, int, int], workers: int) -> None:
    """Refuse a fit that asks for more components than patches have room for, or for more memory than there is.

    Parameters
    ----------
    shape
        Frames, rows, columns.

    Raises
    ------
    ParameterError
        With the numbers, and which parameter to change.
    """
    wanted = params.cnmf
    patch_px = max(area_px(where) for where in patch_grid(*shape[1:], wanted.rf, wanted.stride))
    most = max(1, patch_px // FEWEST_PX)
    if most < wanted.K:
        raise ParameterError(
            f"cnmf.K = {wanted.K} components can't be found in a patch of {patch_px} px (cnmf.rf = {wanted.rf}): each "
            f"needs {FEWEST_PX} px or more. Set cnmf.K to {most} or less, or cnmf.rf larger."
        )
    needed, there = fit_bytes(params, shape, workers), psutil.virtual_memory().total
    if needed > there:
        raise ParameterError(
            f"The first fit would take about {size(needed)} of memory, and this machine has {size(there)}: cnmf.K = "
            f"{wanted.K} components in each patch (cnmf.rf = {wanted.rf}, cnmf.stride = {wanted.stride}). Set cnmf.K "
            "or cnmf.stride smaller, or use fewer frames or workers."
        )


def residual_bytes(params: Parameters, shape: tuple[int, int, int], workers: int) -> int:
    """Give about how many bytes of memory the look at what a fit left takes at most, besides the program."""
    dataset = params.dataset
    every = max(1, round(dataset.decay_time * (dataset.fr or 0.0) / BINS_PER_TRANSIENT))
    values = min(shape[0] * shape[1] * shape[2], workers * VALUES_PER_CHUNK)
    return _RESIDUAL_COPIES * _VALUE_BYTES * values // every


def fit_bytes(params: Parameters, shape: tuple[int, int, int], workers: int) -> int:
    """Give about how many bytes of memory the first fit takes at most."""
    n_frames, wanted, field_px = shape[0], params.cnmf, shape[1] * shape[2]
    patches = patch_grid(*shape[1:], wanted.rf, wanted.stride)
    patch_px = max(area_px(where) for where in patches)
    frames = -(-n_frames // effective_tsub(1, n_frames, patch_px))
    one_patch = patch_px * (_MOVIE_COPIES * frames + _FOOTPRINT_COPIES * wanted.K)
    at_work = min(workers, len(patches)) * one_patch
    n = len(patches) * wanted.K
    found = n * (patch_px + _TRACE_COPIES * n_frames)
    neuropil = _BLOCK_COPIES * n_frames * field_px // (2 * max(wanted.gSig)) ** 2
    streamed = _CODE_BYTES * min(field_px * n_frames, CODES_PER_CHUNK)
    always = _PROGRAM_BYTES + _PIXEL_BYTES * field_px
    return always + streamed + _VALUE_BYTES * (at_work + found + neuropil) + _PRODUCT_BYTES * n**2
