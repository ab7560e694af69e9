"""Reports: tables and figures made from the records of a sweep, without any training."""
