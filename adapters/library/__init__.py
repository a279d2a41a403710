"""Finding again what a creator has published: words in every language, meaning where there is an embedder."""

from adapters.library.library import Library

__all__ = ["Library"]
