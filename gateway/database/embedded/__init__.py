"""The embedded PostgreSQL: its programs, its folders, its process."""
