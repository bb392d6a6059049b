"""What is to be known of judgements by hand, in words."""

from collections.abc import Callable

CURATION: dict[str, str | Callable[..., str]] = {
    "curation_newer": (
        "A newer version of Calscope wrote judgements (form {version} in {file}). They are left out here, and nothing "
        "can be added."
    ),
    "curation_unknown": "The judgements hold “{action}”, which this version does not know; it is kept and left out.",
}


def _damaged(n: int, file: str) -> str:
    lines = "One line is" if n == 1 else f"{n} lines are"
    return f"{lines} left out of the judgements in {file}: damaged, or written only in part."


CURATION["curation_damaged"] = _damaged
