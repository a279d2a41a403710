"""The revisions, oldest first; each a frozen picture, independent of what the schema is today."""
