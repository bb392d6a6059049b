"""What compiling kernels takes: once after an installation or an update, and longer than the run that needs them.

Which stages ran to their end with the present sources is noted beside the machine code (`compiled.py`), so that this is
known before a run, whoever runs it: a person, or the process that compiles in the background.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from calscope import compiled
from calscope.pipeline.stages import STAGES, Stage

_ALGORITHMS = "calscope.algorithms."
SECONDS: Mapping[str, float] = MappingProxyType(
    {
        "motion.warp": 23.9,
        "motion.evidence": 8.6,
        "cnmf.initialization": 6.4,
        "cnmf.pixel_blur": 4.4,
        "cnmf.background": 2.9,
        "motion.correlation": 4.1,
        "motion.rigid": 2.5,
        "cnmf.spatial": 4.0,
        "deconvolution.oasis": 1.6,
        "summary": 1.4,
        "deconvolution.autoregression": 1.4,
        "motion.piecewise": 1.3,
        "motion.likeness": 1.3,
        "cnmf.hals": 1.2,
        "cnmf.noise": 1.1,
        "cnmf.pixel_stream": 0.8,
        "deconvolution.noise_constraint": 0.7,
        "cnmf.temporal": 0.5,
        "evaluation.soma": 0.3,
        "cnmf.local_background": 0.3,
        "evaluation.component_quality": 0.2,
    }
)
"""Processor seconds by module with kernels, for a run of everything with default parameters; it compiles no others."""


def modules_to_compile(stage: Stage) -> frozenset[str]:
    """Give the modules whose kernels a stage would have to compile, with the built-in engine."""
    if compiled.ran(stage.name, stage.code):
        return frozenset()
    done = (compiled.kernel_modules(one.code) for one in STAGES if compiled.ran(one.name, one.code))
    return frozenset(compiled.kernel_modules(stage.code)).difference(*done)


def note_compiled(stage: Stage) -> None:
    """Note that a stage of the built-in engine ran to its end: its kernels are compiled."""
    compiled.note_ran(stage.name, stage.code)


def seconds_to_compile(modules: Iterable[str]) -> float:
    """Give about how long compiling these modules' kernels takes, s."""
    return sum(SECONDS.get(module.removeprefix(_ALGORITHMS), 0.0) for module in modules)
