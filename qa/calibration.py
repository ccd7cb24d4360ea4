"""Scores become a probability, and a chosen error rate becomes the decision to answer or to abstain.

Knows nothing of models or articles. A profile is a set of fitted numbers with their origin; it belongs to one encoder and
one reader, and its probabilities hold on questions like those that it was fitted on.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from index import LoadError, QuestionError
from qa.retriever import Ranked

__all__ = ["Profile", "READER", "RETRIEVAL", "features"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A logistic regression on a ranking's scores, and what error to expect above each probability.

    `encoder` and `reader` are the identities of the models it was fitted with, `reader` None for retrieval alone. Below
    `default_threshold`, abstain. `promises` maps an error rate among the answered to the threshold that keeps to it,
    ascending by error.
    """

    name: str
    origin: str
    encoder: str
    intercept: float
    weights: tuple[float, ...]
    default_threshold: float
    promises: tuple[tuple[float, float], ...]
    reader: str | None = None

    @classmethod
    def load(cls, file: str | Path) -> "Profile":
        """The profile that `save` wrote. Raises LoadError where the file does not hold one."""
        try:
            fields = json.loads(Path(file).read_text("utf-8"))
            weights = tuple(float(weight) for weight in fields["weights"])
            if len(weights) != (RETRIEVAL_FEATURES if fields["reader"] is None else READER_FEATURES):
                raise ValueError(f"{len(weights)} weights")
            return cls(
                name=str(fields["name"]),
                origin=str(fields["origin"]),
                encoder=str(fields["encoder"]),
                reader=None if fields["reader"] is None else str(fields["reader"]),
                intercept=float(fields["intercept"]),
                weights=weights,
                default_threshold=float(fields["default_threshold"]),
                promises=tuple(sorted((float(error), float(threshold)) for error, threshold in fields["promises"])),
            )
        except OSError as error:
            raise LoadError(f"{file} cannot be read: {error.strerror}.", "Check the name and the folder.") from None
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise LoadError(
                f"{file} holds no calibration: {type(error).__name__}: {error}.", "Make one with article-qa calibrate."
            ) from None

    def save(self, file: str | Path) -> None:
        """Write the profile as JSON."""
        Path(file).write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", "utf-8")

    def confidence(self, ranked: Sequence[Ranked], place: int) -> float:
        """The probability, in [0, 1], that the sentence at this place of the ranking is right."""
        value = self.intercept + sum(w * x for w, x in zip(self.weights, features(ranked, place), strict=True))
        return 1 / (1 + math.exp(-max(-700.0, value)))

    def threshold_for(self, max_error: float) -> float:
        """The confidence above which at most this share of the answers is expected to be wrong.

        Raises QuestionError where `max_error` is not between 0 and 1, or smaller than the profile can keep to.
        """
        if not 0 < max_error <= 1:
            raise QuestionError(f"max_error is {max_error}.", "Give a share between 0 and 1, such as 0.1.")
        if not self.promises:
            raise QuestionError(f"The calibration {self.name} keeps to no error rate.", "Ask without one.")
        errors = [error for error, _ in self.promises]
        row = bisect_right(errors, max_error) - 1
        if row < 0:
            raise QuestionError(
                f"An error rate of {max_error:g} cannot be kept to: {errors[0]:g} is the smallest that the calibration "
                f"{self.name} reaches.",
                f"Ask with an error rate of {errors[0]:g} or more.",
            )
        return self.promises[row][1]


RETRIEVAL_FEATURES, READER_FEATURES = 3, 5


def features(ranked: Sequence[Ranked], place: int) -> tuple[float, ...]:
    """What speaks for the sentence at this place: RETRIEVAL_FEATURES numbers, or READER_FEATURES where a reader has read.

    Its cosine, its share of the query's words, and how far it is ahead of the best other sentence (0.4 is far); with a
    reader, its worth and its best answer's, each against "the answer is not here". Where it was not read itself, what was
    read last stands for it.
    """
    one = ranked[place]
    other = next((other.score for other in ranked if other is not one), 0.0)
    lead = one.score - other
    reading = one.reading or next((read.reading for read in reversed(ranked[:place]) if read.reading), None)
    if reading is None:
        return one.candidate.dense, one.candidate.lexical, min(lead, 0.4)
    return (
        one.candidate.dense,
        one.candidate.lexical,
        max(-2.0, min(lead, 2.0)),
        reading.worth - reading.absent,
        reading.span - reading.absent_span,
    )


RETRIEVAL = Profile(
    name="retrieval-1",
    origin=(
        "Logistic regression on SQuAD 2.0 dev, 16 articles: 2,910 answerable questions, against 3,000 unanswerable ones and "
        "2,910 whose paragraph was taken out of the article, at a half-and-half prior; errors and thresholds from "
        "cross-validation by article. On 19 other articles: AUROC .753, expected calibration error .016."
    ),
    encoder="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    intercept=-4.7194,
    weights=(3.6915, 1.4823, 4.4543),
    # Keeps 94 % of the answerable in cross-validation, where single folds vary by 5 %; 93.9 % on the other articles.
    default_threshold=0.124,
    # An error below .25 is out of reach of retrieval alone: .20 would answer one question in twenty, and missed on dev.
    promises=((0.25, 0.723), (0.30, 0.589), (0.35, 0.467), (0.40, 0.319), (0.45, 0.228), (0.50, 0.159), (0.55, 0.124)),
)

READER = Profile(
    name="reader-5",
    origin=(
        "Logistic regression on 4 articles of SQuAD 2.0 that the reader was not fitted on: 612 answerable questions against "
        "1,319 that are not, the same ones without their paragraphs among them, at a half-and-half prior; thresholds from "
        "cross-validation by article, with a margin of 1 standard error."
    ),
    encoder=RETRIEVAL.encoder,
    reader="15cf63554ebc5287c58a825d6fd34b3d955f43e6a4e8c762ed694a5f02cd8eab",
    intercept=-3.534,
    weights=(3.5014, 0.213, 0.5775, -0.062, 0.1584),
    # Keeps 92 % of the answerable questions in cross-validation.
    default_threshold=0.1505,
    promises=((0.25, 0.6707), (0.30, 0.5357), (0.35, 0.4058), (0.40, 0.3274), (0.45, 0.2303), (0.50, 0.1338)),
)
