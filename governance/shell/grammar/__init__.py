"""The text of a command as bash takes it apart: trees, words, expansions, and what stands there literally."""
