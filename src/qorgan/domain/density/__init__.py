"""How finely a school's cameras see its plan: geometry, scales of IEC 62676-4, zones, calibration. Pure.

`camera` is one camera as a pinhole, `sight` a plan's cameras and walls, `norms` the packs of scales and zones, `zones`
and `assessment` what is asked of a plan and how it stands, `calibration` a lens from a known width.
docs/design/density.md has the formulas.
"""
