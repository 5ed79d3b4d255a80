"""What a crash may leave behind, tried at every moment.

invariants.py  what must be true of a store, whatever happened: read with
               Python's own sqlite3, judged by the fake log's ground truth
nth.c          runs a command and kills it at its Nth system call that counts
rig.py         logs, a store and the commands that a crash interrupts
points.py      every such call of a small scenario, one after the other
biglog.py      logs of a million entries that are minted when asked for
kill.py        kill -9 at random moments of one scan of those
powercut.py    what is on the disk at random moments of it

`make crash`, `make kill` and `make powercut` run points, kill and powercut
whole; the end-to-end tests run a part of each.
"""
