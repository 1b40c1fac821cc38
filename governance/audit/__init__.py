"""Reading, proving and exporting the record."""
