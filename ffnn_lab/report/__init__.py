"""From records to tables and figures. Reads what a sweep wrote; trains nothing."""
