"""The stories that people ask about: told to the machine, put into words, and drawn as sequences."""
