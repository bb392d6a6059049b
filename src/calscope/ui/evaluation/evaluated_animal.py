"""An animal with the components of its refit, their measures, and which of them are accepted."""

from dataclasses import dataclass

from calscope.model.curation.component_flags import FlagMeasures
from calscope.model.curation.judgements import NO_JUDGEMENTS, Judgements
from calscope.model.results import ComponentQuality, Components, Evaluation, SummaryImages
from calscope.ui.session import places
from calscope.ui.session.shown_run import ShownAnimal


@dataclass(frozen=True)
class EvaluatedAnimal:
    """An animal whose components are evaluated, or come from a program that did not evaluate them."""

    animal: ShownAnimal
    components: Components
    quality: ComponentQuality
    evaluation: Evaluation | None
    """As persons decided, and as the thresholds did where nobody decided; None where the other program evaluated none
    of them."""
    after: SummaryImages
    variant: str = ""
    """Names an evaluation that is not the stored one."""
    is_trial: bool = False
    """Whether parameters are only tried: what is chosen in it is not what other pages look at."""
    by_thresholds: Evaluation | None = None
    """As the thresholds did alone; None where nobody was asked what persons decided."""
    judgements: Judgements = NO_JUDGEMENTS
    decided: str = ""
    """Names what persons decided; empty where nobody did."""
    flags: FlagMeasures | None = None
    """What speaks against the components; None where the run did not look, and of what is only tried."""
    closed: str = ""
    """Why nothing can be said of the components; empty where something can."""

    @property
    def keys(self) -> tuple[str, str, str]:
        """Keys of what is shown: components, images, and the evaluation as persons decided."""
        refit, after, evaluation = self.unjudged_keys
        return refit, after, evaluation + self.decided

    @property
    def unjudged_keys(self) -> tuple[str, str, str]:
        """Keys of components, images, and the evaluation of the thresholds alone."""
        by_stage = self.animal.results.keys
        return by_stage["refit"], by_stage["after"], by_stage.get("evaluation", "") + self.variant

    @property
    def unjudged(self) -> Evaluation | None:
        """The evaluation of the thresholds alone; the browser lays what persons decided over it."""
        return self.by_thresholds or self.evaluation

    def listed(self, which: str) -> list[int]:
        """Give the numbers of the accepted, the rejected or all components."""
        numbers = range(self.components.n)
        return [i for i in numbers if which == "all" or self.is_accepted(i) is (which == "accepted")]

    def is_accepted(self, component: int) -> bool | None:
        """Tell whether that component is accepted; None where it was not evaluated."""
        return None if self.evaluation is None else bool(self.evaluation.accepted[component])


def evaluated(animal: ShownAnimal) -> EvaluatedAnimal | None:
    """Give the animal with all that is shown of an evaluation; None where the run has no evaluation of it.

    Results of another program need none.
    """
    results = animal.results
    if not (results.refit and results.component_quality and results.after):
        return None
    if results.evaluation is None and not places.shows_import():
        return None
    return EvaluatedAnimal(
        animal, results.refit, results.component_quality, results.evaluation, results.after, flags=results.flags
    )
