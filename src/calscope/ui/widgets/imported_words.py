"""What a page can't do with results that were made elsewhere, in a sentence or two, and why."""

from typing import Literal

import streamlit as st

Part = Literal["motion", "motion with pictures", "motion with film", "extraction", "evaluation", "parameters"]
_NOT_HERE: dict[Part, str] = {
    "motion": "No movie is in these results: there are no raw and corrected pictures to compare, no verdict and no "
    "film. Shown is what the other program says of the motion.",
    "motion with pictures": "No movie is in these results: there is no film, and the match of single frames is in "
    "motion.parquet only. Pictures, shifts and the verdict are those of the run.",
    "motion with film": "The movie is not in these results, only the short film below, and the match of single frames "
    "is not either. Pictures, shifts and the verdict are those of the run.",
    "extraction": "These results hold one fit and no movie: there is no first fit to compare it with, no search to "
    "try, and nothing tells what the fit missed.",
    "evaluation": "These components were evaluated where they were made. Thresholds can't be moved here, because "
    "nothing is computed again in results that are read-only.",
    "parameters": "The results that are open were made elsewhere: nothing can be run on them, and the values here are "
    "not theirs. They count for the recordings that you open next.",
}


def say(part: Part) -> None:
    """Say it, in place of what the page tells of runs."""
    st.markdown(_NOT_HERE[part])
