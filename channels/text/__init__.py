"""Text as people see it: what nobody could see, how wide it is, how it is shortened. It knows no platform."""
