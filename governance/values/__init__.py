"""The values that every room of governance speaks in: verdicts, reasons, files opened safely."""
