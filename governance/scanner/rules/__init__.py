"""The rules of the scanner: data and small functions, by what they look at. Each yields findings, decides nothing."""
