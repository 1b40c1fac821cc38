"""What families of programs do with their words: those on files, builders, launchers, wrappers, interpreters, git."""
