"""Reading what a creator has published: files, exports, feeds and pages, always in a sandbox."""
