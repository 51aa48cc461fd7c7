"""Norms as data: packs of acts and requirements, and what a school's facts make of them. Pure, and replayable.

`types` is the data model, `loading` reads and checks packs, `engine` answers questions. The packs lie in `norms/`.
"""
