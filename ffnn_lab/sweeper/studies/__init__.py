"""Everything of the project that knows Optuna: studies, their storage, samplers and pruners.

No other package imports it. What is private in Optuna is used in `private` alone.
"""
