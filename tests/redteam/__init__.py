"""Attempts to make an avatar do what it must not: played through the whole turn, with a model that gives in."""
