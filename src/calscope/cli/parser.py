"""Commands and options, as words only: nothing heavy is imported to show the help."""

import argparse
from typing import TypeAlias

import calscope

FORMATS = (
    *("nwb", "caiman", "suite2p", "suite2p-with-movie", "csv", "matlab", "imagej", "images", "movie", "run"),
    "bundle",
)
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def make_parser() -> argparse.ArgumentParser:
    """Give the parser of all commands; the chosen command's file is in `module`."""
    parser = argparse.ArgumentParser(
        prog="calscope", description="Two-photon calcium imaging: motion correction, CNMF, evaluation, sharing."
    )
    parser.add_argument("--version", action="version", version=f"calscope {calscope.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_add_app, _add_demo, _add_suggest, _add_run, _add_sweep, _add_search, _add_report, _add_export):
        add(commands)
    for add in (_add_parity, _add_verify, _add_doctor, _add_params):
        add(commands)
    return parser


def _add_app(commands: Commands) -> None:
    app = commands.add_parser("app", help="the browser workbench")
    app.set_defaults(module="app")
    app.add_argument(
        "folder", nargs="?", metavar="FOLDER", help="folder with recordings, or a bundle (.calscope), to open"
    )
    app.add_argument(
        "--demo",
        action="store_true",
        help="make the demo, a run of it, a report and a bundle, where that was not done before, and open it",
    )
    app.add_argument(
        "--address",
        default="localhost",
        help="address to listen at (localhost); another one is for containers, and for servers in a network that is "
        "trusted",
    )
    app.add_argument("--port", type=_positive, default=8501, help="port on this machine (8501)")
    app.add_argument("--no-browser", action="store_true", help="don't open a browser, only say the link")
    token = app.add_mutually_exclusive_group()
    token.add_argument(
        "--token",
        metavar="TEXT",
        help="what a browser must know to come in, in place of a random one; other users of the machine see it in the "
        "list of processes, so CALSCOPE_TOKEN is the better place",
    )
    token.add_argument("--no-token", action="store_true", help="let every user of this machine come in")
    app.add_argument(
        "--read-only",
        action="store_true",
        help="only show: nothing can be started, changed or deleted from a browser",
    )
    app.add_argument(
        "--allow-curation",
        action="store_true",
        help="with --read-only: components can be judged, under a name",
    )


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="make recordings with known truth")
    demo.set_defaults(module="demo")
    demo.add_argument("out", metavar="OUT", help="folder to write")
    demo.add_argument("--animals", type=_positive, default=5, help="how many animals (5)")
    demo.add_argument("--frames", type=_positive, default=1500, help="frames of each (1500)")
    demo.add_argument("--size", type=_positive, default=256, help="side of the field, px (256)")
    demo.add_argument("--seed", type=int, default=0, help="the same seed gives the same recordings (0)")
    demo.add_argument("--clutter", action="store_true", help="with cells out of focus, neurites and waves of neuropil")


def _add_run(commands: Commands) -> None:
    run = commands.add_parser("run", help="correct motion, extract and evaluate components", description=_RUN)
    run.set_defaults(module="run")
    run.add_argument("data", metavar="DATA", help="folder with one folder or file per animal, or one recording")
    run.add_argument("--out", required=True, metavar="OUT", help="folder to write results to")
    run.add_argument(
        "--params",
        metavar="FILE",
        help="parameters as JSON, Calscope's or CaImAn's; those of single animals stand in its entry animals",
    )
    run.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="NAME=VALUE",
        help="one parameter, as motion.pw_rigid=false or motion.strides=48,48, or of one animal as "
        "Animal_3:cnmf.gSig=6; may be given many times",
    )
    run.add_argument(
        "--inputs",
        metavar="FILE",
        help="parameters and seeds of single animals, as JSON; or a run.json that calscope run wrote",
    )
    run.add_argument("--engine", default="builtin", metavar="builtin|caiman", help="engine (builtin)")
    run.add_argument("--animals", metavar="A,B", help="only these animals")
    run.add_argument("--frames", type=_positive, metavar="N", help="only the first N frames")
    run.add_argument(
        "--until", choices=("motion", "extraction", "evaluation"), default="evaluation", help="last step (evaluation)"
    )
    run.add_argument(
        "--injected",
        action="store_true",
        help="after evaluation, put known cells into each movie and tell how dim a cell would be found",
    )
    run.add_argument("--workers", type=_positive, metavar="N", help="threads to use (one for each CPU)")
    run.add_argument("--save-movie", action="store_true", help="write the corrected movie too")


def _add_sweep(commands: Commands) -> None:
    sweep = commands.add_parser("sweep", help="one or two parameters over several values each", description=_SWEEP)
    sweep.set_defaults(module="sweep")
    sweep.add_argument("data", metavar="DATA", help="folder with one folder or file per animal, or one recording")
    sweep.add_argument("--animal", metavar="A", help="which animal; needed where there are several")
    sweep.add_argument(
        "--over",
        action="append",
        required=True,
        metavar="NAME=VALUES",
        help="a parameter and its values, as cnmf.gSig=3,4,5,6, or a range FROM:TO:COUNT, as evaluation.min_SNR=1:4:7; "
        "may be given twice",
    )
    sweep.add_argument(
        "--crop",
        choices=("auto", "whole"),
        default="auto",
        help="the part of the recording with most cells, as on Tune (auto), or the whole recording",
    )
    sweep.add_argument(
        "--injected", action="store_true", help="also put known cells into the movie at every point (slow)"
    )
    sweep.add_argument("--out", metavar="FILE", help="the table as .csv or .parquet")
    sweep.add_argument("--params", metavar="FILE", help="all other parameters as JSON, Calscope's or CaImAn's")
    sweep.add_argument(
        "--set", action="append", default=[], dest="changes", metavar="NAME=VALUE", help="one other parameter"
    )
    sweep.add_argument("--frames", type=_positive, metavar="N", help="only the first N frames")
    sweep.add_argument("--workers", type=_positive, metavar="N", help="threads to use (one for each CPU)")


def _add_search(commands: Commands) -> None:
    search = commands.add_parser("search", help="search good values of a few parameters", description=_SEARCH)
    search.set_defaults(module="search")
    search.add_argument("data", metavar="DATA", help="folder with one folder or file per animal, or one recording")
    search.add_argument("--animal", metavar="A", help="which animal; needed where there are several")
    search.add_argument(
        "--over",
        action="append",
        required=True,
        metavar="NAME=FROM:TO",
        help="a parameter and its range, as cnmf.gSig=3:8; may be given up to four times",
    )
    search.add_argument("--points", type=_positive, default=16, metavar="N", help="points on the crop, 4 to 64 (16)")
    search.add_argument(
        "--most-unconfirmed",
        type=int,
        metavar="N",
        help="components accepted in one half of the frames alone that are allowed (as many as the values in use have)",
    )
    search.add_argument(
        "--crop-only", action="store_true", help="end on the larger crop instead of the whole recording"
    )
    search.add_argument("--out", metavar="FILE", help="all points as .csv or .parquet")
    search.add_argument(
        "--values",
        metavar="FILE",
        help="parameter file to write where values are proposed, for `calscope run --params`",
    )
    search.add_argument("--params", metavar="FILE", help="the values in use as JSON, Calscope's or CaImAn's")
    search.add_argument(
        "--set", action="append", default=[], dest="changes", metavar="NAME=VALUE", help="one of the values in use"
    )
    search.add_argument("--frames", type=_positive, metavar="N", help="only the first N frames")
    search.add_argument("--workers", type=_positive, metavar="N", help="threads to use (one for each CPU)")


def _add_suggest(commands: Commands) -> None:
    suggest = commands.add_parser(
        "suggest", help="measure recordings and propose parameters for them", description=_SUGGEST
    )
    suggest.set_defaults(module="suggest")
    suggest.add_argument("data", metavar="DATA", help="folder with one folder or file per animal, or one recording")
    suggest.add_argument("--out", metavar="FILE", help="parameter file to write, for `calscope run --params FILE`")
    suggest.add_argument("--params", metavar="FILE", help="parameters that are set already, which are kept")
    suggest.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="NAME=VALUE",
        help="one parameter that is set already, as dataset.fr=30; may be given many times",
    )
    suggest.add_argument("--animals", metavar="A,B", help="only these animals")
    suggest.add_argument("--frames", type=_positive, metavar="N", help="only the first N frames")
    suggest.add_argument("--workers", type=_positive, metavar="N", help="threads to use (one for each CPU)")


def _add_report(commands: Commands) -> None:
    report = commands.add_parser("report", help="one HTML file to hand to a colleague")
    report.set_defaults(module="share")
    report.add_argument("out", metavar="OUT|RUN", help=_OUT)
    report.add_argument("--animals", metavar="A,B", help="only these animals")
    report.add_argument("--html", metavar="FILE", help="where to write (OUT/report.html); needed with RUN")
    report.add_argument(
        "--with-paths",
        action="store_true",
        help="say in it where the recordings lie on this machine; left out otherwise",
    )


def _add_export(commands: Commands) -> None:
    export = commands.add_parser("export", help="results in the formats of other programs")
    export.set_defaults(module="share")
    export.add_argument("out", metavar="OUT|RUN", help=_OUT)
    export.add_argument("--animals", metavar="A,B", help="only these animals")
    export.add_argument(
        "--format",
        required=True,
        choices=FORMATS,
        help="which program's format; run is `calscope run`'s own, bundle one file for another Calscope",
    )
    export.add_argument(
        "--to",
        metavar="FOLDER",
        help="where to write (OUT/export/FORMAT); needed with RUN; a bundle may have a name of its own, X.calscope",
    )
    export.add_argument("--film", action="store_true", help="a short film of each animal in the bundle, 4 MB at most")
    export.add_argument(
        "--nwb-metadata",
        metavar="FILE",
        help="subject, session, microscope and indicator for NWB, as YAML or JSON; with RUN in place of what is kept",
    )


def _add_parity(commands: Commands) -> None:
    parity = commands.add_parser("parity", help="run both engines on one recording and compare what they give")
    parity.set_defaults(module="parity")
    parity.add_argument(
        "recording", metavar="RECORDING", help="one recording; truth.npz beside it is compared with too"
    )
    parity.add_argument("--out", default="parity", metavar="OUT", help="folder for parity.json and parity.md (parity)")
    parity.add_argument("--params", metavar="FILE", help="parameters as JSON, Calscope's or CaImAn's")
    parity.add_argument(
        "--set", action="append", default=[], dest="changes", metavar="NAME=VALUE", help="one parameter"
    )
    parity.add_argument("--frames", type=_positive, metavar="N", help="only the first N frames")
    parity.add_argument("--workers", type=_positive, metavar="N", help="processes (1, so that times compare)")


def _add_verify(commands: Commands) -> None:
    verify = commands.add_parser(
        "verify", help="whether results and recordings are as they were written", description=_VERIFY
    )
    verify.set_defaults(module="verify")
    verify.add_argument("place", metavar="OUT|BUNDLE", help="folder that `calscope run` wrote, or a .calscope file")


def _add_doctor(commands: Commands) -> None:
    doctor = commands.add_parser("doctor", help="what is installed, what is missing, and what to do about it")
    doctor.set_defaults(module="doctor")


def _add_params(commands: Commands) -> None:
    params = commands.add_parser("params", help="every parameter: default, limits, meaning")
    params.set_defaults(module="reference")
    form = params.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the defaults as JSON, to edit and give to --params")
    form.add_argument("--caiman", action="store_true", help="the same in CaImAn's own groups")


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of 1 or more, got {text!r}")
    return number


_OUT = "folder that `calscope run` wrote, or a run of the result store by its id on the page Runs"
_VERIFY = (
    "Computes the checksum of every file of OUT, or of every part of a bundle, and the fingerprint of each recording "
    "that is still where it was, and names what changed. Exit status 0: nothing did; 1: something did; 2: that can't "
    "be told."
)
_SWEEP = (
    "Tries every value, or every combination of two parameters' values, on one animal with the built-in engine, and "
    "prints how many components were found and accepted at each. What the points have in common is computed once. "
    "Ctrl-C keeps what is done: the same command goes on from there."
)
_SEARCH = (
    "Tries points that fill the ranges on the part of one animal's recording with most cells, the best of them on a "
    "larger part, and the best of those on the whole, each time beside the values in use. A point is better, the more "
    "of the known cells put into the movie it accepts, as long as no more components than now are accepted in one half "
    "of the frames alone. What is found is printed, never set. Ctrl-C keeps what is done."
)
_SUGGEST = (
    "Measures cell size, decay, motion and noise of every recording in DATA, and proposes parameters with their "
    "reasons. What --params or --set sets already is kept; where a proposal differs, that is said. Frame rate and "
    "pixel size are never measured: they come from the file, --params or --set."
)
_RUN = (
    "DATA is a folder with one folder (Animal_1/*.tif, one frame a file, or a stack) or one file (Animal_1.tif) per "
    "animal, or one recording. What was computed before with the same parameters is taken from the result store. "
    "The frame rate comes from the file, --params or --set dataset.fr=HZ; without it nothing is run."
)
