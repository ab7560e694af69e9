"""How fast the lab is, measured on the machine at hand; see each module."""
