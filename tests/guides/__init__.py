"""The guides of the channels, walked: each step is done at a fake of the platform's console, in the guide's order."""
