"""Which language a text is told to be in, and when nobody says."""

import pytest

from index import load_bundled, load_text
from index.language import language_of


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "A storm reached Skagen on Monday night. It tore the roof off the old fish hall and sank two boats."),
        ("en", "Harbour master Inger Holm counted broken boats, torn sails, lost anchors; nobody was hurt, she said."),
        ("de", "Der Sturm erreichte Skagen am Montagabend und riss das Dach von der alten Fischhalle."),
        ("fr", "La tempête a atteint Skagen lundi soir et a arraché le toit de la vieille halle aux poissons."),
        ("nl", "De storm bereikte Skagen op maandagavond en rukte het dak van de oude vishal af, zei ze."),
        ("ru", "Шторм достиг Скагена в понедельник вечером и сорвал крышу со старого рыбного рынка."),
        (
            "ja",
            "嵐は月曜日の夜にスケーエンに達し、古い魚市場の屋根を吹き飛ばし、二隻の船を沈めました。けが人はいないと港長は言いました。町は静かだった。",
        ),
        (None, "Red apple. Green banana."),
        (None, "1234 5678 " * 50),
        (None, ""),
    ],
)
def test_a_language_is_told_by_its_words(language: str | None, text: str) -> None:
    """Too few letters tell nothing."""
    assert language_of(text) == language


def test_an_article_has_its_language() -> None:
    assert load_bundled().language == "en"
    assert (
        load_text("La tempête a atteint Skagen lundi soir et a arraché le toit de la halle aux poissons.").language == "fr"
    )
