"""How lengths of time and numbers of bytes are said, on a screen and in a terminal alike."""


def duration(seconds: float) -> str:
    """Give a length of time as people say it: 0.4 s, 8 s, 3 min, 2 h 5 min."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def duration_between(low_s: float, high_s: float) -> str:
    """Give a length of time of which only the least and the most are known: 4 to 12 s, 50 s to 3 min."""
    low, high = duration(low_s), duration(high_s)
    number, _, unit = low.partition(" ")
    if low == high:
        return f"about {high}"
    return f"{number} to {high}" if high.partition(" ")[2] == unit else f"{low} to {high}"


def size(n_bytes: float) -> str:
    """Give a number of bytes with a decimal where it tells something: 12 B, 34 kB, 5.6 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}" if unit in {"B", "kB"} else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} TB"
