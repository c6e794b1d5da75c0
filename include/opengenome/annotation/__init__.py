"""From a feature of an annotated genome to the letters of a coding sequence, or to the reason why it is not counted.

Pure: no I/O. `insdc` reads where a feature lies, `splice` takes its letters, `rules` judges them, `gff3` groups rows.
"""
