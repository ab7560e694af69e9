"""All code that uses Optuna: studies, their storage, samplers and pruners.

No other package imports Optuna. Optuna's private names are used in `private` alone.
"""
