"""The domain: what an avatar is and does, free of platforms, HTTP and databases."""
