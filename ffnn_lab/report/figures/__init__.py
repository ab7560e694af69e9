"""One module per figure: ``points`` computes a table, ``draw`` draws it on given axes."""
