"""The figures of reports, a module each.

Most of these modules have three functions: ``points`` computes the table of numbers that the
figure shows, ``draw`` draws such a table on given axes of matplotlib, and ``figure`` makes the
whole figure with its panels, title and legend. The modules ``forest``, ``looks``, ``save`` and
``style`` have what several figures share; ``reported`` has the options by which a report finds its
figures.
"""
