"""What a person wrote of an animal: one short line of text."""

MOST_CHARACTERS = 200


def one_line(text: str) -> str:
    """Give a text as one line without control characters."""
    seen = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(seen.split())


def tidy(text: object) -> str:
    """Give a text as one line without control characters, at most so long; nothing of what is no text."""
    return one_line(text)[:MOST_CHARACTERS].rstrip() if isinstance(text, str) else ""
