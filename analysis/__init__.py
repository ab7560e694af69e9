"""Scripts that make the pages under ``docs/results/`` from published records.

One script for each page, to be read and edited: ``analysis/default.py`` makes the tables and
figures of ``docs/results/default.md``. ``python -m analysis`` (`make paper`) runs them all. With
words, ``python -m analysis SWEEP`` and the like go to `ffnn_lab.report.command`.
"""
