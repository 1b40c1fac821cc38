"""How the files of a workspace are walked and searched, in processes of their own that can be ended at any moment.

Only the standard library is used, so that such a process starts in no time. A link is never followed: every file is
opened from the open folder that holds it, and every folder from the one above.
"""
