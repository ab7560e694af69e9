"""The claims, one in each file, as they were declared before the runs that judge them."""
