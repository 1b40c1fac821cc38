"""The floor that thinks: pool, turns, models and tools. It reaches the world only through governance."""
