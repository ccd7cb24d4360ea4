"""A visitor's own articles, searched together with the desk's.

Knows nothing of visits or pages. What is on a shelf is in memory alone, and gone when it is closed.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from index import Article, Candidate, Entry, Fuse, Library, LoadError

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
        held = self.own()
        if len(held) >= MAX_OWN:
            raise LoadError(f"You have {len(held)} articles of your own, and no more fit.", "Remove one first.")
        sentences = sum(entry.sentences for entry in held)
        if sentences + len(article.sentences) > MAX_OWN_SENTENCES:
            raise LoadError(
                f"{article.title} has {len(article.sentences):,} sentences; {MAX_OWN_SENTENCES - sentences:,} more fit.",
                "Remove an article of yours first, or add a part of this one.",
            )
        self.add(article)

    def own(self) -> Sequence[Entry]:
        """The articles on the shelf itself, oldest first."""
        return super().list()

    def list(self) -> Sequence[Entry]:
        """The articles of both, those behind first."""
        return [*self.behind.list(), *self.own()]

    def get(self, article_id: str) -> Article:
        """The article with this id, here or behind. Raises LibraryError where there is none."""
        on_shelf = any(entry.id == article_id for entry in self.own())
        return super().get(article_id) if on_shelf else self.behind.get(article_id)

    def search(
        self,
        query: str,
        *,
        within: Iterable[str] | None = None,
        most: int | None = None,
        around: int = 0,
        fuse: Fuse = np.add,
    ) -> Sequence[Candidate]:
        """Both libraries' candidates. Their scores depend on no other article, so they can stand side by side."""
        own = {entry.id for entry in self.own()}
        wanted = {within} if isinstance(within, str) else None if within is None else set(within)
        here = own if wanted is None else wanted & own
        found = super().search(query, within=here, most=most, around=around, fuse=fuse) if here else []
        if wanted is None or wanted - own:
            others = None if wanted is None else wanted - own
            found = [*found, *self.behind.search(query, within=others, most=most, around=around, fuse=fuse)]
        return found
