"""The running program: settings, composition and the command line."""
