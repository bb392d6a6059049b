"""What is left to judge, in one line."""

from calscope.model.curation.what_is_left import WhatIsLeft


def sentence(left: WhatIsLeft) -> str:
    """Say how many are unseen, how many wrong verdicts are expected among them, and how many looks it takes."""
    if not left.n_unseen:
        return "None is unseen."
    expected = f"{left.expected:.0f}" if left.expected >= 1 else f"{left.expected:.1f}"
    told = f"{left.n_unseen} unseen; expected wrong among them {expected} ({left.low} to {left.high})"
    if not left.n_looks:
        return told
    looks = "1 more look brings" if left.n_looks == 1 else f"{left.n_looks} more looks bring"
    return f"{told}; {looks} it under 1"


def about(left: WhatIsLeft) -> str:
    """Say what the numbers mean and what they rest on."""
    learnt = {
        0: "how persons who know the truth judge simulated recordings, as nothing was decided here yet",
        1: "one decision, and how persons who know the truth judge simulated recordings",
    }.get(
        left.n_decisions,
        f"{left.n_decisions} decisions, and how persons who know the truth judge simulated recordings",
    )
    return (
        "Wrong is a verdict that you would change if you looked. In brackets: the 90 % interval. It is an estimate "
        f"from SNR, r, likeness to a soma, size and distance from the thresholds, after {learnt}. It decides nothing, "
        "and does not know what these measures don't show."
    )
