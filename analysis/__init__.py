"""Scripts that make the pages under ``docs/results/`` from published records.

Each page has a script, to be read and edited: ``analysis/default.py`` makes the tables and figures
of ``docs/results/default.md``. ``python -m analysis`` (`make paper`) runs all of these scripts.
With arguments, as in ``python -m analysis SWEEP``, it runs `ffnn_lab.report.command` instead.
"""
