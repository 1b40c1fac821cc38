"""Presses on cards: who pressed what, one or many at once, and what each is told."""
