"""Alarm panels as a way in: receivers of DC-09 and Sur-Gard in core's process.

`config.py` says which panels report here, `accounts.py` finds whose event it is, `desk.py` hands events to the node and
decides what is answered, `supervision.py` keeps what is silent or broken, `server.py` holds the connections.
"""
