"""Code that runs a sweep: read the command, propose and score settings, train and record runs."""
