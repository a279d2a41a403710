"""Small exports as the platforms write them, built for tests."""
