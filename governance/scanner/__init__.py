"""What a skill, a plugin or a tool's description would do to whoever trusts it, read and never run.

`scan.scan` reads a package and `scan.scan_text` a text; `within.scan_within` does the former in a process of its own,
and a crash or a time-out there blocks. Offline: it asks nobody, looks nothing up and learns nothing.
"""
