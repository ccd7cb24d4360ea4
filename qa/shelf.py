"""A visitor's own articles, searched together with the desk's.

Knows nothing of visits or pages. What is on a shelf is in memory alone, and gone when it is closed.
"""

from collections.abc import Iterable, Sequence

from index import Article, Candidate, Library, LoadError

__all__ = ["LIMITS", "MAX_OWN", "MAX_OWN_SENTENCES", "Shelf"]

MAX_OWN = 20  # articles on a shelf,
MAX_OWN_SENTENCES = 10_000  # and sentences in them: their vectors take 15 MiB
LIMITS = (
    f"Nobody else sees them, and they are gone when you close the page. Up to {MAX_OWN} articles, "
    f"with {MAX_OWN_SENTENCES:,} sentences in all."
)


class Shelf(Library):
    """A library in memory in front of another one, which is searched with it and never changed."""

    behind: Library

    @classmethod
    def before(cls, behind: Library) -> "Shelf":
        """An empty shelf before this library, which it shares the encoder with."""
        shelf = cls.in_memory(behind.encoder)
        assert isinstance(shelf, cls)
        shelf.behind = behind
        return shelf

    def put(self, article: Article) -> None:
        """Add an article. Raises LoadError where the shelf is full."""
        held = self.list()
        if len(held) >= MAX_OWN:
            raise LoadError(f"You have {len(held)} articles of your own, and no more fit.", "Remove one first.")
        sentences = sum(len(self.get(entry.id).sentences) for entry in held)
        if sentences + len(article.sentences) > MAX_OWN_SENTENCES:
            raise LoadError(
                f"{article.title} has {len(article.sentences):,} sentences; {MAX_OWN_SENTENCES - sentences:,} more fit.",
                "Remove an article of yours first, or add a part of this one.",
            )
        self.add(article)

    def search(self, query: str, *, within: Iterable[str] | None = None) -> Sequence[Candidate]:
        """Both libraries' candidates. Their scores depend on no other article, so they can stand side by side."""
        own = {entry.id for entry in self.list()}
        if within is None:
            return [*super().search(query, within=own), *self.behind.search(query)]
        wanted = {within} if isinstance(within, str) else set(within)
        found = super().search(query, within=wanted & own) if wanted & own else []
        return [*found, *self.behind.search(query, within=wanted - own)] if wanted - own else found
