"""Times as people write them in English and Chinese, read into a timing, or put back as a question."""
