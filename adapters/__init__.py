"""The outside worlds: platforms, models, databases. They know the core, and not each other."""
