"""Every key of the session state and of widgets, in one place; `tests/test_house.py` allows no others."""

import hashlib

# What is open and looked at; the address holds it as well.
PROJECT = "project"
RUN = "run"
ANIMAL = "animal"
COMPONENT = "component"
CHOICES = "chosen components"
JUDGING_ANSWERS = "answers to judgements"
EDIT_PREVIEWS = "previews of changes by hand"
OLD_ACTS = "acts on components that are others now"
CHANGED_IN = "components in which a person changed something by hand just now"
BLIND_RATER = "blind rater"
LEFT_TO_JUDGE = "says what is left to judge"
RATER_CHANGED = "who judges has changed"
ADDRESSES = "addresses known"
SHOWS_TRUTH = "shows the truth"
COMPARED_A, COMPARED_B = "compared run A", "compared run B"
COMPARED_NOW = "compared runs shown"
SHOWS_ALL = "shows all animals"
VIEW_ASKED = "view asked for"
VIEW_OF = "view of the page"
TUNE_ASKED = "asked for on tune"
TUNED_NOW = "tuned now"
SETTINGS_OF = "settings of"
SETTINGS_KEPT = "settings kept"
PLACE_KEPT = "place kept"

# What is going on.
AWAITED_DEMO = "awaited demo"
REQUESTED = "requested run"
ACTIVE_JOBS = "active jobs"
CANCELLED = "cancelled"
ENDED = "ended elsewhere"
FORGETTING = "forgetting"
PAGE = "page"
PRUNED = "pruned"
SEEN_NOW = "page seen now"
UPLOAD_REFUSED = "parameter upload refused"
PROPOSED = "proposed parameters"
TAKEN = "what was taken"
PRESET_REFUSED = "preset refused"
SEEDS = "seeds"
OWN_VALUES = "own values"
TUNINGS = "what is tried"
TUNE_REFUSED = "tuned value refused"
MEASURE_BEGUN = "measuring has begun"
SWEEP_SHOWN = "sweep shown"
SWEEP_REFUSED = "sweep refused"
SWEEP_OPENED = "point of a sweep opened"

# Widgets of the frame.
NEWEST = "show the newest results"
ANIMAL_STRIP = "animal strip"
LISTED = "listed components"
RULE = "rule of evaluation"
ANIMALS = "animals"
SCOPE = "what runs work on"
ENGINE = "engine"
FRAMES = "frames"

RUN_EVERYTHING = "run everything"
PAGE_HEAD = "page-head"
AS_RUN = "other-settings"
NEXT_PAGE = "next-page"
LATER_PAGE = "later-page"

# Widgets of the pages.
DEMO_SIZE = "demo size"
OPEN_DEMO = "open demo"
BROWSE_AT = "browse at"
OPEN_FOLDER = "open folder"
FOLDER_FORM = "folder form"
TYPED_FOLDER = "typed folder"
RESULTS_FORM = "results form"
TYPED_RESULTS = "typed results"
TRY_CAIMAN = "try caiman"
STOP_TRIAL = "stop trial"
SUMMARISE = "summarise raw movies"
UPLOAD = "parameter upload"
TAKE_PROPOSED = "take proposed parameters"
DROP_PROPOSED = "drop proposed parameters"
PRESET = "preset"
PRESET_SAVING = "saving a preset"
PRESET_FORM = "preset form"
PRESET_NAME = "preset name"
PRESET_REMOVING = "removing a preset"
PRESET_TO_REMOVE = "preset to remove"
REMOVE_PRESET = "remove preset"
SEARCH_PARAMETERS = "search parameters"
LOOK_AT_RUN = "look at run"
COHORT_OF_RUN = "cohort of run"
CANCEL_RUN = "cancel run"
FORGET_RUN = "forget run"
SWAP = "swap compared runs"
FORGET_IT = "forget it"
KEEP_IT = "keep it"
PRUNE_FORM = "prune form"
USE_FOR_ALL = "use for all"
USE_AND_RUN = "use for all and run"
KEEP_AS_OWN = "keep as own"
DROP_OWN = "drop own"
TRY_AGAIN = "try again"
CROP_PICKER = "crop picker"
CROP_CHOICE = "crop choice"
LIMIT_BOX = "detection limit"
FIND_LIMIT = "find detection limit"
CANCEL_LIMIT = "cancel detection limit"
MEASURED = "measured"
MEASURE = "measure this animal"
TAKE_ALL = "take all proposals"
LAB_UNITS = "lab units"
LAB_DIAMETER = "lab diameter"
LAB_INDICATOR = "lab indicator"
LAB_DECAY_KIND = "lab decay kind"
LAB_DECAY = "lab decay"
TAKE_LAB_UNITS = "take lab units"
SWEEP_FIRST = "first swept parameter"
SWEEP_SECOND = "second swept parameter"
SWEEP_WHERE = "what is swept"
SWEEP_INJECTED = "sweep with known cells"
SWEEP_MEASURE = "measure of the sweep"
START_SWEEP = "start sweep"
SWEEP_WHAT = "sweep or search"
SEARCH_PARAMETERS_OF = "searched parameters"
SEARCH_POINTS = "points of the search"
SEARCH_UNCONFIRMED = "unconfirmed at most"
SEARCH_WHOLE = "search ends on the whole"
START_SEARCH = "start search"
TAKE_PROPOSAL = "take proposal"
UPLOADED_BUNDLE = "uploaded bundle"
UPLOADED_PLACE = "where the uploaded bundle is kept"
BUNDLE_REFUSED = "why the uploaded bundle was refused"
SHARE_FOLDER = "folder to share into"
SHARE_FILM = "film in the bundle"
SHARE_PATHS = "paths in the report"
SHARE_REFUSED = "why sharing was refused"
SHARE_RUN = "share run"
NWB_REFUSED = "why metadata for NWB were refused"


def parameter(dotted: str, part: int | None = None) -> str:
    """Key of a parameter's widget; `part` 0 (y) or 1 (x) of a pair."""
    return f"parameter {dotted}" if part is None else f"parameter {dotted} {part}"


def pair(dotted: str) -> str:
    """Key of the two boxes of a pair that may be empty; see `page.css`."""
    return f"pair-{dotted.replace('.', '-')}"


def slider(dotted: str) -> str:
    """Key of the slider beside a parameter's box."""
    return f"slider {dotted}"


def take_one(dotted: str) -> str:
    """Key of the button that takes what is proposed for one parameter."""
    return f"take proposal {dotted}"


SLIDERS_MOVED = "sliders moved"
SLIDERS_LED = "sliders led"


def shared_animals(run_id: str) -> str:
    """Key of the box with the animals of a run that are handed over."""
    return f"shared animals {run_id}"


def shared_row(name: str) -> str:
    """Key of the row of one thing that can be handed over."""
    return f"shared-{name}"


def nwb_whom(run_id: str) -> str:
    """Key of the choice of the animal of which something is said for NWB."""
    return f"NWB of {run_id}"


def nwb_form(data: str, who: str) -> str:
    """Key of the form with what is said for NWB of one animal of a folder, or of all."""
    return f"NWB form {data} {who}"


def nwb_field(data: str, who: str, name: str) -> str:
    """Key of one value in that form."""
    return f"NWB {data} {who} {name}"


def share_button(what: str, name: str) -> str:
    """Key of a button that makes, fetches or writes one thing."""
    return f"share {what} {name}"


def sweep_values(dotted: str) -> str:
    """Key of the box with the values that a parameter takes in a sweep."""
    return f"sweep values {dotted}"


def search_range(dotted: str) -> str:
    """Key of the box with the range of a parameter in a search."""
    return f"search range {dotted}"


def sweep_picker(job_id: str) -> str:
    """Key of the list of sweeps that begins at one of them."""
    return f"sweep picker {job_id}"


def remark(data: str, animal: str, said: str) -> str:
    """Key of the box with the remark on an animal, which begins with what was said; other words, another box."""
    return f"remark {data} {animal} {said}"


def events(data: str, animal: str, path: str) -> str:
    """Key of the box with the path of an animal's file of events, which begins with what was chosen."""
    return f"events {data} {animal} {path}"


def events_unit(data: str, animal: str) -> str:
    """Key of the switch for times in milliseconds in an animal's file of events."""
    return f"events in ms {data} {animal}"


def advanced(group: str) -> str:
    """Key of the box with a group's advanced parameters."""
    return f"advanced {group}"


def address_writer(within: str) -> str:
    """Key of what writes the address, in the whole page or in a fragment of it."""
    return f"address writer {within}"


LOG_OUT = "log out"


def login_button(number: int) -> str:
    """Key of the button that logs in with a provider."""
    return f"log in {number}"


def run_picker(run_id: str, words: str) -> str:
    """Key of the picker of runs that begins at a run, or at none, which it says in these words."""
    return f"run picker {run_id} {words}"


def compare_with(run_id: str) -> str:
    """Key of the list of runs that a run can be compared with."""
    return f"compare with {run_id}"


def compared_picker(side: str, run_id: str, words: str) -> str:
    """Key of the picker of one of two runs that begins at a run, which it says in these words."""
    return f"compared {side} {run_id} {words}"


def run_button(until: str) -> str:
    """Key of the button that starts a run."""
    return f"run {until}"


def reset_button(group: str) -> str:
    """Key of the button that puts a group's defaults back."""
    return f"reset {group}"


def as_run_button(group: str) -> str:
    """Key of the button that takes over the settings of the shown run."""
    return f"as run {group}"


def own_mark(what: str) -> str:
    """Key of what says that an animal has its own value of a parameter, or keeps those of a group as its own."""
    return f"own mark {what}"


def own_button(what: str, dotted: str) -> str:
    """Key of a button about an animal's own value."""
    return f"own {what} {dotted}"


def cancel_button(job_id: str) -> str:
    """Key of the button that cancels a job."""
    return f"cancel {job_id}"


def job_row(job_id: str) -> str:
    """Key of the row of a job that runs or waits; see `page.css`."""
    return f"job-row-{job_id}"


def ended_button(what: str, job_id: str) -> str:
    """Key of a button beside the word that a run of another folder has ended."""
    return f"{what} ended {job_id}"


def folder_button(folder: str) -> str:
    """Key of the button that goes to a folder."""
    return f"go to {folder}"


def recent_button(folder: str) -> str:
    """Key of the button that opens a recent folder."""
    return f"recent {folder}"


def results_button(path: str) -> str:
    """Key of the button that opens another program's results."""
    return f"results {path}"


def on_page(page: str, thing: str) -> str:
    """Key of a widget that belongs to one page."""
    return f"{page}: {thing}"


def picture(key: str) -> str:
    """Key of the place of a picture, of letters that a style sheet can name."""
    return f"picture-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def beside(what: str) -> str:
    """Key of columns that stand under each other on a narrow page; see `page.css`."""
    return f"beside-{what}"


def of_component(key: str) -> str:
    """Give a key for a component of ours: Streamlit refuses two underscores, which names of animals may have."""
    return key.replace("%", "%25").replace("_", "%5F")
