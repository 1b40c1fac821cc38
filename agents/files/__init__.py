"""Files as text: their encodings and lines, documents, searching."""
