"""The phone's door: a batch of commands in, a result per command out; the working set of the grids on duty out.

Each command is carried out by itself, once, under the UUID that the phone made for it. What cannot be carried out is
kept whole and answered readably; what is only not possible now is answered "later", and stays in the phone.
"""
