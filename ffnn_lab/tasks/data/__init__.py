"""The data of tasks: read, split and scaled. Importing this package alone loads nothing heavy."""
