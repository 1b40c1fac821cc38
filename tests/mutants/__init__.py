"""Small breakages of each adapter, which the channel suite must notice: how good the suite is, told by itself.

`python -m tests.mutants [--channel KIND] [--flaw FLAW]` makes each of them in a copy of the tree, never in the tree
itself, runs the contract of that channel there, and prints which were killed and which survived. A flaw is a kind of
breakage that any channel could have (`flaws.Flaw`); `tests/mutants/<kind>.toml` says how it looks in that adapter, as
a passage of its source, which stands there once, and what stands there instead. A channel without some flaw has nothing
that could break so.
"""
