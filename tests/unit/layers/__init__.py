"""Tests of layers and undo."""
