"""Who offers models: the providers known by name, their sites and switches, and the settings that name others."""
