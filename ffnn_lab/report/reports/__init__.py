"""The reports: of one sweep, of claims, of many sweeps, and of the intervals' coverage."""
