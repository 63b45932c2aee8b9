"""How often a slip of the pen becomes a stranger's number: a noise model with the truth known.

`python -m tests.bench.values` draws valid numbers of 60 countries, writes them as people do, with and without
the known slips, and lets the program read what it wrote. Of each text it is known whose number it is, so
that every answer is one of three:

    right        the person's number
    left alone   no number, with a reason
    wrong        a valid number that is not the person's: an account given to a stranger

    countries   the 40 with the most people, and 20 more; which are neighbours
    drawing     a valid number of a kind, each as likely as any other of its length
    spellings   the usual ways to write a number: no slip
    slips       the known slips, each a kind of its own
    engines     who reads: this program, an older state of it, or the phone library alone
    counting    right, left alone, wrong, by kind and by country

With `--against DIR` (a checkout of an older state) the older program reads the same texts in turns of a few
thousand, each in a process of its own, and the page gives both tables and both speeds.
"""
