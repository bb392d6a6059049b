"""The four groups of parameters, under CaImAn's names, each with its description.

Two names sound alike and mean different things: `motion.strides` is the *step* from one registration patch to the next,
`cnmf.stride` is the *overlap* of neighbouring CNMF patches.
"""

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from calscope.model.fields import Spec

IntPair = tuple[int, int]
FloatPair = tuple[float, float]
USUAL = "common use with GCaMP6f in cortex"
CAIMAN = "CaImAn"


class ParameterGroup(BaseModel):
    """Values of one group; frozen, unknown names refused, each value checked against its description."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _pair_from_one_number(cls, value: Any, info: Any) -> Any:
        spec = spec_of(cls, info.field_name)
        is_pair = spec.kind.endswith("pair")
        if is_pair and isinstance(value, int | float) and not isinstance(value, bool):
            return (value, value)
        if isinstance(value, bool) and spec.kind != "bool":
            raise ValueError("true or false is not a number")
        return value

    @field_validator("*", mode="after")
    @classmethod
    def _in_range(cls, value: Any, info: Any) -> Any:
        spec_of(cls, info.field_name).check_range(value)
        return value


@cache
def spec_of(group: type[BaseModel], name: str) -> Spec:
    """Give the description of one field; each value that is checked asks for it."""
    return next(m for m in group.model_fields[name].metadata if isinstance(m, Spec))


# A table, one parameter after the other: kind, label, meaning, effect of a higher value, source of the default, the
# stages that read it, CaImAn's names.
# fmt: off
class Dataset(ParameterGroup):
    """What is known of the recording; never guessed."""

    fr: Annotated[float | None, Spec(
        "float", "Frame rate", "Frames per second. Read from the file where it is in the file; otherwise you are asked for it.",
        "Higher means that a transient of the same length covers more frames.",
        "none, it belongs to the recording", ("fit", "refit", "residual", "component_quality", "flags", "dff"), ("data.fr",),
        unit="Hz", low=0.01, high=2000, none_means="the files' own")] = None
    dxy: Annotated[FloatPair | None, Spec(
        "float pair", "Pixel size", "Size of a pixel in the tissue. Without it, lengths are shown in px. CaImAn's help text says "
        "pixels per µm, but its example uses µm per px, as here.",
        "Higher means that the field of view is larger.",
        "none, it belongs to the recording", (), ("data.dxy",),
        unit="µm per px", low=0.001, high=1000, none_means="the files' own")] = None
    line_offset_px: Annotated[float, Spec(
        "float", "Line offset", "How far every second row (1, 3, 5 …) lies to the right of the others, as a wrong phase of a "
        "resonant scanner leaves them. The check of the recording measures it and says so; rows are moved back only by what is "
        "entered here.",
        "Higher moves these rows further to the left.",
        "0, as recorded", ("survey", "preview", "proposals", "estimate", "apply", "motion_quality"), (),
        unit="px", low=-16, high=16, level="advanced")] = 0.0
    decay_time: Annotated[float, Spec(
        "float", "Decay time", "How long a typical transient takes to fall, a property of the indicator.",
        "Higher expects longer transients: the signal is averaged over more frames when SNR and spatial r are measured.",
        USUAL, ("fit", "refit", "residual", "component_quality", "flags"), ("data.decay_time",),
        unit="s", low=0.01, high=30)] = 0.4


class Motion(ParameterGroup):
    """NoRMCorre (Pnevmatikakis & Giovannucci 2017)."""

    pw_rigid: Annotated[bool, Spec(
        "bool", "Piecewise rigid", "Correct each patch by its own shift, after the shift of the whole frame.",
        "On follows tissue that deforms; off is faster, and better where the tissue only translates or is very dim.",
        USUAL, ("estimate",), ("motion.pw_rigid",))] = True
    max_shifts: Annotated[IntPair, Spec(
        "int pair", "Largest shift", "The largest shift of a whole frame that is looked for.",
        "Higher follows larger movements, and may lock on to a wrong place in dim frames.",
        USUAL, ("estimate", "preview"), ("motion.max_shifts",), unit="px", low=1, high=200)] = (6, 6)
    strides: Annotated[IntPair, Spec(
        "int pair", "Patch step", "Step from one registration patch to the next. Not CNMF's stride, which is an overlap.",
        "Higher means fewer, larger patches: steadier shifts, less local detail.",
        USUAL, ("estimate", "preview"), ("motion.strides",), unit="px", low=8, high=1024)] = (48, 48)
    overlaps: Annotated[IntPair, Spec(
        "int pair", "Patch overlap", "Overlap of neighbouring registration patches; a patch's side is step plus overlap.",
        "Higher makes neighbouring shifts more alike, and costs time.",
        USUAL, ("estimate", "preview"), ("motion.overlaps",), unit="px", low=0, high=512)] = (24, 24)
    max_deviation_rigid: Annotated[int, Spec(
        "int", "Largest deviation", "How far a patch's shift may differ from the shift of the whole frame.",
        "Higher allows stronger deformation, and more stray shifts in dim patches.",
        USUAL, ("estimate", "preview"), ("motion.max_deviation_rigid",), unit="px", low=1, high=50)] = 3


class Cnmf(ParameterGroup):
    """Constrained non-negative matrix factorisation (Pnevmatikakis et al. 2016) and dF/F."""

    gSig: Annotated[IntPair, Spec(
        "int pair", "Soma half-size", "Half the diameter of a typical cell body. The built-in engine subtracts background that is wider than cells "
        "before it looks for cells, and drops components smaller than 0.4·π·gSig²; CaImAn does neither.",
        "Higher looks for larger cells and blurs small ones together.",
        USUAL, ("fit", "refit", "residual"), ("init.gSig",), unit="px", low=1, high=100, usual=(1, 20))] = (4, 4)
    rf: Annotated[int | None, Spec(
        "int", "Patch half-size", "Half the side of a CNMF patch; the side is 2·rf + 1.",
        "Higher means fewer, larger patches, each with K components.",
        USUAL, ("fit",), ("patch.rf",), unit="px", low=3, high=1024, usual=(5, 80),
        none_means="the whole field at once")] = 15
    stride: Annotated[int, Spec(
        "int", "Overlap of patches", "Overlap of neighbouring CNMF patches. Not motion's strides, which is a step.",
        "Higher cuts fewer cells at patch borders, and costs time.",
        USUAL, ("fit",), ("patch.stride",), unit="px", low=0, high=1024, usual=(0, 60))] = 10
    K: Annotated[int, Spec(
        "int", "Components per patch", "How many components are looked for in each patch (in the whole field when the "
        "patch half-size is none). The built-in engine's refit begins more where the first fit left the light of a cell.",
        "Higher misses fewer cells, takes longer, and gives more components that evaluation must reject.",
        USUAL, ("fit",), ("init.K",), low=1, high=2000, usual=(1, 40))] = 4
    p: Annotated[int, Spec(
        "int", "Order of the transient model", "Order of the autoregressive model of a calcium transient: 0 none, 1 decay "
        "only, 2 rise and decay.", "2 is for fast frame rates at which the rise can be seen; 0 switches deconvolution off.",
        USUAL, ("fit", "refit"), ("preprocess.p", "temporal.p"), low=0, high=2)] = 1
    nb: Annotated[int, Spec(
        "int", "Background components", "How many background components (neuropil, out-of-focus light) are fitted.",
        "Higher follows a more varied background, and may take up dim cells.",
        USUAL, ("fit", "refit"), ("init.nb", "temporal.nb", "spatial.nb"), low=1, high=20)] = 2
    merge_thr: Annotated[float, Spec(
        "float", "Merge threshold", "Overlapping components whose traces correlate more than this are merged into one. The built-in engine also merges "
        "fragments of one cell, which CaImAn leaves apart.",
        "Higher merges less, so that more duplicates stay; lower may merge neighbouring cells.",
        USUAL, ("fit", "refit"), ("merging.merge_thr",), low=0.1, high=1.0)] = 0.85
    gSiz: Annotated[IntPair | None, Spec(
        "int pair", "Seed window", "Side of the window from which a new component's first footprint is taken.",
        "Higher gives larger first footprints.", "2·gSig + 1, as in CaImAn", ("fit", "residual"), ("init.gSiz",),
        unit="px", low=3, high=301, none_means="2·gSig + 1", level="advanced")] = None
    bas_nonneg: Annotated[bool, Spec(
        "bool", "Baseline not negative", "Keep each trace's baseline at zero or above.",
        "Off lets the baseline fall down to the trace's smallest value.",
        USUAL, ("fit", "refit"), ("temporal.bas_nonneg",), level="advanced")] = True
    method_init: Annotated[Literal["greedy_roi"], Spec(
        "choice", "Initialisation", "How the first components are found: greedy_roi repeatedly takes the brightest spot of the "
        "blurred movie.", "There is one method so far.", USUAL, ("fit",), ("init.method_init",), choices=("greedy_roi",),
        level="advanced")] = "greedy_roi"
    ssub: Annotated[int, Spec(
        "int", "Binning in space", "First components are looked for on pixels binned this many times.",
        "Higher is faster and blurs small cells.", USUAL, ("fit",), ("init.ssub",), low=1, high=8,
        level="advanced")] = 1
    tsub: Annotated[int, Spec(
        "int", "Binning in time", "First components are looked for on frames binned this many times.",
        "Higher is faster, suppresses noise, and blurs short transients.", USUAL, ("fit",), ("init.tsub",), low=1,
        high=100, level="advanced")] = 1
    rolling_sum: Annotated[bool, Spec(
        "bool", "Seeds by rolling sum", "Look for new components where the activity summed over a sliding stretch of time "
        "is largest, not the sum over the whole movie.", "On finds cells that are active rarely.",
        USUAL, ("fit",), ("init.rolling_sum",), level="advanced")] = True
    only_init: Annotated[bool, Spec(
        "bool", "Patches only initialise", "Stop after initialisation in each patch; updates follow on the whole field.",
        "Off also updates footprints and traces inside each patch, which costs time.",
        USUAL, ("fit",), ("patch.only_init",), level="advanced")] = True
    dff_window_s: Annotated[float, Spec(
        "float", "dF/F window", "Length of the sliding window over which the baseline F0 is taken: at least 50 frames, at most the whole recording.",
        "Higher gives a steadier baseline that follows bleaching less.", "500 frames at about 15 Hz, as in CaImAn", ("dff",),
        (), unit="s", low=0.5, high=3600, level="advanced")] = 34.0
    dff_quantile: Annotated[float, Spec(
        "float", "dF/F percentile", "Percentile of the fluorescence in the window that is taken as F0.",
        "Higher gives a higher baseline and smaller dF/F.", CAIMAN, ("dff",), (), unit="%", low=0, high=100,
        level="advanced")] = 8.0


class Thresholds(ParameterGroup):
    """Evaluation: accepted where any threshold is met, every lowest bound is passed, and it looks like a soma."""

    min_SNR: Annotated[float, Spec(
        "float", "SNR", "A component whose peak signal to noise ratio is above this passes; passing one of SNR, spatial r and (where used) CNN "
        "score is enough. An SNR of 1 is an event of three standard deviations of the noise that lasts a decay time.",
        "Higher lets fewer components pass by SNR.", USUAL, ("evaluation",), ("quality.min_SNR",), low=0, high=100, usual=(0, 15))] = 2.0
    rval_thr: Annotated[float, Spec(
        "float", "Spatial r", "A component whose footprint correlates with the movie during its transients by this or "
        "more passes.", "Higher lets fewer components pass by shape.", USUAL, ("evaluation",), ("quality.rval_thr",), low=-1,
        high=1, usual=(0, 1))] = 0.85
    use_soma: Annotated[bool | None, Spec(
        "bool", "Cell bodies only", "Accept only what looks like a cell body in focus. Out-of-focus cells, neurites and waves of neuropil also "
        "have a high SNR or r; CaImAn, which has no such measure, accepts them. Switch it off for dendrites, axons and boutons, or to evaluate "
        "as CaImAn does. Left open, the engine decides; a CaImAn parameter file sets it off.", "On rejects what is not a cell body, whatever its SNR and r.",
        "each engine's own rule", ("evaluation",), (), none_means="on (CaImAn: off)")] = None
    min_soma: Annotated[float, Spec(
        "float", "Likeness to a soma", "Five numbers from 0 to 1 say how much a component looks like a soma in focus: thickness, extent, roundness, sharpness "
        "of its edge, and fit with its footprint. They are measured in the image of its activity (each pixel regressed on the component's own "
        "trace). The smallest of them must be this or more; 0.5 is where doubt begins.",
        "Higher accepts only round cells in sharp focus; lower also accepts small, oval, ragged and blurred ones.",
        "chosen on simulated recordings", ("evaluation",), (), low=0, high=1, usual=(0, 1))] = 0.5
    SNR_lowest: Annotated[float, Spec(
        "float", "Lowest SNR", "At or below this SNR a component is rejected, whatever its other measures are.", "Higher rejects more.",
        CAIMAN, ("evaluation",), ("quality.SNR_lowest",), low=0, high=100, level="advanced")] = 0.5
    rval_lowest: Annotated[float, Spec(
        "float", "Lowest spatial r", "At or below this r a component is rejected, whatever its other measures are.",
        "Higher rejects more.", CAIMAN, ("evaluation",), ("quality.rval_lowest",), low=-1, high=1,
        level="advanced")] = -1.0
    use_cnn: Annotated[bool, Spec(
        "bool", "Use CaImAn's CNN", "Score footprints with CaImAn's convolutional network; CaImAn engine only.",
        "On adds a third measure.", USUAL, ("component_quality", "evaluation"), ("quality.use_cnn",), level="advanced")] = False
    min_cnn_thr: Annotated[float, Spec(
        "float", "CNN score", "A component whose CNN score is this or more passes.", "Higher lets fewer components pass by CNN score.",
        USUAL, ("evaluation",), ("quality.min_cnn_thr",), low=0, high=1, level="advanced")] = 0.99
    cnn_lowest: Annotated[float, Spec(
        "float", "Lowest CNN score", "At or below this score a component is rejected, whatever its other measures are.",
        "Higher rejects more.", USUAL, ("evaluation",), ("quality.cnn_lowest",), low=0, high=1,
        level="advanced")] = 0.1
# fmt: on

    @property
    def tests_soma(self) -> bool:
        """Whether components must look like a soma; where it was left open and no engine decided, they must."""
        return self.use_soma is not False
