"""Every key of the session state, in one place."""

PROJECT = "project"
RUN = "run"
SKIPPED_RUN = "skipped run"
AWAITED_RUNS = "awaited runs"
AWAITED_DEMO = "awaited demo"
ACTIVE_JOBS = "active jobs"
CANCELLED = "cancelled"
FORGETTING = "forgetting"
PAGE = "page"
ORDERED = "ordered"
ANIMAL = "animal"
COMPONENT = "component"

ANIMALS = "animals"
ENGINE = "engine"
FRAMES = "frames"

DEMO_SIZE = "demo size"
BROWSE_AT = "browse at"
TYPED_FOLDER = "typed folder"
TYPED_RESULTS = "typed results"
UPLOAD = "parameter upload"
UPLOAD_MESSAGE = "parameter upload message"
PRUNED = "pruned"

SEEDS = "seeds"


def parameter(dotted: str, part: int | None = None) -> str:
    """Key of a parameter's widget; `part` 0 (y) or 1 (x) of a pair."""
    return f"parameter {dotted}" if part is None else f"parameter {dotted} {part}"


def slider(dotted: str) -> str:
    """Key of the slider that stands beside a parameter's box."""
    return f"slider {dotted}"


def on_page(page: str, thing: str) -> str:
    """Key of a widget that belongs to one page."""
    return f"{page}: {thing}"


def of_component(key: str) -> str:
    """Give a key for a component of ours: Streamlit refuses two underscores, which names of animals may have."""
    return key.replace("%", "%25").replace("_", "%5F")
