"""GenBank flat files: `text` cuts a stream into records, `table` reads the features of one."""
