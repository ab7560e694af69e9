"""What claims measure in the records of a sweep; the code is part of each claim's hash."""
