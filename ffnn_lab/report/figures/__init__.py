"""One module per figure: ``points`` computes, ``draw`` draws on the axes it is given."""
