"""What goes to the process that fits a model to people's answers, and what comes back."""

from __future__ import annotations

import msgspec


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: whether an alert belongs to an incident, with what was measured when it came."""

    #: Answers about one incident are held out together.
    incident: str
    measures: tuple[float, ...]
    #: By the statistics alone, at that time.
    probability: float
    related: bool


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """All answers there are, oldest first."""

    examples: tuple[Example, ...]
    #: The probability from which an alert joins.
    join: float


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """How answers that the model had not seen are judged: by the statistics alone (before) and by the model (after).

    A wrong join puts together what people said is not; it is the dangerous error.
    """

    answers: int
    right_before: int
    right_after: int
    wrong_joins_before: int
    wrong_joins_after: int
    loss_before: float
    loss_after: float

    @property
    def sentence(self) -> str:
        """For people."""
        return (
            f"of {self.answers} answers it had not seen, it judges {self.right_after} right (the statistics alone"
            f" {self.right_before}) and would join {self.wrong_joins_after} wrongly (alone {self.wrong_joins_before})"
        )


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """A model with its backtest; no weights where there were too few answers to fit one."""

    accepted: bool
    #: Why it is accepted or not.
    reason: str
    gain: Gain | None = None
    constant: float = 0.0
    weights: tuple[float, ...] = ()
    measures: tuple[str, ...] = ()


#: A model that judges fewer more answers right than this share has shown nothing but luck.
LEAST_GAIN = 0.01


def worth(gain: Gain) -> tuple[bool, str]:
    """Whether a model may take over: it judges more answers right, is surer of them, and joins no more wrongly."""
    if gain.wrong_joins_after > gain.wrong_joins_before:
        return False, f"not worth it: {gain.sentence}"
    if gain.right_after - gain.right_before < LEAST_GAIN * gain.answers or gain.loss_after >= gain.loss_before:
        return False, f"no better: {gain.sentence}"
    return True, gain.sentence
