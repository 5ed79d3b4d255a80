"""What a crash may leave behind, tried at every moment.

invariants.py  what must be true of a store, whatever happened: read with
               Python's own sqlite3, judged by the fake log's ground truth
nth.c          runs a command and kills it at its Nth system call that counts
rig.py         logs, a store and the commands that a crash interrupts
points.py      every such call of a small scenario, one after the other
biglog.py      logs of a million entries that are minted when asked for
kill.py        kill -9 at random moments of one scan of those

`make crash` and `make kill` run the last two whole; the end-to-end tests run
a part of them.
"""
