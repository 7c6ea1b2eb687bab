"""What `check.pyz` does at the candidate's: on the standard library alone, without network, in both languages.

The archive holds this room, and of the others only what needs nothing: the comparison, the stand-ins, the wire. So a
public test is asked the same way, and says the same, as where it is graded; only that there are no walls around it.
"""
