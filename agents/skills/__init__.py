"""Skills: folders with a `SKILL.md` that tell an agent how to do something, and the scripts they bring."""
