"""Small breakages of each adapter, which the channel suite must notice: how good the suite is, told by itself.

`python -m tests.mutants [--channel KIND] [--flaw FLAW]` makes each of them in the memory of a process of its own, never
in the tree, runs the contract of that channel there until something fails, and prints which were killed and which
survived. A flaw is a kind of breakage that any channel could have (`flaws.Flaw`); `tests/mutants/<kind>.toml` says how
it looks in that adapter, as a passage of its source, which stands there once, and what stands there instead, or under
`impossible` why nothing there can break so.
"""
