"""The database's history. Imported only when the database is behind, for alembic is heavy."""
