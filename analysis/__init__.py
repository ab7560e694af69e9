"""Scripts that make the pages under ``docs/results/`` from published records.

One script for each page, to be read and edited: ``analysis/default.py`` makes the tables and
figures of ``docs/results/default.md``. ``python -m analysis`` (`make paper`) runs them all. With
arguments, as in ``python -m analysis SWEEP``, it runs `ffnn_lab.report.command` instead.
"""
