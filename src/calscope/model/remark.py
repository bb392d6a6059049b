"""What a person wrote of an animal: one short line of text."""

MOST_CHARACTERS = 200


def tidy(text: object) -> str:
    """Give a text as one line without control characters, at most so long; nothing of what is no text."""
    if not isinstance(text, str):
        return ""
    seen = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(seen.split())[:MOST_CHARACTERS].rstrip()
