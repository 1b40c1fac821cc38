"""The floor that decides: people, policy, grants, approvals, audit. It never speaks to a platform itself."""
